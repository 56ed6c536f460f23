/// A file the user handed over, read whole.
package struct SourceFile: Sendable {
    /// As the user would write it, relative to its folder: `conf.d/app.conf`.
    package let name: String
    /// Where it is on this machine; for includes and for patches.
    package let path: String
    /// Its bytes, at most ``FileWalk/Limits/bytesPerFile`` of them.
    package let bytes: [UInt8]
    /// Whether it is longer than what was read.
    package let isTruncated: Bool

    package init(name: String, path: String, bytes: [UInt8], isTruncated: Bool = false) {
        self.name = name
        self.path = path
        self.bytes = bytes
        self.isTruncated = isTruncated
    }

    /// The name without its folders.
    package var baseName: String {
        String(name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...])
    }

    /// The bytes as text, what is no UTF-8 replaced.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether it holds a NUL among its first 8,000 bytes, as text never does.
    package var isBinary: Bool { bytes.prefix(8000).contains(0) }
}
