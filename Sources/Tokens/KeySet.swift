internal import JSON

/// The keys a server accepts tokens by: a value, replaced as a whole when keys rotate.
///
/// A token finds its key by the name in `kid` and then by the algorithm. A key without a name serves tokens of
/// any name that no other key has; a token without `kid` is tried with each key of its algorithm.
public struct KeySet: Sendable {
    /// The longest key set or key file read, in bytes: 1 MiB.
    public static let longestDocument = 1 << 20
    /// The most keys a set may have, 100: a token without `kid` is tried with each of them.
    public static let mostKeys = 100

    /// The keys, tried in this order.
    public let keys: [TokenKey]

    /// A set of these keys; without any it accepts no token.
    public init(_ keys: [TokenKey] = []) {
        self.keys = keys
    }

    /// Both sets together, such as the server's own key and an issuer's.
    public func adding(_ other: KeySet) -> KeySet {
        KeySet(keys + other.keys)
    }

    /// The keys that a token with this header may be signed with; empty when it is to be refused.
    public func candidates(for algorithm: Algorithm, id: String?) -> [TokenKey] {
        let isNamed = keys.contains { Self.same($0.id, id) }
        return keys.filter {
            $0.algorithm == algorithm && (id == nil || Self.same($0.id, isNamed ? id : nil))
        }
    }

    /// The first key that can mint, which is the one to sign with.
    public var mintingKey: TokenKey? {
        keys.first { $0.canMint }
    }

    /// Checks a signature with the key, or the keys, that the header selects.
    ///
    /// - Throws: `.unsupportedAlgorithm` when no key is for it, or the one that `kid` names is for another;
    ///   `.unknownKey`; `.badSignature`.
    func check(
        _ signature: UnsafeRawBufferPointer, of input: UnsafeRawBufferPointer, _ algorithm: Algorithm,
        _ header: TokenHeader
    ) throws(TokenError) {
        var isNamed = false
        var isTried = false
        if let id = header.keyID {
            for key in keys {
                guard let name = key.id, id.equals(text: name) else { continue }
                isNamed = true
                guard key.algorithm == algorithm else { continue }
                isTried = true
                if key.verifies(signature, of: input) { return }
            }
        }
        // A name that is known selects; otherwise keys without a name serve, and all serve a token without one.
        if !isNamed {
            for key in keys where key.algorithm == algorithm && (header.keyID == nil || key.id == nil) {
                isTried = true
                if key.verifies(signature, of: input) { return }
            }
        }
        if isTried { throw .badSignature }
        throw isNamed ? .unsupportedAlgorithm(header.algorithmName) : .unknownKey(header.keyIDExcerpt)
    }

    /// By octets: names that only look the same are different.
    private static func same(_ left: String?, _ right: String?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
        case (nil, _?), (_?, nil): false
        }
    }
}
