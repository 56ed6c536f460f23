internal import Bytes
internal import JSON

extension TokenVerifier {
    /// What is nearly right about header and signature, in words.
    func nearMiss(
        _ error: TokenError, _ parts: TokenParts, _ header: TokenHeader,
        _ scratch: UnsafeMutableRawBufferPointer
    ) -> String? {
        switch error {
        case .badSignature:
            guard let algorithm = header.algorithm,
                let signature = try? parts.decode(.signature, into: scratch)
            else { return nil }
            return misreadSecret(signature, parts.signingInput, algorithm)
        case .unknownKey:
            let names = keys.keys.compactMap(\.id).prefix(8).map { "\"\($0)\"" }
            return names.isEmpty ? nil : "the keys here are named \(names.joined(separator: ", "))"
        case .unsupportedAlgorithm(let name):
            return otherAlgorithm(name, parts, header, scratch)
        default:
            return nil
        }
    }

    private func otherAlgorithm(
        _ name: String, _ parts: TokenParts, _ header: TokenHeader, _ scratch: UnsafeMutableRawBufferPointer
    ) -> String? {
        if name.lowercased() == "none" { return "a token that nobody signed is never accepted" }
        if header.algorithm == nil,
            let meant = Algorithm.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
        {
            return "it is spelled \"\(meant.rawValue)\""
        }
        if let algorithm = header.algorithm, let signature = try? parts.decode(.signature, into: scratch),
            let key = keys.keys.first(where: { $0.fits(signature, of: parts.signingInput, as: algorithm) })
        {
            let id = key.id.map { " \"\($0)\"" } ?? ""
            return
                "the key\(id) fits, but it is for \(key.algorithm.rawValue): configure it for \(algorithm.rawValue)"
        }
        if let id = header.keyID, let key = keys.keys.first(where: { $0.id.map(id.equals(text:)) == true }) {
            return "the key it names is for \(key.algorithm.rawValue), and a key serves one algorithm"
        }
        var names: [String] = []
        for key in keys.keys where !names.contains(key.algorithm.rawValue) {
            names.append(key.algorithm.rawValue)
        }
        return names.isEmpty
            ? "there is no key here at all" : "the keys here are for \(names.joined(separator: ", "))"
    }

    /// Whether the issuer reads the same secret in another way: the commonest reason for a bad signature.
    private func misreadSecret(
        _ signature: UnsafeRawBufferPointer, _ input: UnsafeRawBufferPointer, _ algorithm: Algorithm
    ) -> String? {
        for secret in keys.keys.compactMap(\.secret) {
            for (variant, words) in Self.misreadings(secret) where !variant.isEmpty {
                let key = TokenKey(unchecked: variant, algorithm: algorithm, id: nil)
                if key.verifies(signature, of: input) { return words }
            }
        }
        return nil
    }

    /// What else a secret may be to an issuer.
    private static func misreadings(_ secret: [UInt8]) -> [([UInt8], String)] {
        let lineEnd = UInt8(ascii: "\n")
        var readings: [([UInt8], String)] = [
            (
                secret + [lineEnd],
                "the issuer signs with this secret and a line end behind it: remove the line end there"
            ),
            (
                Array(secret.reversed().drop { $0 == lineEnd || $0 == UInt8(ascii: "\r") }.reversed()),
                "the issuer signs with this secret without the line end behind it: remove it here"
            ),
            (
                Array(Base64.encode(secret).utf8),
                "the issuer signs with the base64 text of this secret: leave out \"base64:\" here"
            ),
            (
                Array(Base64.encode(secret, alphabet: .url, padding: false).utf8),
                "the issuer signs with the base64url text of this secret: leave out \"base64:\" here"
            ),
        ]
        for alphabet in [Base64.Alphabet.standard, .url] {
            guard let bytes = Base64.decode(secret, alphabet: alphabet, padding: .optional) else { continue }
            readings.append(
                (bytes, "the issuer takes this secret for base64: write it as \"base64:…\" here"))
        }
        if let bytes = Hexadecimal.bytes(secret) {
            readings.append(
                (bytes, "the issuer takes this secret for hexadecimal: write its bytes as \"base64:…\" here"))
        }
        return readings
    }
}
