internal import Bytes
internal import JSON

/// The members of a JSON Web Key that matter here, RFC 7517 §4 and RFC 7518 §6; slices of the document.
struct WebKey {
    private(set) var id: JSONString?
    /// Whether it holds the private half (`d`); a secret has none.
    private(set) var isPrivate = false
    private var type: JSONString?
    private var use: JSONString?
    private var algorithm: JSONString?
    private var curve: JSONString?
    private var operations: [JSONString]?
    /// The numbers: `n`, `e`, `x`, `y`, `k`.
    private var numbers: [(name: UInt8, text: JSONString)] = []

    init(_ raw: UnsafeRawBufferPointer) throws(KeyError) {
        var members: [(JSONString, TokenValue)] = []
        do throws(TokenError) {
            var reader = try TokenMembers(raw, .payload)
            while let member = try reader.next() { members.append((member.key, member.value)) }
        } catch {
            switch error {
            case .duplicateClaim(let name): throw .member(name, expected: "there once")
            default: throw .notAKeySet
            }
        }
        for (name, value) in members { try read(name, value) }
    }

    private mutating func read(_ name: JSONString, _ value: TokenValue) throws(KeyError) {
        if name.equals("kty") {
            type = try Self.text(name, value)
        } else if name.equals("kid") {
            id = try Self.text(name, value)
        } else if name.equals("use") {
            use = try Self.text(name, value)
        } else if name.equals("alg") {
            algorithm = try Self.text(name, value)
        } else if name.equals("crv") {
            curve = try Self.text(name, value)
        } else if name.equals("d") {
            isPrivate = true
        } else if name.equals("key_ops") {
            guard case .other(let raw) = value, let names = TokenClaims.strings(raw) else {
                throw .member("key_ops", expected: "an array of strings")
            }
            operations = names
        } else if name.decodedCount == 1, let letter = name.decoded.first, "nexyk".utf8.contains(letter) {
            numbers.append((letter, try Self.text(name, value)))
        }
    }

    /// The key it stands for; of a private one the public half.
    func tokenKey() throws(KeyError) -> TokenKey {
        guard let type else { throw .member("kty", expected: "there") }
        try checkUse()
        let id = id?.string
        if type.equals("RSA") {
            let key = try AsymmetricKey(modulus: try number("n"), exponent: try number("e"))
            return try TokenKey(key, algorithm: try algorithm(for: key.kind), id: id)
        }
        if type.equals("EC") {
            let kind = try pointKind()
            let size = kind == .p384 ? 48 : 32
            let key = try AsymmetricKey(kind, x: try number("x", size), y: try number("y", size))
            return try TokenKey(key, algorithm: try algorithm(for: kind), id: id)
        }
        if type.equals("OKP") {
            guard let curve else { throw .member("crv", expected: "there") }
            guard curve.equals("Ed25519") else { throw .unsupported("the curve \"\(curve.excerpt(32))\"") }
            let key = try AsymmetricKey(ed25519: try number("x", 32))
            return try TokenKey(key, algorithm: try algorithm(for: .ed25519), id: id)
        }
        if type.equals("oct") {
            let algorithm = try algorithm(for: .secret)
            return try TokenKey(secret: try number("k"), algorithm: algorithm ?? .hs256, id: id)
        }
        throw .unsupported("the key type \"\(type.excerpt(32))\"")
    }

    private func checkUse() throws(KeyError) {
        if let use, !use.equals("sig") { throw .otherUse("\"use\" is \"\(use.excerpt(32))\"") }
        if let operations, !operations.contains(where: { $0.equals("verify") }) {
            throw .otherUse("\"key_ops\" does not hold \"verify\"")
        }
    }

    /// The algorithm it names; nil when it names none.
    private func algorithm(for kind: KeyKind) throws(KeyError) -> Algorithm? {
        guard let algorithm else { return nil }
        guard let known = Algorithm(algorithm) else {
            throw .unsupported("the algorithm \"\(algorithm.excerpt(32))\"")
        }
        guard known.fits(kind) else { throw .wrongAlgorithm(known.rawValue, kind: kind) }
        return known
    }

    private func pointKind() throws(KeyError) -> KeyKind {
        guard let curve else { throw .member("crv", expected: "there") }
        if curve.equals("P-256") { return .p256 }
        if curve.equals("P-384") { return .p384 }
        throw .unsupported("the curve \"\(curve.excerpt(32))\"")
    }

    /// A number of the key, big-endian; `size` is its length in bytes, where the curve sets it.
    private func number(_ name: Unicode.Scalar, _ size: Int? = nil) throws(KeyError) -> [UInt8] {
        let wanted = size.map { "\($0) bytes in base64url" } ?? "base64url"
        let text = numbers.first { UInt32($0.name) == name.value }?.text
        guard let text, let bytes = Base64.decode(text.decoded, alphabet: .url),
            size == nil || bytes.count == size
        else { throw .member("\(name)", expected: wanted) }
        return bytes
    }

    private static func text(_ name: JSONString, _ value: TokenValue) throws(KeyError) -> JSONString {
        guard let text = value.string else { throw .member(name.string, expected: "a string") }
        return text
    }
}
