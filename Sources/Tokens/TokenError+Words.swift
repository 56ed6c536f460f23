internal import JSON

extension TokenError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .badSignature: "the signature was not made with a key of this server"
        case .cannotSign(let algorithm):
            "the \(algorithm.rawValue) key is a public one, or its private half failed to sign"
        case .criticalHeader: "the header demands extensions (\"crit\") that are not known here"
        case .duplicateClaim(let name): "\"\(name)\" appears twice in the token"
        case .expired(let moment): "the token expired at \(UTCTime.text(moment))"
        case .malformed(let malformation): malformation.description
        case .missingClaim(let name): "the claim \"\(name)\" is missing"
        case .notYetValid(let moment): "the token is not valid before \(UTCTime.text(moment))"
        case .refusedByBackend: "the backend that knows the tokens does not accept it"
        case .revoked: "the token was revoked"
        case .tooLong(let count, let limit): "the token has \(count) bytes, more than the \(limit) allowed"
        case .tooLongLived(let seconds, let limit):
            """
            the token lives for \(UTCTime.duration(seconds.magnitude)), longer than the \
            \(UTCTime.duration(limit.magnitude)) allowed
            """
        case .unchecked(let why): "the token could not be checked: \(why)"
        case .unknownKey(let id): "no key named \"\(id)\" is known here"
        case .unknownToken: "no such token was given out"
        case .unsupportedAlgorithm(let name):
            "the token is signed by \"\(name)\", for which there is no key here"
        case .unusableUser(let claim): "the claim \"\(claim)\" is no usable user name"
        case .userDisabled: "the user of the token was disabled"
        case .wrongAudience(let found, let expected):
            "the token is for \(Self.list(found)), not for \(Self.list(expected))"
        case .wrongClaimType(let claim, let expected): "the claim \"\(claim)\" is not \(expected)"
        case .wrongClaimValue(let claim, let found, let expected):
            "the claim \"\(claim)\" is \(found), not \(expected)"
        case .wrongIssuer(let found, let expected):
            "the token was issued by \"\(found)\", not by \(Self.list(expected))"
        case .wrongType(let found, let expected):
            "the token is of type \"\(found)\", not \"\(expected)\""
        }
    }

    /// What can be done about it.
    public var remedy: String {
        switch self {
        case .badSignature: "sign tokens with the secret or private key that this server's key belongs to"
        case .cannotSign: "configure the private key, or a secret, to make tokens with"
        case .criticalHeader: "issue tokens without a \"crit\" header"
        case .duplicateClaim: "issue tokens that name every claim once"
        case .expired: "get a new token; if it was just issued, compare the clocks"
        case .malformed: "send the JWT alone: three base64url parts joined by dots"
        case .missingClaim(let name):
            "issue tokens with \"\(name)\", or configure the claim names of this server"
        case .notYetValid: "wait, or compare the clocks of issuer and server"
        case .refusedByBackend: "sign in again; token.check_url names who decides"
        case .revoked: "sign in again"
        case .tooLong: "put fewer claims into the token"
        case .tooLongLived: "issue tokens that live shorter, or raise the limit of this server"
        case .unchecked: "try again in a moment; the server's log tells more"
        case .unknownKey: "configure the key, or issue tokens without \"kid\""
        case .unknownToken: "sign in again; tokens are compared character by character"
        case .unsupportedAlgorithm: "sign tokens with an algorithm that a key of this server is for"
        case .unusableUser: "name the user in 1 to 250 bytes without control characters"
        case .userDisabled: "whoever runs the server can enable the user: 'sockeye user enable'"
        case .wrongAudience: "issue tokens with this server's audience in \"aud\""
        case .wrongClaimType: "issue the claim with the right JSON type"
        case .wrongClaimValue: "issue tokens with that value, or send the token that has it"
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
