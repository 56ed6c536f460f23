internal import Bytes
internal import CTLS

/// The secret a server signs its own tokens with: 32 random bytes.
///
/// Printing one shows nothing; `hex` is the only way out.
public struct SigningSecret: Sendable, Equatable {
    /// How many bytes it has.
    public static let count = 32
    /// The secret itself; exactly `count` bytes.
    public let bytes: [UInt8]

    /// A secret of these bytes; nil when there are not exactly 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = bytes
    }

    /// Reads the 64 hex digits that `hex` gives, with white space around them or not; nil for anything else.
    public init?(hex text: some Collection<UInt8>) {
        var digits: [UInt8] = []
        var isOver = false
        for byte in text {
            if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                isOver = !digits.isEmpty
                continue
            }
            guard !isOver, digits.count < 2 * Self.count, let digit = Octets.hexValue(byte) else {
                return nil
            }
            digits.append(digit)
        }
        guard digits.count == 2 * Self.count else { return nil }
        bytes = (0..<Self.count).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
    }

    /// A new random secret; nil when the system gives no randomness.
    public static func random() -> SigningSecret? {
        var bytes = [UInt8](repeating: 0, count: count)
        let isFilled = bytes.withUnsafeMutableBytes { ctls_random($0.baseAddress, $0.count) == 1 }
        return isFilled ? SigningSecret(bytes: bytes) : nil
    }

    /// The secret as 64 lower-case hex digits.
    public var hex: String {
        Hexadecimal.text(bytes)
    }

    /// The HS256 key it makes.
    public var key: TokenKey {
        TokenKey(unchecked: bytes, algorithm: .hs256, id: nil)
    }
}

extension SigningSecret: CustomStringConvertible, CustomReflectable {
    /// Never the secret.
    public var description: String { "SigningSecret(hidden)" }

    /// Empty, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
