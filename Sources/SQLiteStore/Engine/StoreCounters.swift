internal import Synchronization

/// What the writer counts; read by any thread.
final class StoreCounters: Sendable {
    private let requests = Atomic<UInt64>(0)
    private let commits = Atomic<UInt64>(0)

    func count(requests count: Int) { requests.wrappingAdd(UInt64(count), ordering: .relaxed) }
    func countCommit() { commits.wrappingAdd(1, ordering: .relaxed) }

    var values: (requests: UInt64, commits: UInt64) {
        (requests.load(ordering: .relaxed), commits.load(ordering: .relaxed))
    }
}

/// Who is told what the writer does, on its thread.
struct StoreObservers: Sendable {
    let onChange: @Sendable ([StoreChange]) -> Void
    let onCommit: @Sendable (StoreCommit) -> Void
}
