import Telemetry
import Testing

@Suite("Redaction")
struct RedactionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var text: String
        var masked: String
        var testDescription: String { text }

        init(_ text: String, _ masked: String) {
            self.text = text
            self.masked = masked
        }
    }

    static let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl-_c2lnbg"

    static let secrets = [
        Case("GET /api/v1/ws?token=abc123 HTTP/1.1", "GET /api/v1/ws?token=*** HTTP/1.1"),
        Case("/ws?room=1&access_token=abc&x=2", "/ws?room=1&access_token=***&x=2"),
        Case("/ws?jwt=a.b.c#top", "/ws?jwt=***#top"),
        Case("/ws?TOKEN=abc", "/ws?TOKEN=***"),
        Case("/ws?tok%65n=abc", "/ws?tok%65n=***"),
        Case("/ws?%74%4f%6B%65%6e=abc&b=1", "/ws?%74%4f%6B%65%6e=***&b=1"),
        Case("/ws?token=a,b)c]d", "/ws?token=***"),
        Case("/ws?userToken=abc", "/ws?userToken=***"),
        Case("/ws?token=", "/ws?token="),
        Case("token=\"two words\" next", "token=\"***\" next"),
        Case("client_secret=s3cr3t;path=/", "client_secret=***;path=/"),
        Case("password=a,b c", "password=*** c"),
        Case("Authorization: Bearer abc", "Authorization: ***"),
        Case("authorization:Basic YWRhOmxvdmU=\r\nHost: x", "authorization:***\r\nHost: x"),
        Case("Cookie: sid=1; theme=dark\nAccept: */*", "Cookie: ***\nAccept: */*"),
        Case("Set-Cookie: sid=1; HttpOnly", "Set-Cookie: ***"),
        Case("Proxy-Authorization: Basic abc", "Proxy-Authorization: ***"),
        Case("X-Api-Key: k", "X-Api-Key: ***"),
        Case("sent Bearer abcdefgh+/= along", "sent Bearer *** along"),
        Case("header=Bearer%20\(jwt)", "header=Bearer%20***"),
        Case(
            "Sec-WebSocket-Protocol: sockeye, sockeye.token.abc, chat",
            "Sec-WebSocket-Protocol: sockeye, sockeye.token.***, chat"),
        Case("Sockeye.Token.abc", "Sockeye.Token.***"),
        Case("refused \(jwt) here", "refused *** here"),
        Case("\(jwt)==", "***"),
        Case("(\(jwt))", "(***)"),
        Case("bearer.\(jwt)", "bearer.***"),
        Case("eyJhbGciOiJIUzI1N", "***"),
        Case(#"{"type":"auth","token":"abc"}"#, #"{"type":"auth","token":"***"}"#),
        Case(#"{"token" : "a\"b", "x":1}"#, #"{"token" : "***", "x":1}"#),
        Case(#"{\"token\":\"abc\",\"x\":1}"#, #"{\"token\":\"***\",\"x\":1}"#),
        Case(#"{"password":12345,"x":1}"#, #"{"password":***,"x":1}"#),
        Case(#"{"token":"abc"#, #"{"token":"***"#),
        Case("https://ada:love@example.com/x", "https://ada:***@example.com/x"),
        Case("redis://:p@ss@host:6379", "redis://:***@host:6379"),
        Case("/ws?ticket=abc", "/ws?ticket=***"),
    ]

    @Test("masks secrets", arguments: secrets)
    func masks(_ vector: Case) {
        #expect(Redaction(queryNames: ["ticket"]).masked(vector.text) == vector.masked)
    }

    static let harmless = [
        "", "listening address=127.0.0.1:8000", "the token is missing", "bearer token expected",
        "invalid token: expired",
        "/ws/ada?room=12&since=7", "https://example.com:8443/path@x", "eyJ is how a JWT begins", "tokens=5",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", #"{"type":"subscribe","topic":"a"}"#,
        "100 % of ä, ö and 漢字",
        "%", "%4", "a=%zz", #"{"token"}"#, "authorization required", "\u{0}\u{1}",
    ]

    @Test("leaves everything else as it is", arguments: harmless)
    func leaves(_ text: String) {
        #expect(Redaction().masked(text) == text)
    }

    @Test("masks whole values of fields with a secret's name")
    func fields() {
        #expect(Redaction().masked("abc", named: "token") == "***")
        #expect(Redaction().masked("Basic abc", named: "Authorization") == "***")
        #expect(Redaction().masked("sid=1", named: "cookie") == "***")
        #expect(Redaction().masked("", named: "token").isEmpty)
        #expect(Redaction().masked("/ws?token=1", named: "target") == "/ws?token=***")
    }

    @Test("lets no token through, whatever stands around it")
    func property() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = Random(state: seed)
        let around = Array(" \"'\\&?=:;,.{}[]()<>/#%-_~éZa0\n\r\t")
        for _ in 0..<2000 {
            let before = String(
                (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                    around.randomElement(using: &generator) ?? " "
                })
            let after = String(
                (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                    around.randomElement(using: &generator) ?? " "
                })
            let masked = Redaction().masked(before + Self.jwt + after)
            #expect(!masked.contains("c2lnbmF0dXJl"), "seed \(seed): \(before)…\(after)")
            let query = Redaction().masked(before + "?token=" + "s3cr3t" + after)
            #expect(!query.contains("s3cr3t"), "seed \(seed): \(before)…\(after)")
        }
    }
}

/// A generator that a seed makes repeat (SplitMix64).
struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }
}
