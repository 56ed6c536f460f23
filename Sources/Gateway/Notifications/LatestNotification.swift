import Synchronization

/// The id of the latest notification the store is known to hold, or to have held; 0 before the first.
///
/// An object of its own, so that the one who listens to the store need not hold the server's shared state weakly: an object that
/// is held weakly anywhere is dearer to retain everywhere.
final class LatestNotification: Sendable {
    private let id = Atomic<Int64>(0)

    var known: Int64 { id.load(ordering: .acquiring) }

    /// There is a notification with this id.
    func heard(of id: Int64) {
        _ = self.id.max(id, ordering: .acquiringAndReleasing)
    }
}
