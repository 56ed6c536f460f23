import SQLiteStore
import Synchronization
import Telemetry

/// How long the store's commits take: what a durable message or a notification waits for the disk.
///
/// Written by the store's thread after each commit, read by scrapes.
final class StoreLatency: Sendable {
    struct Counts: Sendable {
        /// Nanoseconds from the beginning of a transaction until it was on the disk.
        var commits = Histogram()
        var failures: UInt64 = 0
    }

    private let state = Mutex(Counts())

    /// What there was since the start.
    var counts: Counts { state.withLock { $0 } }

    @Sendable
    func record(_ commit: StoreCommit) {
        state.withLock { counts in
            counts.commits.record(commit.nanoseconds)
            if commit.failure != nil { counts.failures &+= 1 }
        }
    }
}
