/// Base64 of RFC 4648, both alphabets; decoding is strict.
public enum Base64 {
    /// Which 64 characters stand for the values.
    public enum Alphabet: Sendable {
        /// `+` and `/` for 62 and 63 (RFC 4648 §4).
        case standard
        /// `-` and `_` for 62 and 63 (RFC 4648 §5), as in tokens.
        case url
    }

    /// What decoding demands of the `=` at the end.
    public enum Padding: Sendable {
        case required, forbidden, optional
    }

    /// How many characters `count` bytes encode to.
    public static func encodedCount(_ count: Int, padding: Bool) -> Int {
        let rest = count % 3
        return count / 3 * 4 + (rest == 0 ? 0 : padding ? 4 : rest + 1)
    }

    /// At most how many bytes `count` characters decode to.
    public static func decodedCountLimit(_ count: Int) -> Int { count / 4 * 3 + 3 }

    /// The text that stands for `bytes`.
    public static func encode(
        _ bytes: UnsafeRawBufferPointer, alphabet: Alphabet = .standard, padding: Bool = true
    ) -> String {
        let count = encodedCount(bytes.count, padding: padding)
        return String(unsafeUninitializedCapacity: count) { room in
            if let start = room.baseAddress {
                encode(bytes, alphabet: alphabet, padding: padding, into: UnsafeMutableRawPointer(start))
            }
            return count
        }
    }

    /// The text that stands for `bytes`.
    public static func encode(_ bytes: [UInt8], alphabet: Alphabet = .standard, padding: Bool = true)
        -> String
    {
        bytes.withUnsafeBytes { encode($0, alphabet: alphabet, padding: padding) }
    }

    /// Writes the `encodedCount` characters of `bytes` to `target`, which has room for them.
    public static func encode(
        _ bytes: UnsafeRawBufferPointer, alphabet: Alphabet, padding: Bool,
        into target: UnsafeMutableRawPointer
    ) {
        let characters = (alphabet == .standard ? standardCharacters : urlCharacters).utf8Start
        var out = target
        func put(_ value: UInt32) {
            out.storeBytes(of: characters[Int(value & 0x3F)], as: UInt8.self)
            out += 1
        }
        var at = 0
        while at + 3 <= bytes.count {
            let triple = UInt32(bytes[at]) << 16 | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2])
            put(triple >> 18)
            put(triple >> 12)
            put(triple >> 6)
            put(triple)
            at += 3
        }
        let rest = bytes.count - at
        guard rest > 0 else { return }
        let triple = UInt32(bytes[at]) << 16 | (rest == 2 ? UInt32(bytes[at + 1]) << 8 : 0)
        put(triple >> 18)
        put(triple >> 12)
        if rest == 2 { put(triple >> 6) }
        guard padding else { return }
        for _ in rest..<3 {
            out.storeBytes(of: equalsSign, as: UInt8.self)
            out += 1
        }
    }

    static var equalsSign: UInt8 { 0x3D }
    private static let standardCharacters: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    private static let urlCharacters: StaticString =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
}
