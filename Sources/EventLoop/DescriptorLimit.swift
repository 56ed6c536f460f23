import CSystem

/// How many descriptors the process may have open: one per connection, and a few dozen more.
public enum DescriptorLimit {
    /// Raises the soft limit (`RLIMIT_NOFILE`) to the hard one, which any process may.
    ///
    /// - Returns: The limit afterwards.
    @discardableResult
    public static func raise() throws(SystemError) -> Int {
        let limit = csys_raise_descriptor_limit()
        guard limit >= 0 else {
            throw SystemError(call: "setrlimit", errno: Int32(truncatingIfNeeded: -limit))
        }
        return Int(limit)
    }
}
