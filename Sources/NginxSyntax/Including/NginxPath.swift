/// Paths as nginx joins them.
package enum NginxPath {
    /// The folder of a path with its final slash; empty for a bare name.
    package static func directory(of path: String) -> String {
        let utf8 = path.utf8
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return String(path[...slash])
    }

    /// A path as an `include` gives it: absolute ones stay, others begin at `prefix` (with or without a final
    /// slash).
    package static func resolved(_ path: String, prefix: String) -> String {
        if path.utf8.first == UInt8(ascii: "/") || prefix.isEmpty { return path }
        return prefix.utf8.last == UInt8(ascii: "/") ? prefix + path : prefix + "/" + path
    }

    /// A path without `.`, doubled slashes and, where something stands before them, `..`.
    package static func normalized(_ path: String) -> String {
        let absolute = path.utf8.first == UInt8(ascii: "/")
        var parts: [Substring] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !absolute {
                parts.append(part)
            }
        }
        return (absolute ? "/" : "") + parts.joined(separator: "/")
    }
}
