internal import Synchronization

/// Requests on their way to a thread of the store: bounded, so that a slow disk costs errors and not memory.
final class RequestQueue<Session>: Sendable {
    private struct State {
        var waiting: [Request<Session>] = []
        var bytes = 0
        var isClosed = false
        var refused: UInt64 = 0
    }

    private let state = Mutex(State())
    private let countLimit: Int
    private let bytesLimit: Int
    let wake: Wake

    init(count: Int, bytes: Int) throws(StoreError) {
        countLimit = count
        bytesLimit = bytes
        wake = try Wake()
    }

    /// Adds a request, or fails it at once, on the caller's thread; never waits.
    func add(_ request: Request<Session>) {
        var mustRing = false
        let refusal: StoreError? = state.withLock { state in
            if state.isClosed { return .closed }
            let isFull = state.waiting.count >= countLimit || request.bytes > bytesLimit &- state.bytes
            // A single request larger than the limit still gets its turn, alone.
            if isFull, !state.waiting.isEmpty {
                state.refused &+= 1
                return .busy(waiting: state.waiting.count, bytes: state.bytes)
            }
            mustRing = state.waiting.isEmpty
            state.waiting.append(request)
            state.bytes &+= request.bytes
            return nil
        }
        if let refusal {
            request.fail(refusal)
        } else if mustRing {
            wake.ring()
        }
    }

    /// Takes everything that waits into `batch`, which is empty; false when nothing waits and nothing will.
    func take(_ batch: inout [Request<Session>]) -> Bool {
        state.withLock { state in
            swap(&batch, &state.waiting)
            state.bytes = 0
            return !batch.isEmpty || !state.isClosed
        }
    }

    /// Refuses what comes from now on; what waits is still done.
    func close() {
        state.withLock { $0.isClosed = true }
        wake.ring()
    }

    /// How many wait, and how many were refused so far.
    var counts: (waiting: Int, refused: UInt64) { state.withLock { ($0.waiting.count, $0.refused) } }
}
