import EventLoop
import Synchronization

// Questions that every loop has a part of the answer to.
extension LoopState {
    /// Asks all loops, and hands on their answers in the loops' order once the last has answered.
    ///
    /// - Parameters:
    ///   - ask: runs on each loop.
    ///   - done: runs on the loop that answered last.
    func askAll<Answer: Sendable>(
        _ ask: @escaping @Sendable (LoopState) -> Answer,
        _ done: @escaping @Sendable ([Answer]) -> Void
    ) {
        let gathering = Gathering<Answer>(count: peers.count)
        for (index, peer) in peers.enumerated() {
            peer.post(.perform { if let all = gathering.add(ask($0), from: index) { done(all) } })
        }
    }
}

/// Answers on their way together.
private final class Gathering<Answer: Sendable>: Sendable {
    private let answers: Mutex<[Answer?]>

    init(count: Int) {
        answers = Mutex([Answer?](repeating: nil, count: count))
    }

    /// Adds one answer; all of them when none is missing any more.
    func add(_ answer: Answer, from index: Int) -> [Answer]? {
        answers.withLock { answers in
            answers[index] = answer
            let all = answers.compactMap { $0 }
            return all.count == answers.count ? all : nil
        }
    }
}
