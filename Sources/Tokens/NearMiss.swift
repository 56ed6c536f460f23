internal import JSON

/// Finds what is nearly right about the claims of a refused token, and says it in words.
struct NearMiss {
    private let claims: JSONObject
    private let policy: TokenPolicy
    private let now: Int64

    /// Looks at a payload; what is not JSON has nothing that is nearly right.
    init(_ payload: UnsafeRawBufferPointer, policy: TokenPolicy, now: Int64) {
        claims = (try? JSONValue.parse(payload))?.objectValue ?? JSONObject()
        self.policy = policy
        self.now = now
    }

    /// What is nearly right where this error is the reason; nil when nothing is.
    func words(_ error: TokenError) -> String? {
        switch error {
        case .expired(let moment): expired(moment)
        case .missingClaim(let name): missing(name)
        case .notYetValid(let moment): odd("nbf", moment) ?? early(moment)
        case .tooLongLived: odd("exp", claims["exp"]?.integerValue ?? 0) ?? uncounted
        case .unusableUser(let claim), .wrongClaimType(let claim, _): wrongKind(claim)
        case .wrongAudience(let found, let expected): different(found, expected)
        case .wrongClaimValue(let claim, _, let expected): otherValue(claim, expected)
        case .wrongIssuer(let found, let expected): different([found], expected)
        case .wrongType(let found, let expected): different([found], [expected])
        default: nil
        }
    }

    /// What is strange about a moment that is one, accepted or not.
    func odd(_ claim: String, _ moment: Int64) -> String? {
        // The year 5138, which counted in milliseconds is 1973.
        if moment > 100_000_000_000 {
            return "\"\(claim)\" looks like milliseconds, but it counts seconds (RFC 7519 §2)"
        }
        if claim == "iat", moment &- now > policy.leeway {
            return "that is in the future: the issuer's clock is ahead, or the one here is behind"
        }
        return nil
    }

    private func expired(_ moment: Int64) -> String {
        if moment < 100_000_000 {
            return "\"exp\" looks like a lifetime, but it must be a moment: seconds since 1970"
        }
        let age = UTCTime.duration((now &- moment).magnitude)
        return "it ended \(age) ago; if it was just issued, the clocks of issuer and server differ by as much"
    }

    private func early(_ moment: Int64) -> String {
        let wait = UTCTime.duration((moment &- now).magnitude)
        return
            "it begins in \(wait); if it should hold already, the clocks of issuer and server differ by as much"
    }

    private var uncounted: String? {
        claims["iat"] == nil ? "it has no \"iat\", so its life is counted from now" : nil
    }

    private func missing(_ name: String) -> String? {
        let isUser = name == policy.userClaims.first ?? "sub"
        let wanted = isUser ? policy.userClaims : [name]
        let reads = wanted.map { "\"\($0)\"" }.joined(separator: " or ")
        let place = isUser ? "this endpoint reads the user from \(reads)" : "this endpoint reads \(reads)"
        let others = Self.otherNames.first { $0.contains(name) } ?? (isUser ? Self.userNames : [])
        let near =
            claims.members.first { member in wanted.contains { Self.fold($0) == Self.fold(member.key) } }?.key
            ?? others.first { claims[$0] != nil }
        if let near { return "the token has \"\(near)\"; \(place)" }
        guard isUser, !claims.members.isEmpty else { return nil }
        let names = claims.members.prefix(8).map { "\"\(Self.cut($0.key))\"" }.joined(separator: ", ")
        return "the token has \(names); \(place)"
    }

    private func wrongKind(_ claim: String) -> String? {
        guard let value = claims[claim] else { return nil }
        if let text = value.stringValue, Int64(text) != nil {
            return "it is the text \"\(text)\"; write it without quotes"
        }
        return "it is \(Self.cut(value.text))"
    }

    private func otherValue(_ claim: String, _ expected: String) -> String? {
        guard let value = claims[claim] else { return nil }
        let bare = { (text: String) in text.filter { $0 != "\"" } }
        guard bare(value.text) == bare(expected) else {
            return different([value.text], [expected])
        }
        return "they differ by the quotes alone: one is a text, the other is not"
    }

    /// How two names that should be one differ, when it is little.
    private func different(_ found: [String], _ expected: [String]) -> String? {
        for found in found {
            for expected in expected {
                if found.lowercased() == expected.lowercased() {
                    return "\"\(found)\" differs in upper and lower case alone"
                }
                if Self.bare(found) == Self.bare(expected) {
                    return "\"\(found)\" differs by a slash, white space or the scheme alone"
                }
            }
        }
        return nil
    }

    /// A name without what people get wrong in names of servers.
    private static func bare(_ name: String) -> String {
        var name = name.lowercased().filter { !$0.isWhitespace }[...]
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) {
            name = name.dropFirst(scheme.count)
        }
        while name.hasSuffix("/") { name = name.dropLast() }
        return String(name)
    }

    /// `user_id`, `userId` and `User-ID` alike.
    private static func fold(_ name: String) -> String {
        name.lowercased().filter { $0 != "_" && $0 != "-" }
    }

    private static func cut(_ text: String) -> String {
        text.utf8.count <= 64 ? text : text.prefix(48) + "…"
    }

    /// Names that mean the user somewhere.
    private static let userNames = [
        "sub", "userId", "user_id", "uid", "id", "user", "username", "preferred_username", "login", "email",
        "name",
    ]
    /// Names that mean the same somewhere, by the claim they are meant for.
    private static let otherNames = [
        ["aud", "audience", "client_id", "azp"], ["iss", "issuer"],
        ["exp", "expires", "expiresAt", "expires_at", "expiry", "expiration", "expires_in"],
        ["type", "typ", "token_type", "tokenType", "token_use", "kind"],
    ]
}
