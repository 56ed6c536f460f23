extension NginxPatch {
    /// The changes as `diff -u` would show them, for `patch -p1` and `git apply`; empty if nothing changes.
    ///
    /// `name` gives the path a file is shown with; by default that of the configuration. A leading slash is
    /// dropped.
    package func unifiedDiff(name: (NginxFile) -> String = { $0.path }) -> String {
        var text: [UInt8] = []
        for file in Set(changes.map(\.file)).sorted() {
            let source = configuration.files[file]
            let hunks = UnifiedDiff(source, sorted(file)).text
            guard !hunks.isEmpty else { continue }
            let path = name(source)
            text += Array("--- \(path)\n+++ \(path)\n".utf8) + hunks
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The hunks of one file.
struct UnifiedDiff {
    /// Lines that are replaced; lines keep their line feeds.
    private struct Segment {
        var old: Range<Int>
        var new: [ArraySlice<UInt8>]
    }

    private static let context = 3
    private let lines: [ArraySlice<UInt8>]
    private var segments: [Segment] = []

    init(_ file: NginxFile, _ changes: [NginxPatch.Change]) {
        let bytes = file.bytes
        lines = Self.split(bytes[...])
        var index = 0
        while index < changes.count {
            // Changes on the same or neighbouring lines are one segment.
            var firstLine = file.lineAndColumn(at: changes[index].range.lowerBound).line - 1
            var last = index
            var end = Self.lineEnd(file, changes[index].range)
            while last + 1 < changes.count,
                file.lineAndColumn(at: changes[last + 1].range.lowerBound).line - 1 < end
            {
                last += 1
                end = max(end, Self.lineEnd(file, changes[last].range))
            }
            firstLine = min(firstLine, lines.count)
            let start = file.lineStart(firstLine)
            let stop = end < file.lineCount ? file.lineStart(end) : bytes.count
            var text: [UInt8] = []
            var at = start
            for change in changes[index...last] {
                text += bytes[at..<change.range.lowerBound]
                text += change.text
                at = change.range.upperBound
            }
            text += bytes[at..<max(at, stop)]
            add(firstLine..<min(max(firstLine, end), lines.count), Self.split(text[...]))
            index = last + 1
        }
    }

    /// The number of the line behind a range, from 0: an insertion at the start of a line touches no line at
    /// all.
    private static func lineEnd(_ file: NginxFile, _ range: Range<Int>) -> Int {
        let line = file.lineAndColumn(at: range.upperBound)
        return line.column == 1 ? line.line - 1 : line.line
    }

    /// Adds a segment without the lines at both its ends that stay the same.
    private mutating func add(_ old: Range<Int>, _ new: [ArraySlice<UInt8>]) {
        var (old, new) = (old, new[...])
        while let first = new.first, !old.isEmpty, lines[old.lowerBound] == first {
            old = (old.lowerBound + 1)..<old.upperBound
            new = new.dropFirst()
        }
        while let last = new.last, !old.isEmpty, lines[old.upperBound - 1] == last {
            old = old.lowerBound..<(old.upperBound - 1)
            new = new.dropLast()
        }
        if !old.isEmpty || !new.isEmpty { segments.append(Segment(old: old, new: Array(new))) }
    }

    private static func split(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: Octet.lineFeed).map { $0 + 1 } ?? bytes.endIndex
            lines.append(bytes[start..<end])
            start = end
        }
        return lines
    }

    var text: [UInt8] {
        var text: [UInt8] = []
        var shift = 0
        var index = 0
        while index < segments.count {
            var last = index
            while last + 1 < segments.count,
                segments[last + 1].old.lowerBound - segments[last].old.upperBound <= 2 * Self.context
            {
                last += 1
            }
            let start = max(0, segments[index].old.lowerBound - Self.context)
            let end = min(lines.count, segments[last].old.upperBound + Self.context)
            var body: [UInt8] = []
            var at = start
            var added = 0
            for segment in segments[index...last] {
                for line in lines[at..<segment.old.lowerBound] { Self.append(line, " ", to: &body) }
                for line in lines[segment.old] { Self.append(line, "-", to: &body) }
                for line in segment.new { Self.append(line, "+", to: &body) }
                added += segment.new.count - segment.old.count
                at = segment.old.upperBound
            }
            for line in lines[at..<end] { Self.append(line, " ", to: &body) }
            let old = Self.range(start, end - start)
            let new = Self.range(start + shift, end - start + added)
            text += Array("@@ -\(old) +\(new) @@\n".utf8) + body
            shift += added
            index = last + 1
        }
        return text
    }

    /// `12,7`; an empty range names the line before it.
    private static func range(_ start: Int, _ count: Int) -> String {
        count == 1 ? "\(start + 1)" : "\(count == 0 ? start : start + 1),\(count)"
    }

    private static func append(_ line: ArraySlice<UInt8>, _ mark: String, to text: inout [UInt8]) {
        text += mark.utf8
        text += line
        if line.last != Octet.lineFeed { text += Array("\n\\ No newline at end of file\n".utf8) }
    }
}

extension NginxFile {
    /// The offset at which a line begins, counted from 0; the end for one the file does not have.
    func lineStart(_ line: Int) -> Int { line < lineStarts.count ? lineStarts[max(0, line)] : bytes.count }
}
