internal import Bytes
public import JSON

/// Makes tokens.
public enum TokenMint {
    /// Makes a token that a verifier with this key (or its public half) and policy accepts.
    ///
    /// The user goes into the policy's first user claim; `iat` and `exp` are set; of the policy's audiences
    /// and issuers the first is claimed, and its type and required claims.
    ///
    /// - Parameters:
    ///   - user: see `Identity.isUsable(_:)`.
    ///   - ttl: how long it lives, in seconds.
    ///   - now: the moment in Unix seconds.
    ///   - key: signs it; its name becomes `kid`.
    ///   - policy: whom it is to please.
    ///   - id: random bytes for its name (`jti`), written in base64url; 16 are enough to be unique. Empty for none.
    ///   - claims: more claims, after the others; a name that is set already replaces its value.
    /// - Throws: `.unusableUser`, `.duplicateClaim` when `claims` names one twice, `.tooLong` over the policy's
    ///   length, `.tooLongLived` over its lifetime, `.cannotSign` with a public key.
    public static func mint(
        user: String, ttl: Int64, now: Int64, key: TokenKey, policy: TokenPolicy = TokenPolicy(),
        id: [UInt8] = [], claims: [JSONObject.Member] = []
    ) throws(TokenError) -> String {
        let userClaim = policy.userClaims.first ?? "sub"
        guard Identity.isUsable(user) else { throw .unusableUser(claim: userClaim) }
        if let limit = policy.maximumLifetime, ttl > limit {
            throw .tooLongLived(seconds: ttl, limit: limit)
        }
        guard key.canMint else { throw .cannotSign(key.algorithm) }
        let (end, isOver) = now.addingReportingOverflow(ttl)
        var payload = JSONObject([
            .init(key: userClaim, value: .string(user)),
            .init(key: "iat", value: .integer(now)),
            .init(key: "exp", value: .integer(isOver ? latest : min(end, latest))),
        ])
        payload["aud"] = policy.audiences.first.map { .string($0) }
        payload["iss"] = policy.issuers.first.map { .string($0) }
        payload["type"] = policy.type.map { .string($0) }
        for claim in policy.requiredClaims { payload[claim.name] = claim.value }
        if !id.isEmpty {
            payload["jti"] = .string(Base64.encode(id, alphabet: .url, padding: false))
        }
        for (index, claim) in claims.enumerated() {
            let isRepeated = claims[..<index].contains { $0.key.utf8.elementsEqual(claim.key.utf8) }
            if isRepeated { throw .duplicateClaim(claim.key) }
            payload[claim.key] = claim.value
        }
        let token = try sign(.object(payload), key)
        guard token.utf8.count <= policy.maximumLength else {
            throw .tooLong(count: token.utf8.count, limit: policy.maximumLength)
        }
        return token
    }

    private static func sign(_ payload: JSONValue, _ key: TokenKey) throws(TokenError) -> String {
        var header = JSONObject([
            .init(key: "alg", value: .string(key.algorithm.rawValue)),
            .init(key: "typ", value: .string("JWT")),
        ])
        header["kid"] = key.id.map { .string($0) }
        let buffer = ByteBuffer()
        append(.object(header), to: buffer)
        buffer.append(byte: UInt8(ascii: "."))
        append(payload, to: buffer)
        guard let signature = key.sign(buffer.bytes) else { throw .cannotSign(key.algorithm) }
        buffer.append(byte: UInt8(ascii: "."))
        signature.withUnsafeBytes { buffer.append(base64: $0, alphabet: .url, padding: false) }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    private static func append(_ value: JSONValue, to buffer: ByteBuffer) {
        let json = ByteBuffer()
        JSONWriter.append(value, to: json)
        buffer.append(base64: json.bytes, alphabet: .url, padding: false)
    }

    /// 2⁵³, the latest moment a verifier accepts.
    private static var latest: Int64 { TokenMoments.greatest }
}
