/// The output of `nginx -T`: all files of a configuration in one text, each behind a line `# configuration
/// file PATH:`.
package struct NginxDump: NginxFileSource, Sendable {
    /// The path of the main file: the first in the dump.
    package let main: String
    private let files: NginxMemorySource

    /// Takes a dump apart; nil if it is none.
    ///
    /// What stands before the first header (nginx's own report, if both outputs went into one file) is left
    /// out.
    package init?(_ bytes: [UInt8]) {
        var files: [String: [UInt8]] = [:]
        var main: String?
        var current: (path: String, start: Int)?
        var at = 0
        func close(_ end: Int) {
            guard let file = current else { return }
            var end = end
            // nginx writes a line end of its own behind each file.
            if end > file.start, bytes[end - 1] == Octet.lineFeed { end -= 1 }
            files[NginxPath.normalized(file.path)] = Array(bytes[file.start..<max(file.start, end)])
        }
        while at < bytes.count {
            let end = bytes[at...].firstIndex(of: Octet.lineFeed) ?? bytes.count
            if bytes[at] == Octet.hash, let path = Self.header(bytes[at..<end]) {
                close(at)
                if main == nil { main = path }
                current = (path, min(bytes.count, end + 1))
            }
            at = end + 1
        }
        close(bytes.count)
        guard let main else { return nil }
        self.main = main
        self.files = NginxMemorySource(files)
    }

    package func read(_ path: String, limit: Int) -> Result<[UInt8], NginxReadError> {
        files.read(path, limit: limit)
    }

    package func expand(_ pattern: String) -> [String] { files.expand(pattern) }

    /// The path in a header line; nil for any other line.
    private static func header(_ line: ArraySlice<UInt8>) -> String? {
        let start = Array("# configuration file ".utf8)
        var line = line
        if line.last == Octet.carriageReturn { line = line.dropLast() }
        guard line.count > start.count + 1, line.starts(with: start), line.last == UInt8(ascii: ":") else {
            return nil
        }
        return String(decoding: line.dropFirst(start.count).dropLast(), as: UTF8.self)
    }
}
