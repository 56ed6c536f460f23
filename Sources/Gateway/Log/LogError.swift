public import EventLoop
import Glibc

/// Why the log cannot go where it shall.
public enum LogError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The log file cannot be opened or made.
    case file(String, SystemError)
    /// No socket for the journal.
    case journal(SystemError)

    /// What happened, in words.
    public var description: String {
        switch self {
        case .file(let path, let error): "the log file \(path) cannot be used: \(error)"
        case .journal(let error): "the journal cannot be used: \(error)"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .file(_, let error) where error.errno == ENOENT:
            "make its directory, one that the server's user may write to"
        case .file:
            "let the server's user write to the file and its directory, or choose another log.destination"
        case .journal: "choose another log.destination"
        }
    }
}
