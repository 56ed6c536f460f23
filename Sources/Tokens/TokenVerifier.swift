internal import Bytes

/// Accepts or refuses tokens: JWT in compact form (RFC 7515 §3.1, RFC 7519).
///
/// The signature is checked before a single claim is read. A value; copies share the keys. Cost of `verify`:
/// between one and two microseconds for a usual token and a shared secret, and the strings of the identity it
/// gives; 20 for RSA, 65 for ES256, 90 for EdDSA, 500 for ES384.
public struct TokenVerifier: Sendable {
    /// The keys tokens may be signed with; replaced as a whole when they rotate.
    public var keys: KeySet
    /// What tokens must say.
    public var policy: TokenPolicy

    /// A verifier; without keys it refuses every token.
    public init(keys: KeySet, policy: TokenPolicy = TokenPolicy()) {
        self.keys = keys
        self.policy = policy
    }

    /// A verifier with these keys.
    public init(keys: [TokenKey], policy: TokenPolicy = TokenPolicy()) {
        self.init(keys: KeySet(keys), policy: policy)
    }

    /// A verifier with one key.
    public init(key: TokenKey, policy: TokenPolicy = TokenPolicy()) {
        self.init(keys: [key], policy: policy)
    }

    /// Checks a token.
    ///
    /// - Parameters:
    ///   - token: the compact form, without `Bearer` or white space.
    ///   - now: the moment in Unix seconds.
    public func verify(_ token: UnsafeRawBufferPointer, now: Int64) throws(TokenError) -> Identity {
        let parts = try TokenParts(token, limit: policy.maximumLength)
        let result = withUnsafeTemporaryAllocation(
            byteCount: TokenParts.scratchCount(token.count), alignment: 8
        ) { scratch -> Result<Identity, TokenError> in
            do throws(TokenError) {
                return .success(try verify(parts, scratch, now))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Checks a token; see `verify(_:now:)` for bytes.
    public func verify(_ token: String, now: Int64) throws(TokenError) -> Identity {
        var token = token
        let result: Result<Identity, TokenError> = token.withUTF8 { utf8 in
            do throws(TokenError) {
                return .success(try verify(UnsafeRawBufferPointer(utf8), now: now))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Takes over what a backend says of a token it vouches for: a JSON object with the claims of a payload.
    ///
    /// Who the user is and when it ends is read as of a token; audience, issuer, type and the like are the backend's
    /// affair.
    public func identity(vouched claims: [UInt8], now: Int64) throws(TokenError) -> Identity {
        let result = claims.withUnsafeBytes { bytes -> Result<Identity, TokenError> in
            do throws(TokenError) {
                let claims = try TokenClaims(bytes, policy)
                let moments = try TokenMoments(claims)
                try moments.checkExpiry(policy, now: now)
                try moments.checkStart(policy, now: now)
                return .success(try claims.identity(policy, moments))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func verify(
        _ parts: TokenParts, _ scratch: UnsafeMutableRawBufferPointer, _ now: Int64
    ) throws(TokenError) -> Identity {
        try checkSignature(parts, try TokenHeader(parts, scratch), scratch)
        let payload = try parts.decode(.payload, into: scratch)
        let claims = try TokenClaims(payload, policy)
        let moments = try TokenMoments(claims)
        try moments.check(policy, now: now)
        try claims.checkDemands(policy)
        return try claims.identity(policy, moments)
    }

    /// Finds the key by the header's algorithm and key name, and checks the signature with it.
    func checkSignature(
        _ parts: TokenParts, _ header: TokenHeader, _ scratch: UnsafeMutableRawBufferPointer
    ) throws(TokenError) {
        if header.hasCritical { throw .criticalHeader }
        guard let algorithm = header.algorithm, keys.keys.contains(where: { $0.algorithm == algorithm })
        else {
            throw .unsupportedAlgorithm(header.algorithmName)
        }
        let signature = try parts.decode(.signature, into: scratch)
        try keys.check(signature, of: parts.signingInput, algorithm, header)
    }
}
