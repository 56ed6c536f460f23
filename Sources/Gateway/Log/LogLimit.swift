import Bytes
import Synchronization
import Telemetry

/// Keeps lines that a peer can cause at will from filling the log: so many of a kind within a second are written,
/// and then how many more there were.
///
/// Sans-IO: the time comes in, what was held back goes out. One per loop; a kind is never of a peer's making, so
/// there are as many as codes.
struct LogLimit {
    /// What lines have in common that are counted together.
    struct Kind: Hashable {
        var level: LogLevel
        var event: String
        /// Of a refusal or a failure; empty where the event says all.
        var code = ""
    }

    /// The lines of a kind that a second has room for.
    static let perSecond = 20

    private var counts: [Kind: Int] = [:]
    /// When `takeHeldBack` is to be called: a second after the first line; never while there is none.
    private(set) var due = MonotonicTime.distantFuture

    /// Counts a line and tells whether it is to be written.
    mutating func admits(_ kind: Kind, at now: MonotonicTime) -> Bool {
        if counts.isEmpty { due = now.advanced(byNanoseconds: 1_000_000_000) }
        counts[kind, default: 0] += 1
        return counts[kind, default: 0] <= Self.perSecond
    }

    /// Ends the second: the kinds of which lines were held back, and how many.
    mutating func takeHeldBack() -> [(kind: Kind, count: Int)] {
        let counted = counts
        counts.removeAll(keepingCapacity: true)
        due = .distantFuture
        return counted.compactMap { $1 > Self.perSecond ? ($0, $1 - Self.perSecond) : nil }
    }
}

// Lines about peers.
extension LoopState {
    /// Logs what a peer can cause as often as it likes.
    func logOften(
        _ kind: LogLimit.Kind, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> LogFields
    ) {
        guard shared.log.keeps(kind.level), logLimit.admits(kind, at: now) else { return }
        shared.log.log(kind.level, kind.event, message(), fields())
    }

    /// Keeps a refusal among the last, and logs it.
    func keep(_ refusal: Refusal) {
        let time = unixMilliseconds
        shared.refusals.withLock { _ = $0.append(refusal, time: time) }
        let kind = LogLimit.Kind(level: .warning, event: "refused", code: refusal.code)
        guard shared.log.keeps(kind.level), logLimit.admits(kind, at: now) else { return }
        shared.log.write(refusal.logRecord(time: time))
    }

    /// Tells how many lines the last second had no room for.
    func tellHeldBack() {
        for (kind, count) in logLimit.takeHeldBack() {
            var fields: LogFields = kind.code.isEmpty ? [:] : ["code": .text(kind.code)]
            fields.append("lines", .count(count))
            shared.log.log(kind.level, kind.event, "… and \(count) more in the last second", fields)
        }
    }
}
