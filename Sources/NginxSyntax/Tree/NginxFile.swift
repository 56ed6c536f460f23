/// One file of a configuration: all its bytes, and the statements found in them.
///
/// The tree is lossless: statements, words and comments are ranges of `bytes`, so whatever they do not cover
/// (blanks) is still there, and `pieces` in order print the file byte by byte.
package struct NginxFile: Sendable {
    /// The path as it was opened: absolute, or relative if the main file was given so.
    package let path: String
    /// The content, untouched.
    package let bytes: [UInt8]
    /// What the reader refused in this file: syntax only, in the order of the file.
    package let problems: [NginxProblem]

    /// All statements in the order of the file, each before those of its block.
    let statements: [Statement]
    /// The words of all statements.
    let words: [NginxArgument]
    /// The comments, from `#` up to the line feed, without it.
    package let comments: [Range<Int>]
    /// Offsets at which lines begin; the first is 0.
    let lineStarts: [Int]

    /// A directive with the range of what follows it; indices point into `statements` and `words`.
    struct Statement: Sendable {
        var firstWord: Int32
        var wordCount: Int32
        /// The statement whose block it stands in; -1 at the top.
        var parent: Int32
        /// Index of the first statement that is not inside this one's block.
        var next: Int32
        var ending: Ending
        /// Offset of `;` or `{`; where one is missing, the end of the last word.
        var opening: Int32
        /// Offset of `}`; -1 without a block or when the file ends before it.
        var closing: Int32
        /// Just past the last byte: after `;`, after `}`, or the end of the last word.
        var end: Int32
    }

    /// How a statement ends.
    enum Ending: UInt8, Sendable {
        case semicolon, block
        /// A block that is not nginx configuration: the text of `*_by_lua_block`.
        case foreignBlock
        /// Neither: the reader said so in a problem and went on behind it.
        case missing
    }

    /// Line and column of a byte, both from 1; columns count bytes.
    ///
    /// An offset past the end gives the place just behind the last byte. O(log n) in the number of lines.
    package func lineAndColumn(at offset: Int) -> (line: Int, column: Int) {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return (low + 1, max(0, min(offset, bytes.count) - lineStarts[low]) + 1)
    }

    /// The bytes of a line without its line end; empty for a line the file does not have.
    package func line(_ number: Int) -> ArraySlice<UInt8> {
        guard number >= 1, number <= lineStarts.count else { return [] }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] : bytes.count
        while end > start, bytes[end - 1] == Octet.lineFeed || bytes[end - 1] == Octet.carriageReturn {
            end -= 1
        }
        return bytes[start..<end]
    }

    /// Number of lines, counting one that follows a final line feed.
    package var lineCount: Int { lineStarts.count }
}
