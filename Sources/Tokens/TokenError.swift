public import JSON

/// Why a token is refused.
///
/// Nothing here holds the token or its signature; what was found in it is cut to 64 bytes.
public enum TokenError: Error, Equatable, Sendable {
    /// The signature was not made with a key of this server, or the token was changed after.
    case badSignature
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
    /// It is longer than this server reads.
    case tooLong(count: Int, limit: Int)
    /// No key of that name (`kid`) is known here.
    case unknownKey(String)
    /// It is signed by an algorithm no key here is for; `none` is one of those.
    case unsupportedAlgorithm(String)
    /// The user's name is empty, longer than 250 bytes, or holds control characters.
    case unusableUser(claim: String)
    /// It is meant for somebody else.
    case wrongAudience(found: [String], expected: [String])
    /// A claim has a value of the wrong JSON type.
    case wrongClaimType(claim: String, expected: String)
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
        case .criticalHeader: "TOKEN-CRITICAL"
        case .duplicateClaim: "TOKEN-DUPLICATE"
        case .expired: "TOKEN-EXPIRED"
        case .malformed: "TOKEN-MALFORMED"
        case .missingClaim: "TOKEN-CLAIM-MISSING"
        case .notYetValid: "TOKEN-NOT-YET"
        case .tooLong: "TOKEN-LENGTH"
        case .unknownKey: "TOKEN-KEY"
        case .unsupportedAlgorithm: "TOKEN-ALGORITHM"
        case .unusableUser: "TOKEN-USER"
        case .wrongAudience: "TOKEN-AUDIENCE"
        case .wrongClaimType: "TOKEN-CLAIM-TYPE"
        case .wrongIssuer: "TOKEN-ISSUER"
        case .wrongType: "TOKEN-TYPE"
        }
    }
}

extension TokenError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .badSignature: "the signature was not made with the secret of this server"
        case .criticalHeader: "the header demands extensions (\"crit\") that are not known here"
        case .duplicateClaim(let name): "\"\(name)\" appears twice in the token"
        case .expired(let moment): "the token expired at \(UTCTime.text(moment))"
        case .malformed(let malformation): malformation.description
        case .missingClaim(let name): "the claim \"\(name)\" is missing"
        case .notYetValid(let moment): "the token is not valid before \(UTCTime.text(moment))"
        case .tooLong(let count, let limit): "the token has \(count) bytes, more than the \(limit) allowed"
        case .unknownKey(let id): "no key named \"\(id)\" is known here"
        case .unsupportedAlgorithm(let name):
            "the token is signed by \"\(name)\", for which there is no key here"
        case .unusableUser(let claim): "the claim \"\(claim)\" is no usable user name"
        case .wrongAudience(let found, let expected):
            "the token is for \(Self.list(found)), not for \(Self.list(expected))"
        case .wrongClaimType(let claim, let expected): "the claim \"\(claim)\" is not \(expected)"
        case .wrongIssuer(let found, let expected):
            "the token was issued by \"\(found)\", not by \(Self.list(expected))"
        case .wrongType(let found, let expected):
            "the token is of type \"\(found)\", not \"\(expected)\""
        }
    }

    /// What can be done about it.
    public var remedy: String {
        switch self {
        case .badSignature: "sign tokens with the secret this server is configured with"
        case .criticalHeader: "issue tokens without a \"crit\" header"
        case .duplicateClaim: "issue tokens that name every claim once"
        case .expired: "get a new token; if it was just issued, compare the clocks"
        case .malformed: "send the JWT alone: three base64url parts joined by dots"
        case .missingClaim(let name):
            "issue tokens with \"\(name)\", or configure the claim names of this server"
        case .notYetValid: "wait, or compare the clocks of issuer and server"
        case .tooLong: "put fewer claims into the token"
        case .unknownKey: "configure the key, or issue tokens without \"kid\""
        case .unsupportedAlgorithm: "sign tokens with HS256 and the secret of this server"
        case .unusableUser: "name the user in 1 to 250 bytes without control characters"
        case .wrongAudience: "issue tokens with this server's audience in \"aud\""
        case .wrongClaimType: "issue the claim with the right JSON type"
        case .wrongIssuer: "get the token from the configured issuer"
        case .wrongType: "send the other kind of token, such as the access token instead of the refresh token"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.isEmpty ? "nobody" : names.map { "\"\($0)\"" }.joined(separator: " or ")
    }
}

extension TokenError.Malformation: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .base64(let part): "the token's \(part.rawValue) is not base64url"
        case .bearerPrefix: "the word \"Bearer\" was sent as part of the token"
        case .empty: "the token is empty"
        case .encrypted: "the token is encrypted (JWE); only signed tokens are read"
        case .json(let part, let error): "the token's \(part.rawValue) is not JSON: \(error)"
        case .notAnObject(let part): "the token's \(part.rawValue) is not a JSON object"
        case .parts(1): "the token has no dots, so it is not a JWT"
        case .parts(let count): "the token has \(count) parts instead of 3"
        }
    }
}
