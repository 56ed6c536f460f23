/// A Caddyfile: directives with arguments and blocks, as a tree.
package struct Caddyfile: Equatable, Sendable {
    /// A directive, a site or a matcher definition.
    package struct Directive: Equatable, Sendable {
        /// The first word: `reverse_proxy`, `example.com`, `@ws`.
        package let name: String
        package let arguments: [String]
        package let place: FilePlace
        /// Empty without a block.
        package var block: [Directive] = []

        /// All directives of a name, at any depth.
        package func all(_ name: String) -> [Directive] {
            block.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
        }
    }

    /// What stands outermost: the global options (an empty name), snippets, sites.
    package var directives: [Directive]

    /// Reads a file: words, quotes, backquotes, comments, braces, line continuation; a missing brace ends at the end of the file.
    package init(_ file: SourceFile) {
        var reader = Reader(file: file)
        directives = reader.block(depth: 0)
    }

    /// All directives of a name, wherever.
    package func all(_ name: String) -> [Directive] {
        directives.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
    }

    /// Sites: what is outermost, has a block, and is neither the global options nor a snippet.
    package var sites: [Directive] {
        directives.filter { !$0.block.isEmpty && !$0.name.isEmpty && !$0.name.hasPrefix("(") }
    }

    private struct Reader {
        let file: SourceFile
        private var tokens: [(line: Int, column: Int, text: String, isQuoted: Bool)] = []
        private var at = 0

        init(file: SourceFile) {
            self.file = file
            for line in file.lines { scan(line) }
        }

        private mutating func scan(_ line: NumberedLine) {
            var word: [UInt8] = []
            var start = 1
            var quote: UInt8?
            var isQuoted = false
            var isAny = false
            let bytes = Array(line.text.utf8)
            func text() -> String { String(decoding: word, as: UTF8.self) }
            for (index, byte) in bytes.enumerated() {
                if let open = quote {
                    if byte == open { quote = nil } else { word.append(byte) }
                } else if byte == 0x20 || byte == 0x09 {
                    if isAny { tokens.append((line.number, start, text(), isQuoted)) }
                    word = []
                    isAny = false
                    isQuoted = false
                } else if byte == UInt8(ascii: "#"), !isAny {
                    break
                } else {
                    if !isAny { start = index + 1 }
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`"), !isAny {
                        quote = byte
                        isQuoted = true
                    } else {
                        word.append(byte)
                    }
                    isAny = true
                }
            }
            if isAny { tokens.append((line.number, start, text(), isQuoted)) }
        }

        mutating func block(depth: Int) -> [Directive] {
            var directives: [Directive] = []
            while at < tokens.count {
                let token = tokens[at]
                if token.text == "}", !token.isQuoted {
                    at += 1
                    if depth > 0 { return directives }
                    continue
                }
                directives.append(directive(depth: depth))
            }
            return directives
        }

        private mutating func directive(depth: Int) -> Directive {
            let first = tokens[at]
            let isBrace = first.text == "{" && !first.isQuoted
            let place = file.place(first.line, first.column)
            var line = first.line
            var arguments: [String] = []
            if !isBrace { at += 1 }
            while at < tokens.count {
                let token = tokens[at]
                if token.text == "{", !token.isQuoted, token.line == line || isBrace {
                    at += 1
                    guard depth < 32 else { break }
                    let block = block(depth: depth + 1)
                    return Directive(
                        name: isBrace ? "" : first.text, arguments: arguments, place: place, block: block)
                }
                if token.text == "\\", !token.isQuoted {
                    line += 1
                    at += 1
                    continue
                }
                guard token.line == line, token.text != "}" || token.isQuoted else { break }
                arguments.append(token.text)
                at += 1
                // A site's addresses may go on in the next line behind a comma.
                if token.text.hasSuffix(","), at < tokens.count, tokens[at].line == line + 1 { line += 1 }
            }
            return Directive(name: first.text, arguments: arguments, place: place)
        }
    }
}
