import Synchronization

/// The time was up before the work was done.
struct DeadlineExceeded: Error {}

enum Deadline {
    /// The result of `work`, or ``DeadlineExceeded`` when it takes longer than `limit`.
    ///
    /// Work that does not look at cancellation goes on in the background; the caller is expected to end the process.
    static func race<Result: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let winner = FirstResult<Result>()
        return try await withCheckedThrowingContinuation { continuation in
            winner.arm(continuation)
            let worker = Task {
                do {
                    let result = try await work()
                    winner.finish(.success(result))
                } catch {
                    winner.finish(.failure(error))
                }
            }
            Task {
                try? await Task.sleep(for: limit)
                winner.finish(.failure(DeadlineExceeded()))
                worker.cancel()
            }
        }
    }
}

/// Hands the first result on and drops the others.
private final class FirstResult<Value: Sendable>: Sendable {
    private let waiting = Mutex<CheckedContinuation<Value, any Error>?>(nil)

    func arm(_ continuation: CheckedContinuation<Value, any Error>) {
        waiting.withLock { $0 = continuation }
    }

    func finish(_ result: Result<Value, any Error>) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(with: result)
    }
}
