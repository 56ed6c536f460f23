import JSON
import Tokens
import Testing

@Suite("RFC 7519, claims")
struct ClaimTests {
    private func refusal(
        _ payload: String, now: Int64 = 1000, _ change: (inout TokenPolicy) -> Void = { _ in }
    )
        throws -> TokenError?
    {
        var policy = TokenPolicy()
        change(&policy)
        return TokensTests.refusal(
            TokenVerifier(key: try makeKey(), policy: policy), token(payload: payload), now: now)
    }

    private func identity(_ payload: String, _ change: (inout TokenPolicy) -> Void = { _ in }) throws
        -> Identity
    {
        var policy = TokenPolicy()
        change(&policy)
        return try TokenVerifier(key: try makeKey(), policy: policy).verify(
            token(payload: payload), now: 1000)
    }

    @Test("the bounds of time, each with its leeway")
    func moments() throws {
        let payload = #"{"sub":"ada","nbf":1000,"exp":2000}"#
        for (now, error) in [
            (969, .notYetValid(from: 1000)), (970, nil), (1000, nil), (2000, nil), (2029, nil),
            (2030, .expired(at: 2000)),
        ] as [(Int64, TokenError?)] {
            #expect(try refusal(payload, now: now) == error)
        }
        #expect(try refusal(payload, now: 2000) { $0.leeway = 0 } == .expired(at: 2000))
        #expect(try refusal(payload, now: 999) { $0.leeway = 0 } == .notYetValid(from: 1000))
        #expect(try refusal(payload, now: .max)?.code == "TOKEN-EXPIRED")
        #expect(try refusal(#"{"sub":"ada"}"#) { $0.requiresExpiry = true } == .missingClaim("exp"))
        #expect(try refusal(#"{"sub":"ada","iat":5000}"#) == nil, "a slow clock alone refuses nobody")
    }

