import CSystem

/// A system call that failed: which one, why, and on what.
///
/// The environment's fault, never the peer's protocol: wires have their own errors.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The call, by its name in the manual: `"bind"`.
    public let call: String
    /// The value of `errno`, positive.
    public let errno: Int32
    /// What the call was about, where that helps: an address, a path.
    public let detail: String?

    /// Describes a failed call.
    public init(call: String, errno: Int32, detail: String? = nil) {
        self.call = call
        self.errno = errno
        self.detail = detail
    }

    /// The name of the number: `"EADDRINUSE"`.
    public var name: String { String(cString: csys_error_name(errno)) }

    /// One line for people: `bind 127.0.0.1:80: Permission denied (EACCES)`.
    public var description: String {
        let subject = detail.map { "\(call) \($0)" } ?? call
        return "\(subject): \(String(cString: csys_error_text(errno))) (\(name))"
    }

    /// Passes on what a shim returned, or throws when it is a negated errno.
    @discardableResult
    public static func check(
        _ result: Int32, _ call: String, _ detail: @autoclosure () -> String? = nil
    ) throws(SystemError) -> Int32 {
        if result >= 0 { return result }
        throw SystemError(call: call, errno: -result, detail: detail())
    }
}
