/// Why the state directory or what lies in it cannot be used.
public enum StateError: Error, Equatable, Sendable {
    /// A file exists but does not hold what it should.
    case damaged(path: String)
    /// Another server uses the directory; its process, where that is known.
    case inUse(path: String, process: Int?)
    /// There is no home directory to put the state into.
    case noHome
    /// The system gives no random bytes.
    case noRandomness
    /// Something else has the directory's name.
    case notADirectory(path: String)
    /// A secret is no regular file (a symbolic link, for instance).
    case notAFile(path: String)
    /// A secret belongs to another user.
    case otherOwner(path: String)
    /// A secret can be read, or the directory changed, by others; the permissions are given.
    case openToOthers(path: String, mode: UInt32, isDirectory: Bool)
    /// A system call failed.
    case system(call: String, path: String, errno: Int32, words: String)

    /// A stable code for logs and tests.
    public var code: String {
        switch self {
        case .damaged: "STATE-DAMAGED"
        case .inUse: "STATE-IN-USE"
        case .noHome: "STATE-HOME"
        case .noRandomness: "STATE-RANDOM"
        case .notADirectory, .notAFile: "STATE-KIND"
        case .otherOwner: "STATE-OWNER"
        case .openToOthers: "STATE-OPEN"
        case .system: "STATE-SYSTEM"
        }
    }
}

extension StateError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .damaged(let path): "\(path) is not a signing secret: it must hold 64 hex digits"
        case .inUse(let path, let process?): "\(path) is used by another server, process \(process)"
        case .inUse(let path, nil): "\(path) is used by another server"
        case .noHome: "there is no home directory to keep the state in"
        case .noRandomness: "the system gives no random bytes for a signing secret"
        case .notADirectory(let path): "\(path) is not a directory"
        case .notAFile(let path): "\(path) is not a regular file"
        case .otherOwner(let path): "\(path) belongs to another user"
        case .openToOthers(let path, let mode, false):
            "\(path) can be read by other users (its mode is \(Self.octal(mode)))"
        case .openToOthers(let path, let mode, true):
            "\(path) can be changed by every user (its mode is \(Self.octal(mode)))"
        case .system(let call, let path, _, let words): "\(call) \(path): \(words)"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .damaged(let path):
            "restore it from a backup, or remove \(path) for a new one: tokens issued before stop working"
        case .inUse: "stop that server first, or give each its own directory with --state or SOCKEYE_STATE"
        case .noHome: "set SOCKEYE_STATE or --state to a directory"
        case .noRandomness: "check the kernel's random device"
        case .notADirectory: "choose another directory with --state or SOCKEYE_STATE"
        case .notAFile(let path): "put the secret itself at \(path), or remove it for a new one"
        case .otherOwner: "run as the user it belongs to, or choose another directory with --state"
        case .openToOthers(let path, _, false):
            "run chmod 600 \(path); if others may have read it, remove it instead for a new one"
        case .openToOthers(let path, _, true): "run chmod 700 \(path)"
        case .system: "check the path and its permissions, or choose another directory with --state"
        }
    }

    private static func octal(_ mode: UInt32) -> String {
        "0" + String(mode & 0o7777, radix: 8)
    }
}
