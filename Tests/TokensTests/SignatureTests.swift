import Bytes
import JSON
import Tokens
import Testing

@Suite("RFC 7515, form and signature")
struct SignatureTests {
    /// RFC 7515 appendix A.1.
    static let exampleHeader = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    static let examplePayload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    static let exampleSignature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let exampleKey =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

    static var example: String { "\(exampleHeader).\(examplePayload).\(exampleSignature)" }

    private func exampleVerifier() throws -> TokenVerifier {
        var policy = TokenPolicy()
        policy.userClaims = ["iss"]
        return TokenVerifier(
            key: try makeKey(try #require(Base64.decode(Self.exampleKey, alphabet: .url))), policy: policy)
    }

    @Test("the example of RFC 7515 A.1 is accepted")
    func rfcExample() throws {
        let identity = try exampleVerifier().verify(Self.example, now: 1_300_819_379)
        #expect(identity.user == "joe")
        #expect(identity.expiresAt == 1_300_819_380)
        #expect(identity.claims.hasPrefix("{\"iss\":\"joe\",\r\n"))
    }

    @Test("the example expires when it says, plus the leeway")
    func rfcExampleExpires() throws {
        let verifier = try exampleVerifier()
        #expect(refusal(verifier, Self.example, now: 1_300_819_409) == nil)
        #expect(refusal(verifier, Self.example, now: 1_300_819_410) == .expired(at: 1_300_819_380))
    }

    @Test("every single changed character is found")
    func tampered() throws {
        let verifier = try exampleVerifier()
        let good = Array(Self.example.utf8)
        for place in good.indices {
            var bytes = good
            bytes[place] = bytes[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let error = refusal(verifier, String(decoding: bytes, as: UTF8.self), now: 0)
            #expect(error != nil, "at \(place)")
        }
    }

    @Test("a token cut short is refused wherever it is cut")
    func truncated() throws {
        let verifier = try exampleVerifier()
        for count in 0..<Self.example.utf8.count {
            #expect(refusal(verifier, String(Self.example.prefix(count)), now: 0) != nil)
        }
        #expect(refusal(verifier, Self.example + "A", now: 0) != nil)
        #expect(refusal(verifier, Self.example + ".", now: 0) == .malformed(.parts(4)))
        #expect(refusal(verifier, Self.example + "=", now: 0) == .malformed(.base64(.signature)))
    }

    struct Malformed: Sendable, CustomTestStringConvertible {
        let token: String
        let error: TokenError
        var testDescription: String { token }
    }

    static let malformed: [Malformed] = [
        .init(token: "", error: .malformed(.empty)),
        .init(token: "3f2b8c1a-opaque", error: .malformed(.parts(1))),
        .init(token: "a.b", error: .malformed(.parts(2))),
        .init(token: "a.b.c.d", error: .malformed(.parts(4))),
        .init(token: "a.b.c.d.e", error: .malformed(.encrypted)),
        .init(token: "Bearer a.b.c", error: .malformed(.bearerPrefix)),
        .init(token: "..", error: .malformed(.json(.header, .empty))),
        .init(token: "e30.e30.", error: .missingClaim("alg")),
        .init(token: "e30=.e30.AA", error: .malformed(.base64(.header))),
        .init(token: " e30.e30.AA", error: .malformed(.base64(.header))),
        .init(token: "W10.e30.AA", error: .malformed(.notAnObject(.header))),
        .init(token: "bnVsbA.e30.AA", error: .malformed(.notAnObject(.header))),
        .init(token: "e30K.e30.AA", error: .missingClaim("alg")),
        .init(token: "e31.e30.AA", error: .malformed(.base64(.header))),
    ]

    @Test("what is no JWT is told apart", arguments: malformed)
    func isNoJWT(_ malformed: Malformed) throws {
        let error = refusal(TokenVerifier(key: try makeKey()), malformed.token)
        #expect(error == malformed.error)
        #expect(error?.description.isEmpty == false && error?.remedy.isEmpty == false)
    }

    @Test("a huge token is refused unread")
    func huge() throws {
        let verifier = TokenVerifier(key: try makeKey())
        let token = String(repeating: "A", count: 10_000_000)
        #expect(refusal(verifier, token) == .tooLong(count: 10_000_000, limit: 8192))
        let fitting = token.prefix(4000) + "." + token.prefix(4000) + "." + token.prefix(190)
        #expect(refusal(verifier, String(fitting))?.code == "TOKEN-MALFORMED")
    }

    @Test(
        "none and algorithm confusion have no key to be tried with",
        arguments: [
            "none", "None", "nOnE", "NONE", "", "HS512", "HS384", "RS256", "ES256", "EdDSA", "hs256",
            "HS256 ",
        ])
    func confusion(_ algorithm: String) throws {
        let verifier = TokenVerifier(key: try makeKey())
        let payload = #"{"sub":"ada","exp":2000}"#
        let signed = token(header: #"{"typ":"JWT","alg":"\#(algorithm)"}"#, payload: payload)
        let unsigned = signed.split(separator: ".")[..<2].joined(separator: ".") + "."
        for attempt in [signed, unsigned] {
            #expect(refusal(verifier, attempt) == .unsupportedAlgorithm(algorithm))
        }
    }

    @Test("a stripped signature is a bad one")
    func stripped() throws {
        let good = token(payload: #"{"sub":"ada"}"#)
        let verifier = TokenVerifier(key: try makeKey())
        #expect(refusal(verifier, good) == nil)
        let body = good.split(separator: ".")[..<2].joined(separator: ".")
        #expect(refusal(verifier, body + ".") == .badSignature)
        #expect(refusal(verifier, body + ".AAAA") == .badSignature)
        #expect(
            refusal(verifier, token(payload: #"{"sub":"ada"}"#, secret: secret.reversed())) == .badSignature)
    }

    @Test("headers are strict JSON with each name once, and unknown demands refuse the token")
    func headers() throws {
        let verifier = TokenVerifier(key: try makeKey())
        func error(_ header: String) -> TokenError? {
            refusal(verifier, token(header: header, payload: #"{"sub":"ada"}"#))
        }
        #expect(error(#"{"alg":"HS256"}"#) == nil)
        #expect(error(#"{"\u0061lg":"HS\u0032\u00356","x":[1]}"#) == nil)
        #expect(error(#"{"alg":"HS256","alg":"none"}"#) == .duplicateClaim("alg"))
        #expect(error(#"{"alg":["HS256"]}"#) == .wrongClaimType(claim: "alg", expected: "a string"))
        #expect(error(#"{"alg":"HS256","crit":["b64"],"b64":false}"#) == .criticalHeader)
        #expect(error(#"{"alg":"HS256"} x"#)?.code == "TOKEN-MALFORMED")
        #expect(error(#"{"alg":"HS256",}"#)?.code == "TOKEN-MALFORMED")
    }

    @Test("keys are chosen by their names")
    func keyNames() throws {
        let old = try makeKey(Array("the old secret, no longer minted".utf8), id: "old")
        let new = try makeKey(id: "new")
        let verifier = TokenVerifier(keys: [old, new])
        let payload = #"{"sub":"ada"}"#
        #expect(refusal(verifier, token(payload: payload)) == nil, "without a name every key is tried")
        #expect(refusal(verifier, token(header: #"{"alg":"HS256","kid":"new"}"#, payload: payload)) == nil)
        #expect(
            refusal(verifier, token(header: #"{"alg":"HS256","kid":"old"}"#, payload: payload))
                == .badSignature)
        #expect(
            refusal(verifier, token(header: #"{"alg":"HS256","kid":"x"}"#, payload: payload))
                == .unknownKey("x"))
        #expect(refusal(TokenVerifier(keys: []), token(payload: payload)) == .unsupportedAlgorithm("HS256"))
    }

    @Test("signatures agree with an HMAC written from its RFCs", arguments: [1, 31, 32, 63, 64, 65, 200])
    func signer(_ length: Int) throws {
        let secret = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let key = try makeKey(secret)
        #expect(key.isShort == (length < 32))
        for size in [3, 60, 200, 1500] {
            let payload =
                #"{"sub":"\#(String(repeating: "u", count: min(size, 250)))","x":"\#(String(repeating: "x", count: size))"}"#
            #expect(refusal(TokenVerifier(key: key), token(payload: payload, secret: secret)) == nil)
        }
        #expect(TokenKey(hs256: []) == nil)
    }

    @Test("the checking HMAC itself is right: RFC 4231, case 2")
    func checker() {
        let digest = hmac(Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(digest.prefix(8) == [0x5B, 0xDC, 0xC1, 0x46, 0xBF, 0x60, 0x75, 0x4E])
    }
}
