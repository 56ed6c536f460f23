/// How much a log line matters; a log keeps the lines at or above its level.
public enum LogLevel: String, CaseIterable, Comparable, Sendable {
    /// What a developer of Sockeye wants to see.
    case debug
    /// What an operator wants to see: one line per life event.
    case info
    /// Something is wrong, and the server goes on.
    case warning
    /// Something is wrong, and a user felt it.
    case error

    /// Orders by importance, `debug` first.
    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    /// Its place in the order, `debug` 0.
    public var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}
