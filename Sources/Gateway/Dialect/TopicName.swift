public import JSON

/// What a topic may be called.
///
/// A name has 1 ... 255 bytes of UTF-8 without control characters. Names are compared byte for byte: two
/// Unicode spellings of one letter are two names.
public enum TopicName {
    /// The longest name, in bytes of UTF-8.
    public static let longest = 255

    /// Checks a name as it stands in a command; allocates nothing.
    ///
    /// - Throws: `.emptyTopic`, `.topicTooLong`, `.controlCharacterInTopic`.
    public static func check(_ name: JSONString) throws(SockeyeError) {
        // Nearly all names are ASCII as it is written, and a byte of that needs no memory of the one before.
        let isPlain = !name.hasEscapes && name.raw.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        if isPlain, !name.raw.isEmpty, name.raw.count <= longest { return }
        var rule = Rule()
        if name.hasEscapes {
            var bytes = name.decodedBytes
            while let byte = bytes.next() { rule.take(byte) }
        } else {
            for byte in name.raw.prefix(longest + 1) { rule.take(byte) }
            rule.count = name.raw.count
        }
        try rule.check()
    }

    /// Checks a name from elsewhere, such as a flag or the HTTP API.
    ///
    /// - Throws: `.emptyTopic`, `.topicTooLong`, `.controlCharacterInTopic`.
    public static func check(_ name: String) throws(SockeyeError) {
        var rule = Rule()
        for byte in name.utf8 { rule.take(byte) }
        try rule.check()
    }

    /// Counts bytes and looks for control characters.
    ///
    /// Those are U+0000 ... U+001F and U+007F, one byte each, and U+0080 ... U+009F, which are 0xC2 and a
    /// second byte.
    private struct Rule {
        var count = 0
        private var hasControl = false
        private var last: UInt8 = 0

        mutating func take(_ byte: UInt8) {
            count &+= 1
            if byte < 0x20 || byte == 0x7F || last == 0xC2 && byte < 0xA0 { hasControl = true }
            last = byte
        }

        func check() throws(SockeyeError) {
            if count == 0 { throw .emptyTopic }
            if count > TopicName.longest { throw .topicTooLong(count: count, limit: TopicName.longest) }
            if hasControl { throw .controlCharacterInTopic }
        }
    }
}
