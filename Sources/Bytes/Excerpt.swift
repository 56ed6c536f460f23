/// Text of others, cut to what one line of a report or a terminal can hold.
public enum Excerpt {
    /// One line without control characters: what a peer wrote must not steer the terminal that shows it.
    ///
    /// Runs of white space become a blank; of a longer text the first `limit` scalars stay, with an ellipsis behind.
    public static func line(_ text: some StringProtocol, limit: Int) -> String {
        var line = ""
        var count = 0
        var pendingSpace = false
        for scalar in text.unicodeScalars {
            if scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t" {
                pendingSpace = !line.isEmpty
                continue
            }
            if isSteering(scalar) { continue }
            if pendingSpace { count += 1 }
            if count >= limit { return line + "…" }
            if pendingSpace { line.unicodeScalars.append(" ") }
            pendingSpace = false
            line.unicodeScalars.append(scalar)
            count += 1
        }
        return line
    }

    /// Whether a scalar does something to a terminal but being shown: C0, DEL, C1, and what turns the direction of text.
    public static func isSteering(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
