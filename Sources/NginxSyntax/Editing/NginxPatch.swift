/// Changes to a configuration that leave every other byte as it is.
///
/// Text goes in with the indentation and line ends of its surroundings. Changes are collected and applied
/// together; of two that overlap the later one is refused.
package struct NginxPatch: Sendable {
    /// A place beside a directive.
    package enum Position: Sendable {
        /// On lines of its own before a directive, after one, or at the start or end of a block.
        case before(NginxDirective), after(NginxDirective), startOf(NginxDirective), endOf(NginxDirective)
    }

    /// One replacement in a file.
    struct Change: Sendable {
        var file: Int
        var range: Range<Int>
        var text: [UInt8]
    }

    let configuration: NginxConfiguration
    private(set) var changes: [Change] = []

    /// A patch without changes.
    package init(_ configuration: NginxConfiguration) { self.configuration = configuration }

    /// Whether nothing is to be changed.
    package var isEmpty: Bool { changes.isEmpty }

    /// Puts lines in; each is a directive or a part of a block, written without indentation but that of a
    /// block inside it.
    ///
    /// Gives false, and changes nothing, where there is no such place: the block of a directive that has
    /// none, or one in which another change was made already.
    @discardableResult
    package mutating func insert(_ lines: [String], _ position: Position) -> Bool {
        guard !lines.isEmpty else { return false }
        switch position {
        case .before(let directive): return insert(lines, before: directive)
        case .after(let directive): return insert(lines, after: directive)
        case .startOf(let block):
            guard block.hasBlock else { return false }
            if let first = ownChildren(of: block).first { return insert(lines, before: first) }
            return fill(block, with: lines)
        case .endOf(let block):
            guard block.hasBlock else { return false }
            if let last = ownChildren(of: block).last { return insert(lines, after: last) }
            return fill(block, with: lines)
        }
    }

    /// Puts lines in the place of a directive and of its block.
    @discardableResult
    package mutating func replace(_ directive: NginxDirective, with lines: [String]) -> Bool {
        guard !lines.isEmpty else { return remove(directive) }
        let style = TextStyle(directive.source)
        let indentation = style.indentation(at: directive.range.lowerBound)
        return add(directive, directive.range, style.joined(lines, indentation, isFirstIndented: false))
    }

    /// Puts another value in the place of one argument; `text` as it stands in the file, with quotes if it
    /// needs them.
    @discardableResult
    package mutating func replace(_ argument: NginxArgument, of directive: NginxDirective, with text: String)
        -> Bool
    {
        add(directive, argument.range, Array(text.utf8))
    }

    /// Takes a directive out, and its lines where nothing else stands on them.
    @discardableResult
    package mutating func remove(_ directive: NginxDirective) -> Bool {
        let bytes = directive.source.bytes
        var range = directive.range
        var start = range.lowerBound
        while start > 0, bytes[start - 1] == Octet.space || bytes[start - 1] == Octet.tab { start -= 1 }
        var end = range.upperBound
        while end < bytes.count, Octet.isBlank(bytes[end]), bytes[end] != Octet.lineFeed { end += 1 }
        let beginsLine = start == 0 || bytes[start - 1] == Octet.lineFeed
        if beginsLine, end == bytes.count || bytes[end] == Octet.lineFeed {
            range = start..<min(bytes.count, end + 1)
        } else if !beginsLine {
            range = start..<range.upperBound
        }
        return add(directive, range, [])
    }

    /// The files that change, by their index, with their new content.
    package var results: [(file: Int, bytes: [UInt8])] {
        Set(changes.map(\.file)).sorted().map { ($0, bytes(of: $0)) }
    }

    /// The content of a file with the changes made.
    package func bytes(of file: Int) -> [UInt8] {
        guard file >= 0, file < configuration.files.count else { return [] }
        let bytes = configuration.files[file].bytes
        var result: [UInt8] = []
        var at = 0
        for change in sorted(file) {
            result += bytes[at..<change.range.lowerBound]
            result += change.text
            at = change.range.upperBound
        }
        return result + bytes[at...]
    }

    func sorted(_ file: Int) -> [Change] {
        changes.enumerated().filter { $0.element.file == file }
            .sorted { ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset) }
            .map(\.element)
    }

    // MARK: Places

    /// The statements right inside a block that stand in the block's own file, `include` among them.
    private func ownChildren(of block: NginxDirective) -> [NginxDirective] {
        var found: [NginxDirective] = []
        var at = block.id + 1
        let tree = block.tree
        while at < Int(tree.nodes[block.id].next) {
            found.append(NginxDirective(tree: tree, id: at))
            at = Int(tree.nodes[at].next)
        }
        return found
    }

    private mutating func insert(_ lines: [String], before directive: NginxDirective) -> Bool {
        let style = TextStyle(directive.source)
        let start = directive.range.lowerBound
        let indentation = style.indentation(at: start)
        if style.beginsLine(start) {
            let lineStart = start - indentation.count
            return add(
                directive, lineStart..<lineStart,
                style.joined(lines, indentation, isFirstIndented: true) + style.lineEnd)
        }
        return add(directive, start..<start, Array(lines.joined(separator: " ").utf8) + [Octet.space])
    }

    private mutating func insert(_ lines: [String], after directive: NginxDirective) -> Bool {
        let style = TextStyle(directive.source)
        let bytes = directive.source.bytes
        let end = directive.range.upperBound
        let indentation = style.indentation(at: directive.range.lowerBound)
        guard style.beginsLine(directive.range.lowerBound), let lineEnd = style.endOfLine(from: end) else {
            return add(directive, end..<end, [Octet.space] + Array(lines.joined(separator: " ").utf8))
        }
        let text = style.joined(lines, indentation, isFirstIndented: true)
        if lineEnd < bytes.count {
            return add(directive, (lineEnd + 1)..<(lineEnd + 1), text + style.lineEnd)
        }
        let isEnded = bytes.last == Octet.lineFeed
        return add(
            directive, bytes.count..<bytes.count, isEnded ? text + style.lineEnd : style.lineEnd + text)
    }

    /// Puts lines into a block that is empty but for blanks and comments.
    private mutating func fill(_ block: NginxDirective, with lines: [String]) -> Bool {
        guard let body = block.bodyRange else { return false }
        let style = TextStyle(block.source)
        let outer = style.indentation(at: block.range.lowerBound)
        let text = style.joined(lines, outer + style.unit, isFirstIndented: true)
        let bytes = block.source.bytes
        if bytes[body].allSatisfy(Octet.isBlank) {
            return add(block, body, style.lineEnd + text + style.lineEnd + outer)
        }
        guard let lineEnd = style.endOfLine(from: body.lowerBound), lineEnd < body.upperBound else {
            return add(block, body.lowerBound..<body.lowerBound, style.lineEnd + text + style.lineEnd + outer)
        }
        return add(block, (lineEnd + 1)..<(lineEnd + 1), text + style.lineEnd)
    }

    private mutating func add(_ directive: NginxDirective, _ range: Range<Int>, _ text: [UInt8]) -> Bool {
        let overlaps = changes.contains { other in
            other.file == directive.file
                && (other.range.overlaps(range)
                    || (!other.range.isEmpty && range.isEmpty && other.range.lowerBound < range.lowerBound
                        && range.lowerBound < other.range.upperBound)
                    || (other.range.isEmpty && range.lowerBound < other.range.lowerBound
                        && other.range.lowerBound < range.upperBound))
        }
        guard !overlaps else { return false }
        changes.append(Change(file: directive.file, range: range, text: text))
        return true
    }
}
