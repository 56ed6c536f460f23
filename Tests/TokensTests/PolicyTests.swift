import JSON
import Testing
import Tokens

@Suite("Policies beyond the standard claims")
struct PolicyTests {
    private func refusal(_ payload: String, now: Int64 = 1000, _ change: (inout TokenPolicy) -> Void) throws
        -> TokenError?
    {
        var policy = TokenPolicy()
        change(&policy)
        return TokensTests.refusal(
            TokenVerifier(key: try makeKey(), policy: policy), token(payload: payload), now: now)
    }

    static let required: [(JSONValue, String, TokenError?)] = [
        (.string("gold"), #""gold""#, nil),
        (.string("gold"), #""\u0067old""#, nil),
        (.string("gold"), #"["silver","gold"]"#, nil),
        (
            .string("gold"), #""Gold""#,
            .wrongClaimValue(claim: "level", found: #""Gold""#, expected: #""gold""#)
        ),
        (.string("gold"), "[]", .wrongClaimValue(claim: "level", found: "[]", expected: #""gold""#)),
        (
            .string("gold"), #"[["gold"]]"#,
            .wrongClaimValue(claim: "level", found: #"[["gold"]]"#, expected: #""gold""#)
        ),
        (
            .string("gold"), #"{"gold":true}"#,
            .wrongClaimValue(claim: "level", found: #"{"gold":true}"#, expected: #""gold""#)
        ),
        (.string("1"), "1", .wrongClaimValue(claim: "level", found: "1", expected: #""1""#)),
        (.integer(1), "1", nil), (.integer(1), "1.0", nil), (.integer(1), "10e-1", nil),
        (.integer(1), "[0,1]", nil),
        (.integer(1), "2", .wrongClaimValue(claim: "level", found: "2", expected: "1")),
        (.integer(1), "true", .wrongClaimValue(claim: "level", found: "true", expected: "1")),
        (.bool(true), "true", nil),
        (.bool(true), "false", .wrongClaimValue(claim: "level", found: "false", expected: "true")),
        (.bool(true), #""true""#, .wrongClaimValue(claim: "level", found: #""true""#, expected: "true")),
        (.null, "null", nil), (.null, "0", .wrongClaimValue(claim: "level", found: "0", expected: "null")),
    ]

    @Test("required claims have their value, or hold it", arguments: required)
    func requiredClaims(_ wanted: JSONValue, _ found: String, _ error: TokenError?) throws {
        let result = try refusal(#"{"sub":"ada","level":\#(found)}"#) {
            $0.requiredClaims = [.init("level", wanted)]
        }
        #expect(result == error)
    }

    @Test("all required claims are demanded, in order, and a missing one is missing")
    func severalClaims() throws {
        let demands: (inout TokenPolicy) -> Void = {
            $0.requiredClaims = [.init("a", "1"), .init("b", "2"), .init("sub", "ada")]
        }
        #expect(try refusal(#"{"sub":"ada","b":"2","a":"1"}"#, demands) == nil)
        #expect(try refusal(#"{"sub":"ada","a":"1"}"#, demands) == .missingClaim("b"))
        #expect(try refusal(#"{"sub":"ada","b":"3"}"#, demands) == .missingClaim("a"))
        #expect(try refusal(#"{"sub":"eve","a":"1","b":"2"}"#, demands)?.code == "TOKEN-CLAIM-VALUE")
        let long = String(repeating: "x", count: 500)
        guard case .wrongClaimValue(_, let found, _)? = try refusal(#"{"sub":"ada","a":"\#(long)"}"#, demands)
        else {
            Issue.record("accepted")
            return
        }
        #expect(found.utf8.count < 80)
    }

    @Test("a token may live no longer than the policy says, give or take the leeway")
    func lifetime() throws {
        func error(_ payload: String, now: Int64 = 1000) throws -> TokenError? {
            try refusal(payload, now: now) { $0.maximumLifetime = 100 }
        }
        #expect(try error(#"{"sub":"a","iat":1000,"exp":1100}"#) == nil)
        #expect(try error(#"{"sub":"a","iat":1000,"exp":1130}"#) == nil)
        #expect(try error(#"{"sub":"a","iat":1000,"exp":1131}"#) == .tooLongLived(seconds: 131, limit: 100))
        #expect(try error(#"{"sub":"a","iat":800,"exp":1100}"#) == .tooLongLived(seconds: 300, limit: 100))
        #expect(try error(#"{"sub":"a","exp":1100}"#) == nil, "without iat it is counted from now")
        #expect(try error(#"{"sub":"a","exp":2000}"#) == .tooLongLived(seconds: 1000, limit: 100))
        #expect(
            try error(#"{"sub":"a","iat":9000,"exp":9050}"#) == .tooLongLived(seconds: 8050, limit: 100),
            "an iat in the future hides nothing")
        #expect(try error(#"{"sub":"a","iat":1000}"#) == .missingClaim("exp"))
        #expect(try error(#"{"sub":"a","exp":9007199254740992}"#, now: -(1 << 60))?.code == "TOKEN-LIFETIME")
        #expect(
            try error(#"{"sub":"a","iat":-9007199254740992,"exp":9007199254740992}"#)?.code
                == "TOKEN-LIFETIME")
        #expect(throws: TokenError.tooLongLived(seconds: 101, limit: 100)) {
            var policy = TokenPolicy()
            policy.maximumLifetime = 100
            _ = try TokenMint.mint(user: "ada", ttl: 101, now: 0, key: try makeKey(), policy: policy)
        }
    }

    @Test("claims of an identity, for rights and topics")
    func identityClaims() {
        let identity = Identity(
            user: "ada",
            claims:
                #"{"sub":"ada","membershipLevel":"g\u006fld","tenant":42,"f":1.5,"t":true,"n":null,"o":{"tenant":1},"roles":["a",7,"b",null,["c"]],"\u0061b":"x"}"#
        )
        #expect(identity.claim("membershipLevel") == "gold" && identity.claim("tenant") == "42")
        #expect(identity.claim("ab") == "x" && identity.claim("sub") == "ada")
        for name in ["f", "t", "n", "o", "roles", "missing", ""] { #expect(identity.claim(name) == nil) }
        #expect(identity.claimValues("roles") == ["a", "7", "b"])
        #expect(identity.claimValues("tenant") == ["42"] && identity.claimValues("o") == [])
        #expect(identity.claimValues("missing") == [] && identity.claimValues("t") == [])
        #expect(Identity(user: "ada").claim("sub") == nil)
        for broken in ["", "[]", "{", #"{"a":"b","a":"c""#] {
            #expect(Identity(user: "ada", claims: broken).claim("z") == nil)
        }
    }
}
