import JSON
import Tokens
import Testing

@Suite("Minting, explaining, secrets")
struct MintTests {
    @Test("what is minted is accepted, under the same policy")
    func roundTrip() throws {
        let key = try makeKey(id: "k1")
        var policy = TokenPolicy()
        policy.userClaims = ["userId"]
        policy.audiences = ["app"]
        policy.issuers = ["me"]
        policy.type = "access"
        policy.requiresExpiry = true
        let token = try TokenMint.mint(
            user: "ada \"é\"", ttl: 60, now: 1000, key: key, policy: policy,
            claims: [.init(key: "jti", value: .string("t")), .init(key: "level", value: .integer(3))])
        let identity = try TokenVerifier(key: key, policy: policy).verify(token, now: 1059)
        #expect(identity.user == "ada \"é\"" && identity.expiresAt == 1060 && identity.issuedAt == 1000)
        #expect(identity.tokenID == "t")
        #expect(try JSONValue.parse(identity.claims)["level"]?.integerValue == 3)
        #expect(refusal(TokenVerifier(key: key, policy: policy), token, now: 1090) == .expired(at: 1060))
    }

    @Test("what would be refused is not minted")
    func refusals() throws {
        let key = try makeKey()
        #expect(throws: TokenError.unusableUser(claim: "sub")) {
            try TokenMint.mint(user: "", ttl: 60, now: 0, key: key)
        }
        let long = JSONObject.Member(key: "x", value: .string(String(repeating: "x", count: 8192)))
        #expect(throws: TokenError.self) {
            try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: key, claims: [long])
        }
        let twice = [JSONObject.Member(key: "x", value: .null), .init(key: "x", value: .null)]
        #expect(throws: TokenError.duplicateClaim("x")) {
            try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: key, claims: twice)
        }
        let endless = try TokenMint.mint(user: "ada", ttl: .max, now: 1000, key: key)
        #expect(try TokenVerifier(key: key).verify(endless, now: 1000).expiresAt == 1 << 53)
    }

    @Test("an explanation names everything that is wrong, and never the signature")
    func explanation() throws {
        var policy = TokenPolicy()
        policy.audiences = ["app"]
        policy.type = "access"
        let verifier = TokenVerifier(key: try makeKey(), policy: policy)
        let token = token(
            payload: #"{"userId":"ada","exp":500,"type":"refresh"}"#, secret: Array("other".utf8))
        let lines = verifier.explain(token, now: 1000)
        let text = lines.joined(separator: "\n")
        for part in [
            "signed with HS256", "not made with a key of this server",
            "user: \"ada\", from the claim \"userId\"",
            "1970-01-01T00:08:20Z (8 min 20 s ago)", "audience: the claim \"aud\" is missing",
            "type: the token is of type \"refresh\"", "verdict: refused with TOKEN-SIGNATURE",
        ] {
            #expect(text.contains(part), "\(part) in\n\(text)")
        }
        #expect(!text.contains(token.split(separator: ".")[2]))
        let good = try TokenMint.mint(user: "ada", ttl: 90_061, now: 1000, key: try makeKey(), policy: policy)
        let praise = verifier.explain(good, now: 1000).joined(separator: "\n")
        #expect(praise.contains("(in 1 d 1 h)") && praise.contains("verdict: accepted as user \"ada\""))
        #expect(verifier.explain("nonsense", now: 0).last?.contains("TOKEN-MALFORMED") == true)
        #expect(verifier.explain("", now: 0).last?.contains("TOKEN-MALFORMED") == true)
    }

    @Test("a signing secret survives its text, and does not print itself")
    func secrets() throws {
        let secret = try #require(SigningSecret.random())
        #expect(SigningSecret.random() != secret)
        #expect(secret.hex.utf8.count == 64)
        #expect(SigningSecret(hex: secret.hex.utf8) == secret)
        #expect(SigningSecret(hex: (" " + secret.hex.uppercased() + "\n").utf8) == secret)
        #expect(SigningSecret(bytes: secret.bytes) == secret && SigningSecret(bytes: [1]) == nil)
        for bad in [
            "", "00", String(secret.hex.dropLast()), secret.hex + "0", secret.hex + "\n0",
            "g" + secret.hex.dropFirst(),
        ] {
            #expect(SigningSecret(hex: bad.utf8) == nil)
        }
        #expect(!"\(secret)".contains(secret.hex))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!dumped.contains("\(secret.bytes[0])\n"))
        let token = try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: secret.key)
        #expect(try TokenVerifier(key: secret.key).verify(token, now: 0).user == "ada")
    }
}
