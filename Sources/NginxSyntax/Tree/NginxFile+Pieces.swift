/// A run of bytes of a file, and what it is.
package struct NginxPiece: Sendable, Equatable {
    /// What a run of bytes can be.
    package enum Kind: Sendable, Equatable {
        /// Blanks and line ends; also a byte order mark and what was not read.
        case blank
        /// A comment without its line end.
        case comment
        /// A word with its quotes.
        case word
        /// `;`, `{` or `}`.
        case mark
        /// The text of a Lua block.
        case foreign
    }

    /// What it is.
    package let kind: Kind
    /// Its bytes.
    package let range: Range<Int>
}

extension NginxFile {
    /// The whole file in pieces, in order and without gaps: their bytes put together are the file.
    ///
    /// O(n log n) in the number of pieces.
    package var pieces: [NginxPiece] {
        var found = words.map { NginxPiece(kind: .word, range: $0.range) }
        found += comments.map { NginxPiece(kind: .comment, range: $0) }
        for statement in statements {
            let opening = Int(statement.opening)
            if statement.ending != .missing {
                found.append(NginxPiece(kind: .mark, range: opening..<(opening + 1)))
            }
            let closing = Int(statement.closing)
            if statement.ending == .foreignBlock {
                let end = closing >= 0 ? closing : Int(statement.end)
                if end > opening + 1 { found.append(NginxPiece(kind: .foreign, range: (opening + 1)..<end)) }
            }
            if closing >= 0 { found.append(NginxPiece(kind: .mark, range: closing..<(closing + 1))) }
        }
        found.sort { $0.range.lowerBound < $1.range.lowerBound }
        var all: [NginxPiece] = []
        all.reserveCapacity(2 * found.count + 1)
        var at = 0
        for piece in found {
            if piece.range.lowerBound > at {
                all.append(NginxPiece(kind: .blank, range: at..<piece.range.lowerBound))
            }
            all.append(piece)
            at = piece.range.upperBound
        }
        if at < bytes.count { all.append(NginxPiece(kind: .blank, range: at..<bytes.count)) }
        return all
    }
}
