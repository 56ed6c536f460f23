import Documents

/// A token as it stands in a file or was given, byte for byte.
package struct TokenText: Equatable, Sendable {
    package let text: String
    package let place: FilePlace?
    /// Whether a line feed ended the file.
    package var hasLineEnd = false

    package init(text: String, place: FilePlace?) {
        self.text = text
        self.place = place
    }

    /// The text of a file; one line feed at its end is the file's, as every editor writes it, a carriage return before it is not.
    init(fileText: String, place: FilePlace?) {
        self.init(
            text: fileText.utf8.last == 0x0A
                ? String(decoding: fileText.utf8.dropLast(), as: UTF8.self) : fileText, place: place)
        hasLineEnd = fileText.utf8.last == 0x0A
    }
}

/// What a server demands of a token.
package struct TokenExpectations: Equatable, Sendable {
    /// The shared secret or the PEM of a public key; nil: not known, so the signature is not checked.
    package var secret: String?
    /// Whether the secret is written in base64.
    package var isBase64 = false
    package var audience: String?
    package var issuer: String?
    /// What the claim `type` must be.
    package var type: String?
    /// Claims that must be there.
    package var claims: [String] = []
    /// Claims that must have a value, beyond the registered ones.
    package var values: [String: String] = [:]
    /// The name of the query parameter the server reads it from.
    package var parameter: String?
    /// The name of the header.
    package var header: String?
    /// The algorithm it must be signed by.
    package var algorithm: String?
    /// How far clocks may differ, in seconds.
    package var leeway: Int64 = 0
    /// The type of the first message that carries it.
    package var messageType: String?
    package var place: FilePlace?

    package init() {}

    /// Of a file such as `{"aud": "app", "claims": ["userId"], "param": "jwt"}`.
    init(_ root: DocumentNode, _ file: SourceFile) {
        for member in root.members { set(member.key, member.value.texts) }
        place = file.place(of: root)
    }

    /// Of `--expect name=value`.
    package init(_ pairs: [(name: String, value: String)], over base: TokenExpectations?) {
        self = base ?? TokenExpectations()
        for pair in pairs { set(pair.name, [pair.value]) }
    }

    private mutating func set(_ name: String, _ values: [String]) {
        guard let value = values.first else { return }
        switch name.lowercased().filter({ $0 != "_" && $0 != "-" }) {
        case "secret", "key", "publickey", "signingkey": secret = value
        case "secretencoding": isBase64 = value.lowercased().hasPrefix("base64")
        case "aud", "audience": audience = value
        case "iss", "issuer": issuer = value
        case "type", "typ", "tokentype": type = value
        case "claims", "requiredclaims", "claim":
            claims += values.flatMap { $0.split(separator: ",").map(\.trimmed) }
        case "param", "parameter", "query", "queryparam": parameter = value
        case "header": header = value
        case "alg", "algorithm": algorithm = value
        case "leeway", "leeways", "clockskew": leeway = Int64(value) ?? 0
        case "lifetimes", "lifetime", "maxage": break
        case "messagetype", "firstmessagetype", "firstmessage": messageType = value
        default: self.values[name] = value
        }
    }

    /// Whether a tree reads like expectations and not like something else.
    static func isLike(_ root: DocumentNode) -> Bool {
        let names = Set(root.members.map { $0.key.lowercased() })
        let known: Set<String> = [
            "aud", "audience", "iss", "issuer", "claims", "secret", "param", "type", "alg", "algorithm",
        ]
        return !names.isEmpty && !names.isDisjoint(with: known) && names.count <= 16
            && root["dependencies"] == nil
            && !names.isDisjoint(with: ["secret", "claims", "aud", "iss", "param", "audience", "issuer"])
    }
}
