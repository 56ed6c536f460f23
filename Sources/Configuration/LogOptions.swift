extension Options {
    /// Where log lines go.
    public enum LogDestination: Sendable, Equatable {
        /// Standard error.
        case standardError
        /// The journal of systemd.
        case journal
        /// A file, rotated by the server itself.
        case file(String)

        /// Reads `stderr`, `journald`, or a path; nil for anything else.
        init?(_ text: String) {
            switch text {
            case "stderr": self = .standardError
            case "journald": self = .journal
            case _
            where text.utf8.contains(UInt8(ascii: "/")) && !text.hasSuffix("/") && !text.utf8.contains(0):
                self = .file(text)
            default: return nil
            }
        }

        static let words = ["stderr", "journald"]
    }

    /// What `logTo` says.
    public var logDestination: LogDestination {
        // Checked when it was read.
        LogDestination(logTo) ?? .standardError
    }
}
