internal import Bytes
internal import CTLS

/// What is kept of a token or API key: its SHA-256, from which nobody gets the token back.
///
/// A plain hash is enough because what it hides are 256 random bits; a password needs a `PasswordHash`.
public struct TokenHash: Sendable, Hashable {
    /// 32 bytes, in hexadecimal: 64 lower-case digits, to be stored and looked up by.
    public let hex: String

    /// The hash of a token as it is presented, whatever its form; one's own tables may hold others than ours.
    public init(of token: String) {
        var token = token
        self = token.withUTF8 { TokenHash(of: UnsafeRawBufferPointer($0)) }
    }

    /// The hash of a token's bytes.
    public init(of token: UnsafeRawBufferPointer) {
        let digest = [UInt8](unsafeUninitializedCapacity: 32) { room, count in
            ctls_sha256(token.baseAddress, token.count, room.baseAddress)
            count = 32
        }
        hex = Hexadecimal.text(digest)
    }

    /// A stored hash; nil when it is not 64 hexadecimal digits.
    public init?(hex: String) {
        guard hex.utf8.count == 64, let bytes = Hexadecimal.bytes(hex.utf8) else { return nil }
        self.hex = Hexadecimal.text(bytes)
    }

    /// A stored hash; nil when it has not exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        hex = Hexadecimal.text(bytes)
    }

    /// The hash as its 32 bytes.
    public var bytes: [UInt8] {
        Hexadecimal.bytes(hex.utf8) ?? []
    }

    /// Whether both are the same, in constant time.
    public static func == (left: TokenHash, right: TokenHash) -> Bool {
        var (left, right) = (left.hex, right.hex)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                left.count == right.count
                    && ctls_equal(left.baseAddress, right.baseAddress, left.count) == 1
            }
        }
    }
}

/// Bytes as two hexadecimal digits each.
enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { room in
            for (at, byte) in bytes.enumerated() {
                room[2 * at] = digit(byte >> 4)
                room[2 * at + 1] = digit(byte & 15)
            }
            return 2 * bytes.count
        }
    }

    /// Nil when the digits are odd in number or one of them is none.
    static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            guard let value = Octets.hexValue(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? value + UInt8(ascii: "0") : value - 10 + UInt8(ascii: "a")
    }
}
