internal import Bytes

/// Keys read from a document, and what of it was left out.
public struct KeyReading: Sendable {
    /// The keys; never empty.
    public let keys: KeySet
    /// Keys of the document that are not used, each with its reason.
    public let skipped: [Skipped]
    /// Whether a public key came with its private half, which a key set should never show.
    public let showsPrivateKey: Bool

    /// A key that is not used.
    public struct Skipped: Equatable, Sendable, CustomStringConvertible {
        /// Its place in the document, from 1.
        public let place: Int
        /// Its `kid`, cut to 64 bytes, when it has one.
        public let id: String?
        /// Why it is not used.
        public let reason: KeyError

        /// Which key and why, in words.
        public var description: String {
            "key \(place)\(id.map { " (\"\($0)\")" } ?? "") is skipped: \(reason)"
        }
    }

    init(_ keys: [TokenKey], skipped: [Skipped] = [], showsPrivateKey: Bool = false) {
        self.keys = KeySet(keys)
        self.skipped = skipped
        self.showsPrivateKey = showsPrivateKey
    }
}

/// What people put into key files.
///
/// - PEM, told by `-----BEGIN`: a public key, a certificate or a private key.
/// - A JSON Web Key Set or a single JSON Web Key, told by `{` and `"keys"` or `"kty"`.
/// - `base64:` and base64 or base64url text, padded or not: a secret.
/// - Anything else is a secret, byte for byte, without the line end behind it.
public enum KeyFile {
    /// Reads the keys of a file.
    ///
    /// - Parameters:
    ///   - bytes: what is in it, at most 1 MiB.
    ///   - algorithm: for PEM and secrets; nil for the usual one of the kind. A key set names its own.
    ///   - id: for PEM and secrets, their name in `kid`.
    public static func read(
        _ bytes: [UInt8], algorithm: Algorithm? = nil, id: String? = nil
    ) throws(KeyError) -> KeyReading {
        guard bytes.count <= KeySet.longestDocument else {
            throw .tooLong(count: bytes.count, limit: KeySet.longestDocument)
        }
        let text = bytes.drop { blanks.contains($0) }
        if text.starts(with: "-----BEGIN ".utf8) {
            return KeyReading([try TokenKey(pem: bytes, algorithm: algorithm, id: id)])
        }
        if text.first == UInt8(ascii: "{"), algorithm?.isSymmetric != true {
            do throws(KeyError) {
                return try KeySetDocument.read(bytes, isServed: false)
            } catch {
                // A secret may begin with a brace; what is JSON, or nearly a key set, is none.
                switch error {
                case .json where !text.contains(UInt8(ascii: "\n")) && text.count < 128: break
                default: throw error
                }
            }
        }
        let secret = try self.secret(bytes)
        return KeyReading([try TokenKey(secret: secret, algorithm: algorithm ?? .hs256, id: id)])
    }

    /// Reads a key set that was fetched from its issuer.
    ///
    /// Only public keys are taken: a secret that is served is none, and with one in the set everybody could sign.
    ///
    /// - Parameter bytes: the document, at most 1 MiB.
    public static func readServed(_ bytes: [UInt8]) throws(KeyError) -> KeyReading {
        guard bytes.count <= KeySet.longestDocument else {
            throw .tooLong(count: bytes.count, limit: KeySet.longestDocument)
        }
        return try KeySetDocument.read(bytes, isServed: true)
    }

    /// The bytes of a secret as it stands in a file, a configuration value or an environment variable.
    ///
    /// Line ends behind it do not count, since editors add them; other white space does. After `base64:` the
    /// text stands for its bytes.
    public static func secret(_ text: [UInt8]) throws(KeyError) -> [UInt8] {
        let end = text.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.map { $0 + 1 } ?? 0
        let prefix = "base64:".utf8
        guard text[..<end].starts(with: prefix) else {
            if end == 0 { throw .empty }
            return Array(text[..<end])
        }
        let encoded = Array(text[prefix.count..<end])
        let isURL = encoded.contains { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        guard let bytes = Base64.decode(encoded, alphabet: isURL ? .url : .standard, padding: .optional)
        else {
            throw .base64
        }
        if bytes.isEmpty { throw .empty }
        return bytes
    }

    private static let blanks = Array(" \t\r\n".utf8)
}
