import Bytes
import JSON
import Testing
import Tokens

@Suite("Reports: every reason, and what is nearly right")
struct ReportTests {
    struct Near: Sendable, CustomTestStringConvertible {
        let name: String
        let payload: String
        let policy: TokenPolicy
        let code: String
        let words: String
        var testDescription: String { name }

        init(
            _ name: String, _ payload: String, _ code: String, _ words: String,
            _ change: (inout TokenPolicy) -> Void = { _ in }
        ) {
            self.name = name
            self.payload = payload
            self.code = code
            self.words = words
            var policy = TokenPolicy()
            change(&policy)
            self.policy = policy
        }
    }

    static let now: Int64 = 1_800_000_000
    static let cases = [
        Near(
            "user under another spelling", #"{"user_id":"ada"}"#, "TOKEN-CLAIM-MISSING",
            #"the token has "user_id"; this endpoint reads the user from "userId""#
        ) { $0.userClaims = ["userId"] },
        Near(
            "user under another name", #"{"email":"ada","x":1}"#, "TOKEN-CLAIM-MISSING",
            #"the token has "email"; this endpoint reads the user from "sub" or "userId" or "user_id""#),
        Near(
            "no user at all", #"{"a":1,"b":2}"#, "TOKEN-CLAIM-MISSING",
            #"the token has "a", "b"; this endpoint reads the user"#),
        Near(
            "user null", #"{"sub":null}"#, "TOKEN-CLAIM-TYPE", "it is null"),
        Near("user empty", #"{"sub":""}"#, "TOKEN-USER", #"it is """#),
        Near(
            "expired", #"{"sub":"a","exp":1799989200}"#, "TOKEN-EXPIRED",
            "it ended 3 h ago; if it was just issued, the clocks"),
        Near(
            "exp is a lifetime", #"{"sub":"a","exp":3600}"#, "TOKEN-EXPIRED", "looks like a lifetime"),
        Near(
            "exp is a text", #"{"sub":"a","exp":"1900000000"}"#, "TOKEN-CLAIM-TYPE",
            #"it is the text "1900000000"; write it without quotes"#),
        Near(
            "not yet", #"{"sub":"a","nbf":1800000300}"#, "TOKEN-NOT-YET",
            "it begins in 5 min; if it should hold already, the clocks"),
        Near(
            "nbf in milliseconds", #"{"sub":"a","nbf":1799989200000}"#, "TOKEN-NOT-YET",
            #""nbf" looks like milliseconds"#),
        Near(
            "exp in milliseconds", #"{"sub":"a","exp":1799989200000,"iat":1800000000}"#, "TOKEN-LIFETIME",
            #""exp" looks like milliseconds"#
        ) { $0.maximumLifetime = 60 },
        Near(
            "no iat", #"{"sub":"a","exp":1800009000}"#, "TOKEN-LIFETIME", #"it has no "iat""#
        ) { $0.maximumLifetime = 60 },
        Near(
            "exp under another name", #"{"sub":"a","expires_at":1}"#, "TOKEN-CLAIM-MISSING",
            #"the token has "expires_at"; this endpoint reads "exp""#
        ) { $0.requiresExpiry = true },
        Near("aud case", #"{"sub":"a","aud":"App"}"#, "TOKEN-AUDIENCE", "upper and lower case") {
            $0.audiences = ["x", "app"]
        },
        Near(
            "aud slash", #"{"sub":"a","aud":["https://app.example/"]}"#, "TOKEN-AUDIENCE", "a slash"
        ) { $0.audiences = ["https://app.example"] },
        Near(
            "aud under another name", #"{"sub":"a","audience":"app"}"#, "TOKEN-CLAIM-MISSING",
            #"the token has "audience"; this endpoint reads "aud""#
        ) { $0.audiences = ["app"] },
        Near("iss scheme", #"{"sub":"a","iss":"http://id.example"}"#, "TOKEN-ISSUER", "the scheme") {
            $0.issuers = ["https://id.example/"]
        },
        Near(
            "type under another name", #"{"sub":"a","token_type":"access"}"#, "TOKEN-CLAIM-MISSING",
            #"the token has "token_type"; this endpoint reads "type""#
        ) { $0.type = "access" },
        Near("type case", #"{"sub":"a","type":"Access"}"#, "TOKEN-TYPE", "upper and lower case") {
            $0.type = "access"
        },
        Near(
            "claim quotes", #"{"sub":"a","level":"3"}"#, "TOKEN-CLAIM-VALUE", "by the quotes alone"
        ) { $0.requiredClaims = [.init("level", .integer(3))] },
        Near(
            "claim spelling", #"{"sub":"a","Level":3}"#, "TOKEN-CLAIM-MISSING",
            #"the token has "Level"; this endpoint reads "level""#
        ) { $0.requiredClaims = [.init("level", .integer(3))] },
    ]

    @Test("what is nearly right is said", arguments: cases)
    func nearMisses(_ row: Near) throws {
        let verifier = TokenVerifier(key: try makeKey(), policy: row.policy)
        let report = verifier.examine(token(payload: row.payload), now: Self.now)
        let reason = try #require(report.reasons.first)
        #expect(report.reasons.count == 1 && reason.error.code == row.code)
        #expect(reason.nearMiss?.contains(row.words) == true, "\(reason.nearMiss ?? "nothing")")
        #expect(report.lines.contains { $0.contains(row.words) }, "\(report.lines)")
        #expect(report.lines.last?.hasPrefix("verdict: refused with \(row.code)") == true)
    }

    @Test("what is odd is said of accepted tokens too")
    func oddities() throws {
        let verifier = TokenVerifier(key: try makeKey())
        let report = verifier.examine(
            token(payload: #"{"sub":"a","exp":1900000000000,"iat":1800000100}"#), now: Self.now)
        #expect(report.reasons.isEmpty && report.identity?.user == "a")
        let text = report.lines.joined(separator: "\n")
        #expect(text.contains(#""exp" looks like milliseconds"#) && text.contains("in the future"))
    }

    @Test("all reasons are told, in the order of checking")
    func allReasons() throws {
        var policy = TokenPolicy()
        policy.userClaims = ["userId"]
        policy.audiences = ["app"]
        policy.issuers = ["me"]
        policy.type = "access"
        policy.requiredClaims = [.init("a", "1"), .init("b", "2")]
        let verifier = TokenVerifier(key: try makeKey(), policy: policy)
        let payload = #"{"user_id":"ada","exp":1000,"nbf":1900000000,"aud":"x","iss":"y","type":"z","b":"3"}"#
        let report = verifier.examine(token(payload: payload, secret: Array("other".utf8)), now: Self.now)
        #expect(
            report.reasons.map(\.error.code) == [
                "TOKEN-SIGNATURE", "TOKEN-EXPIRED", "TOKEN-NOT-YET", "TOKEN-AUDIENCE", "TOKEN-ISSUER",
                "TOKEN-TYPE",
                "TOKEN-CLAIM-MISSING", "TOKEN-CLAIM-VALUE", "TOKEN-CLAIM-MISSING",
            ])
        #expect(report.identity == nil)
        let three = #"{"sub":"a","exp":"x","nbf":true,"iat":null}"#
        let times = TokenVerifier(key: try makeKey()).examine(token(payload: three), now: 0)
        #expect(times.reasons.count == 3 && times.reasons.allSatisfy { $0.error.code == "TOKEN-CLAIM-TYPE" })
    }

    @Test("a secret the issuer reads in another way is recognised")
    func misreadSecrets() throws {
        let bytes = Array("0123456789abcdef0123456789abcdef".utf8)
        func near(here: [UInt8], there: [UInt8]) throws -> String? {
            let verifier = TokenVerifier(key: try makeKey(here))
            let report = verifier.examine(token(payload: #"{"sub":"a"}"#, secret: there), now: 0)
            #expect(report.reasons.map(\.error) == [.badSignature])
            return report.reasons.first?.nearMiss
        }
        let base64 = Array(Base64.encode(bytes).utf8)
        #expect(try near(here: base64, there: bytes)?.contains("takes this secret for base64") == true)
        #expect(try near(here: bytes, there: base64)?.contains("base64 text of this secret") == true)
        #expect(try near(here: bytes, there: bytes + [10])?.contains("a line end behind it") == true)
        #expect(try near(here: bytes + [10], there: bytes)?.contains("without the line end") == true)
        let hex = Array("00ff10203040506070".utf8)
        let raw: [UInt8] = [0, 0xFF, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70]
        #expect(try near(here: hex, there: raw)?.contains("hexadecimal") == true)
        #expect(try near(here: bytes, there: Array("another".utf8)) == nil)
    }

    @Test("algorithms and key names")
    func keys() throws {
        func near(_ keys: [TokenKey], _ token: String) -> String? {
            TokenVerifier(keys: keys).examine(token, now: 0).reasons.first?.nearMiss
        }
        let named = try makeKey(id: "2025")
        let payload = #"{"sub":"a"}"#
        let none = token(header: #"{"alg":"none"}"#, payload: payload)
        #expect(near([named], none)?.contains("nobody signed") == true)
        #expect(
            near([named], token(header: #"{"alg":"hs256"}"#, payload: payload)) == #"it is spelled "HS256""#)
        #expect(
            near([named], token(header: #"{"alg":"RS256"}"#, payload: payload))
                == "the keys here are for HS256")
        #expect(near([], token(payload: payload)) == "there is no key here at all")
        #expect(
            near([named], token(header: #"{"alg":"HS256","kid":"2026"}"#, payload: payload))
                == #"the keys here are named "2025""#)
        let pair = try TestKeys.pair(.rs512, id: "r")
        let minted = try TokenMint.mint(user: "a", ttl: 60, now: 0, key: pair.minting)
        #expect(
            near([try TestKeys.pair(.rs256, id: "r").verifying], minted)
                == #"the key "r" fits, but it is for RS256: configure it for RS512"#)
        let other = try TokenKey(secret: secret, algorithm: .hs256, id: "r")
        #expect(
            near([other, try TestKeys.pair(.es256).verifying], minted)?.contains(
                "the key it names is for HS256") == true)
    }

    @Test("the first reason is the one that verify gives, whatever the token")
    func agreement() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var policy = TokenPolicy()
        policy.audiences = ["app"]
        policy.maximumLifetime = 1000
        policy.requiredClaims = [.init("level", .integer(3))]
        let verifier = TokenVerifier(key: try makeKey(id: "k"), policy: policy)
        let headers = [
            #"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS256","kid":"k"}"#, #"{"alg":"HS256","kid":"z"}"#,
            #"{"alg":"none"}"#, #"{"alg":1}"#, "{}", #"{"alg":"HS256","crit":[]}"#, "x",
        ]
        let members = [
            #""sub":"a""#, #""sub":1.5"#, #""userId":"b""#, #""exp":1500"#, #""exp":5000"#, #""exp":"x""#,
            #""iat":900"#,
            #""iat":null"#, #""nbf":1500"#, #""nbf":900"#, #""aud":"app""#, #""aud":["x"]"#, #""level":3"#,
            #""level":4"#,
        ]
        for _ in 0..<500 {
            let chosen = members.filter { _ in Bool.random(using: &random) }.joined(separator: ",")
            var text = token(
                header: Int.random(in: 0..<4, using: &random) > 0
                    ? headers[0] : headers.randomElement(using: &random) ?? "",
                payload: "{\(chosen)}", secret: Int.random(in: 0..<8, using: &random) > 0 ? secret : [1])
            if Int.random(in: 0..<10, using: &random) == 0 {
                text = String(text.prefix(Int.random(in: 0..<80, using: &random)))
            }
            let report = verifier.examine(text, now: 1000)
            #expect(report.reasons.first?.error == refusal(verifier, text), "seed \(seed): {\(chosen)}")
            #expect(report.identity == (try? verifier.verify(text, now: 1000)), "seed \(seed)")
        }
    }
}
