public import JSON

/// Why a token is refused.
///
/// Nothing here holds the token or its signature; what was found in it is cut to 64 bytes.
public enum TokenError: Error, Equatable, Sendable {
    /// The signature was not made with a key of this server, or the token was changed after.
    case badSignature
    /// The key is a public one: it checks tokens and cannot make any.
    case cannotSign(Algorithm)
    /// The header demands extensions (`crit`) that are not known here, RFC 7515 §4.1.11.
    case criticalHeader
    /// A header field or claim appears twice.
    case duplicateClaim(String)
    /// It has ended; the moment is in Unix seconds, without the leeway.
    case expired(at: Int64)
    /// It is not a JWT in compact form.
    case malformed(Malformation)
    /// A claim that must be there is not.
    case missingClaim(String)
    /// It does not hold yet; the moment is in Unix seconds, without the leeway.
    case notYetValid(from: Int64)
    /// The backend that is asked about tokens does not accept it.
    case refusedByBackend
    /// It was withdrawn, or its user was.
    case revoked
    /// It is longer than this server reads.
    case tooLong(count: Int, limit: Int)
    /// It lives longer than tokens may here, in seconds.
    case tooLongLived(seconds: Int64, limit: Int64)
    /// Whether it is good could not be found out now; why, in words.
    case unchecked(String)
    /// No key of that name (`kid`) is known here.
    case unknownKey(String)
    /// No token with these characters was ever given out; said of tokens that are looked up, not signed.
    case unknownToken
    /// It is signed by an algorithm no key here is for, or not the one that `kid` names; `none` is one of those.
    case unsupportedAlgorithm(String)
    /// The user's name is empty, longer than 250 bytes, or holds control characters.
    case unusableUser(claim: String)
    /// The user it names may not come in any more.
    case userDisabled
    /// It is meant for somebody else.
    case wrongAudience(found: [String], expected: [String])
    /// A claim has a value of the wrong JSON type.
    case wrongClaimType(claim: String, expected: String)
    /// A claim has another value than it must have here; both are JSON.
    case wrongClaimValue(claim: String, found: String, expected: String)
    /// Another issuer made it.
    case wrongIssuer(found: String, expected: [String])
    /// It is for another purpose.
    case wrongType(found: String, expected: String)

    /// What about its form is wrong.
    public enum Malformation: Equatable, Sendable {
        /// A part is not base64url without padding, RFC 7515 §2.
        case base64(Part)
        /// The word `Bearer` was sent as part of the token.
        case bearerPrefix
        /// It is empty.
        case empty
        /// It has the five parts of an encrypted token, RFC 7516.
        case encrypted
        /// A part is not strict JSON.
        case json(Part, JSONError)
        /// A part is JSON but not an object.
        case notAnObject(Part)
        /// It does not have three parts joined by dots.
        case parts(Int)
    }

    /// A part of the compact form.
    public enum Part: String, Equatable, Sendable {
        /// Before the first dot.
        case header
        /// Between the dots: the claims.
        case payload
        /// After the second dot.
        case signature
    }

    /// A stable code for logs, clients and tests.
    public var code: String {
        switch self {
        case .badSignature: "TOKEN-SIGNATURE"
        case .cannotSign: "TOKEN-SIGN"
        case .criticalHeader: "TOKEN-CRITICAL"
        case .duplicateClaim: "TOKEN-DUPLICATE"
        case .expired: "TOKEN-EXPIRED"
        case .malformed: "TOKEN-MALFORMED"
        case .missingClaim: "TOKEN-CLAIM-MISSING"
        case .notYetValid: "TOKEN-NOT-YET"
        case .refusedByBackend: "TOKEN-REFUSED"
        case .revoked: "TOKEN-REVOKED"
        case .tooLong: "TOKEN-LENGTH"
        case .tooLongLived: "TOKEN-LIFETIME"
        case .unchecked: "TOKEN-UNCHECKED"
        case .unknownKey: "TOKEN-KEY"
        case .unknownToken: "TOKEN-UNKNOWN"
        case .unsupportedAlgorithm: "TOKEN-ALGORITHM"
        case .unusableUser: "TOKEN-USER"
        case .userDisabled: "TOKEN-USER-DISABLED"
        case .wrongAudience: "TOKEN-AUDIENCE"
        case .wrongClaimType: "TOKEN-CLAIM-TYPE"
        case .wrongClaimValue: "TOKEN-CLAIM-VALUE"
        case .wrongIssuer: "TOKEN-ISSUER"
        case .wrongType: "TOKEN-TYPE"
        }
    }
}

extension TokenError {
    /// Whether the same token may be good a moment later without anybody changing anything.
    public var isTransient: Bool {
        if case .unchecked = self { true } else { false }
    }
}
