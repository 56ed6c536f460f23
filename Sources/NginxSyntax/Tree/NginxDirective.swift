/// A directive at its place in the whole configuration.
///
/// A small handle that keeps the configuration alive; equal when it is the same directive of the same
/// configuration. A file included twice gives two directives for each statement, since they stand in
/// different blocks.
package struct NginxDirective: Sendable, Hashable {
    let tree: NginxTree
    /// Position in the order in which nginx reads directives: of two, the smaller comes first.
    package let id: Int

    private var node: NginxTree.Node { tree.nodes[id] }
    private var statement: NginxFile.Statement { source.statements[Int(node.statement)] }

    /// The file it stands in.
    package var source: NginxFile { tree.files[Int(node.file)] }
    /// Index of that file in `NginxConfiguration.files`.
    package var file: Int { Int(node.file) }

    /// Its name; empty for a block without one, which only broken files have.
    package var name: String { nameWord?.text ?? "" }
    /// Its name as a word with its place.
    package var nameWord: NginxArgument? {
        let statement = statement
        return statement.wordCount > 0 ? source.words[Int(statement.firstWord)] : nil
    }
    /// The words behind the name.
    ///
    /// O(1), a slice.
    package var arguments: ArraySlice<NginxArgument> {
        let statement = statement
        let first = Int(statement.firstWord)
        return source.words[
            min(first + 1, first + Int(statement.wordCount))..<(first + Int(statement.wordCount))]
    }
    /// Number of arguments.
    package var argumentCount: Int { max(0, Int(statement.wordCount) - 1) }
    /// The values of the arguments.
    package var values: [String] { arguments.map(\.text) }
    /// The value of an argument, from 0; nil where there is none.
    package func value(_ index: Int) -> String? {
        index >= 0 && index < argumentCount ? source.words[Int(statement.firstWord) + 1 + index].text : nil
    }

    /// Whether a block follows it (one of nginx, not of Lua).
    package var hasBlock: Bool { statement.ending == .block }
    /// Whether it is an `include` that was followed.
    package var isInclude: Bool { node.isInclude }
    /// How it ends.
    var ending: NginxFile.Ending { statement.ending }

    /// The directives right inside its block, with includes replaced by what they include; empty without a
    /// block.
    package var block: [NginxDirective] { tree.children(of: id, in: tree) }
    /// Everything inside its block at any depth, `include`s among it, each before what is inside it.
    package var descendants: NginxDirectives { NginxDirectives(tree: tree, range: (id + 1)..<Int(node.next)) }

    /// The block it stands in; nil at the main level.
    package var parent: NginxDirective? {
        var at = Int(node.parent)
        while at >= 0, tree.nodes[at].isInclude { at = Int(tree.nodes[at].parent) }
        return at < 0 ? nil : NginxDirective(tree: tree, id: at)
    }
    /// The blocks around it, the innermost first.
    package var enclosing: [NginxDirective] {
        var blocks: [NginxDirective] = []
        var next = parent
        while let block = next {
            blocks.append(block)
            next = block.parent
        }
        return blocks
    }
    /// The `include`s that brought it here, the innermost first; empty for a directive of the main file.
    package var includes: [NginxDirective] {
        var found: [NginxDirective] = []
        var at = Int(node.parent)
        while at >= 0 {
            if tree.nodes[at].isInclude { found.append(NginxDirective(tree: tree, id: at)) }
            at = Int(tree.nodes[at].parent)
        }
        return found
    }

    /// The directives of a name right inside its block.
    package func all(_ name: String) -> [NginxDirective] { block.filter { $0.name == name } }
    /// The last directive of a name right inside its block, which is the one that counts where only one may.
    package func last(_ name: String) -> NginxDirective? { block.last { $0.name == name } }
    /// The first directive of a name right inside its block.
    package func first(_ name: String) -> NginxDirective? { block.first { $0.name == name } }

    /// From its name to its `;` or, with a block, to the `}`.
    package var range: Range<Int> {
        let statement = statement
        let start = nameWord?.range.lowerBound ?? Int(statement.opening)
        return start..<max(start, Int(statement.end))
    }
    /// From its name to `;` or `{`, the character included.
    package var headRange: Range<Int> {
        let statement = statement
        let start = nameWord?.range.lowerBound ?? Int(statement.opening)
        let end = Int(statement.opening) + (statement.ending == .missing ? 0 : 1)
        return start..<max(start, end)
    }
    /// What is between the braces; nil without a block.
    package var bodyRange: Range<Int>? {
        let statement = statement
        guard statement.ending == .block || statement.ending == .foreignBlock else { return nil }
        let start = Int(statement.opening) + 1
        return start..<max(start, statement.closing >= 0 ? Int(statement.closing) : Int(statement.end))
    }
    /// Line of its name, from 1.
    package var line: Int { place.line }
    /// Its place: the range is `headRange`.
    package var place: NginxPlace {
        let range = headRange
        if let word = nameWord {
            return NginxPlace(file: file, line: word.line, column: word.column, range: range)
        }
        let (line, column) = source.lineAndColumn(at: range.lowerBound)
        return NginxPlace(file: file, line: line, column: column, range: range)
    }
    /// The place of one of its words.
    package func place(of word: NginxArgument) -> NginxPlace {
        NginxPlace(file: file, line: word.line, column: word.column, range: word.range)
    }

    package static func == (left: NginxDirective, right: NginxDirective) -> Bool {
        left.id == right.id && left.tree === right.tree
    }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(ObjectIdentifier(tree))
    }
}

/// Directives in a row of a configuration, as a collection without storage of its own.
package struct NginxDirectives: Sendable, RandomAccessCollection {
    let tree: NginxTree
    let range: Range<Int>

    package var startIndex: Int { range.lowerBound }
    package var endIndex: Int { range.upperBound }
    package subscript(position: Int) -> NginxDirective { NginxDirective(tree: tree, id: position) }
}
