import Synchronization

/// When an examination has to be done: what reads and reasons asks in its loops, and stops.
///
/// Bound to the task (``current``), so that no reader has to hand it on. What was stopped is remembered, for the report must say what it
/// does not know.
package final class TimeLimit: Sendable {
    /// What can be cut short.
    package enum Work: Int, CaseIterable, Sendable {
        /// Finding and reading files.
        case walk
        /// Understanding them.
        case files
        /// Following the request through nginx's configuration.
        case nginx
        /// Asking the rules.
        case rules
    }

    /// The limit of the examination that this task belongs to; nil: there is none.
    @TaskLocal package static var current: TimeLimit?

    /// When the examination must be done, its report made.
    package let end: ContinuousClock.Instant
    /// When reading and dialling stop: what is left is for the rules and the report.
    package let lastReading: ContinuousClock.Instant
    private let lastRule: ContinuousClock.Instant
    private let stopped = Mutex<Set<Work>>([])

    /// A limit that begins now.
    package init(_ time: Duration) {
        let reserve = min(.milliseconds(500), time / 4)
        end = .now + time
        lastReading = end - reserve
        lastRule = end - reserve / 2
    }

    /// Whether this work has to stop; if so, it counts as cut short.
    ///
    /// About 60 ns: in loops of less, ask every hundredth time.
    package func isOver(for work: Work) -> Bool {
        guard ContinuousClock.now >= (work == .rules ? lastRule : lastReading) else { return false }
        stopped.withLock { _ = $0.insert(work) }
        return true
    }

    /// The same of the task's limit; never over where there is none.
    package static func isOver(for work: Work) -> Bool { current?.isOver(for: work) ?? false }

    /// What was cut short, in the order in which it is done.
    package var cut: [Work] { stopped.withLock { stopped in Work.allCases.filter(stopped.contains) } }
}