    @Test("moments may have fractions, but must be numbers that count seconds")
    func momentForms() throws {
        let identity = try identity(#"{"sub":"ada","exp":2000.9,"nbf":999.1,"iat":1e3}"#)
        #expect(identity.expiresAt == 2000 && identity.issuedAt == 1000)
        #expect(
            try refusal(#"{"sub":"ada","nbf":1000.5}"#, now: 1000) { $0.leeway = 0 }
                == .notYetValid(from: 1001))
        for claim in ["exp", "nbf", "iat"] {
            for value in [
                #""2000""#, "null", "true", "[2000]", "{}", "1e400", "-1e30", "9007199254740993",
                "123456789012345678901",
            ] {
                let wanted = TokenError.wrongClaimType(
                    claim: claim, expected: "a number of seconds since 1970")
                #expect(try refusal(#"{"sub":"ada","\#(claim)":\#(value)}"#) == wanted)
            }
        }
        #expect(try refusal(#"{"sub":"ada","exp":-1}"#) == .expired(at: -1))
    }

    @Test("the user is the first claim of the list that is present")
    func user() throws {
        #expect(try identity(#"{"user_id":"c","userId":"b","sub":"a"}"#).user == "a")
        #expect(try identity(#"{"user_id":"c","userId":"b"}"#).user == "b")
        #expect(try identity(#"{"user_id":42}"#).user == "42")
        #expect(try identity(#"{"sub":"\u0061da"}"#).user == "ada")
        #expect(
            try identity(#"{"sub":"a","email":"a@example.org"}"#) { $0.userClaims = ["email"] }.user
                == "a@example.org")
        #expect(try refusal(#"{"email":"x"}"#) == .missingClaim("sub"))
        #expect(try refusal(#"{"user_id":"ada"}"#) { $0.userClaims = ["userId"] } == .missingClaim("userId"))
        for value in ["null", "true", "[]", "{}", "1.5", "1e3", "99999999999999999999"] {
            let wanted = TokenError.wrongClaimType(claim: "sub", expected: "a string or an integer")
            #expect(try refusal(#"{"sub":\#(value),"userId":"b"}"#) == wanted, "the first one present wins")
        }
    }

    @Test("user names fit into a topic name")
    func userNames() throws {
        #expect(try identity(#"{"sub":"\#(String(repeating: "u", count: 250))"}"#).user.utf8.count == 250)
        for name in ["", String(repeating: "u", count: 251), #"a\u0000b"#, #"a\nb"#, "a\u{7f}", "a\u{85}b"] {
            #expect(try refusal(#"{"sub":"\#(name)"}"#) == .unusableUser(claim: "sub"))
        }
    }

    @Test("audience, issuer and type, when demanded")
    func demands() throws {
        let policy: (inout TokenPolicy) -> Void = {
            $0.audiences = ["chat", "admin"]
            $0.issuers = ["users.example.org"]
            $0.type = "access"
        }
        let good = #"{"sub":"a","aud":"chat","iss":"users.example.org","type":"access"}"#
        #expect(try refusal(good, policy) == nil)
        func with(_ claim: String, _ value: String?) -> String {
            var payload = JSONObject(
                (try? JSONValue.parse(good))?.objectValue?.members ?? [])
            payload[claim] = value.flatMap { try? JSONValue.parse($0) }
            return JSONValue.object(payload).text
        }
        #expect(try refusal(with("aud", #"["x","admin"]"#), policy) == nil)
        #expect(
            try refusal(with("aud", #""Chat""#), policy)
                == .wrongAudience(found: ["Chat"], expected: ["chat", "admin"]))
        #expect(
            try refusal(with("aud", "[]"), policy) == .wrongAudience(found: [], expected: ["chat", "admin"]))
        #expect(try refusal(with("aud", nil), policy) == .missingClaim("aud"))
        for value in ["1", "null", #"["chat",1]"#, #"{"chat":true}"#] {
            #expect(
                try refusal(with("aud", value), policy)
                    == .wrongClaimType(claim: "aud", expected: "a string or an array of strings"))
        }
        let issuers = ["users.example.org"]
        #expect(
            try refusal(with("iss", #""evil""#), policy) == .wrongIssuer(found: "evil", expected: issuers))
        #expect(try refusal(with("iss", nil), policy) == .missingClaim("iss"))
        #expect(try refusal(with("iss", "1"), policy) == .wrongClaimType(claim: "iss", expected: "a string"))
        #expect(
            try refusal(with("type", #""refresh""#), policy)
                == .wrongType(found: "refresh", expected: "access"))
        #expect(try refusal(with("type", nil), policy) == .missingClaim("type"))
        #expect(
            try refusal(with("type", "{}"), policy) == .wrongClaimType(claim: "type", expected: "a string"))
        #expect(try refusal(#"{"sub":"a","aud":7,"iss":7,"type":7,"jti":7}"#) == nil, "nobody asked")
    }

    @Test("payloads are strict: one object, each name once, UTF-8")
    func strictness() throws {
        #expect(try refusal(#"{"sub":"ada","sub":"eve"}"#) == .duplicateClaim("sub"))
        #expect(try refusal(#"{"sub":"ada","\u0073ub":"eve"}"#) == .duplicateClaim("sub"))
        #expect(try refusal(#"{"sub":"ada","x":1,"x":1}"#) == .duplicateClaim("x"))
        #expect(try refusal(#"["sub"]"#) == .malformed(.notAnObject(.payload)))
        #expect(try refusal(#""sub""#) == .malformed(.notAnObject(.payload)))
        #expect(try refusal("") == .malformed(.json(.payload, .empty)))
        #expect(try refusal(#"{"sub":"ada"}}"#) == .malformed(.json(.payload, .trailingBytes(offset: 13))))
        #expect(try refusal("{}") == .missingClaim("sub"))
    }

    @Test("what the identity tells beside the user")
    func identityParts() throws {
        let payload = #"{"sub":"ada","jti":"t-1","iat":900,"level":"gold"}"#
        let identity = try identity(payload)
        #expect(identity == Identity(user: "ada", issuedAt: 900, tokenID: "t-1", claims: payload))
        #expect(try JSONValue.parse(identity.claims)["level"]?.stringValue == "gold")
    }

    @Test("every error has a code of its own, words and a remedy")
    func errors() {
        let errors: [TokenError] = [
            .badSignature, .criticalHeader, .duplicateClaim("x"), .expired(at: 1_767_225_600),
            .malformed(.empty),
            .missingClaim("x"), .notYetValid(from: 951_782_400), .tooLong(count: 2, limit: 1),
            .unknownKey("k"),
            .unsupportedAlgorithm("none"), .unusableUser(claim: "sub"),
            .wrongAudience(found: ["a", "b"], expected: ["c"]),
            .wrongClaimType(claim: "sub", expected: "a string"), .wrongIssuer(found: "a", expected: ["b"]),
            .wrongType(found: "a", expected: "b"), .cannotSign(.rs256), .revoked, .unknownToken,
            .refusedByBackend, .unchecked("x"), .userDisabled,
            .tooLongLived(seconds: 7200, limit: 3600),
            .wrongClaimValue(claim: "level", found: "1", expected: "2"),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors {
            #expect(error.code.hasPrefix("TOKEN-") && !error.description.isEmpty && !error.remedy.isEmpty)
        }
        #expect(errors[3].description == "the token expired at 2026-01-01T00:00:00Z")
        #expect(errors[6].description == "the token is not valid before 2000-02-29T00:00:00Z")
        #expect(TokenError.expired(at: 1_709_251_199).description.hasSuffix("2024-02-29T23:59:59Z"))
    }
}
