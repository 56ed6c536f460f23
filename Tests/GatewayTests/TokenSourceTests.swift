import Configuration
import CSystem
import Foundation
import JSON
import Testing
import Tokens

@testable import Gateway

/// Keys that are fetched, tokens that a backend knows, cookies, and the end of a token.
@Suite(.timeLimit(.minutes(1))) struct TokenSourceTests {
    private static var now: Int64 { csys_unix_milliseconds() / 1000 }

    private func connect(_ server: TestServer, _ token: String) throws -> TestClient {
        try TestClient(port: server.port, path: "/ws?token=\(token)")
    }

    private func code(_ client: TestClient) throws -> String? {
        try JSONValue.parse(String(decoding: client.readSome(), as: UTF8.self))["code"]?.stringValue
    }

    /// A key pair's key set, and its signing key.
    private func pair(_ id: String) throws -> (set: String, key: TokenKey) {
        // RFC 8037 appendix A: a set needs a public point, which only the vectors here have in text.
        let pair = try KeyPair.make(for: .edDSA)
        let key = try TokenKey(pem: Array(pair.privatePEM.utf8), id: id)
        // SubjectPublicKeyInfo of Ed25519: twelve bytes of algorithm, then the point.
        let lines = pair.publicPEM.split(separator: "\n").dropFirst().dropLast().joined()
        let der = try #require(Data(base64Encoded: lines))
        let point = der.suffix(32).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
        return (
            #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"\#(id)","alg":"EdDSA","x":"\#(point)"}]}"#, key
        )
    }

    @Test func `a secret may come in a variable`() throws {
        // A name of its own: variables are the whole process's.
        setenv("SOCKEYE_TEST_JWT_SECRET", "0123456789abcdef0123456789abcdef", 1)
        let server = try TestServer(loops: 1) {
            var entry = KeyOptions()
            entry.secretFile = "env:SOCKEYE_TEST_JWT_SECRET"
            $0.keys = [entry]
        }
        let key = try #require(TokenKey(hs256: Array("0123456789abcdef0123456789abcdef".utf8)))
        let token = try TokenMint.mint(user: "ada", ttl: 60, now: Self.now, key: key)
        #expect(try connect(server, token).status == 101)
        #expect(throws: (any Error).self) {
            _ = try SecretFile.line("env:SOCKEYE_TEST_NOT_SET")
        }
        setenv("SOCKEYE_TEST_HEADERS", "A: b\nC: d", 1)
        #expect(try HeaderFile.read("env:SOCKEYE_TEST_HEADERS").map(\.name) == ["A", "C"])
    }

    @Test func `a key set is fetched, and again when a token names a key that is new`() throws {
        let (one, two) = (try pair("one"), try pair("two"))
        let issuer = PlainServer { _ in (200, one.set) }
        defer { issuer.stop() }
        let server = try TestServer(loops: 2) {
            var entry = KeyOptions()
            entry.jwksURL = issuer.url
            entry.refresh = .seconds(1)
            $0.keys = [entry]
        }
        let first = try TokenMint.mint(user: "ada", ttl: 60, now: Self.now, key: one.key)
        #expect(try connect(server, first).status == 101)
        #expect(try connect(server, first).status == 101)

        issuer.change { _ in (200, two.set) }
        let second = try TokenMint.mint(user: "ada", ttl: 60, now: Self.now, key: two.key)
        // Somebody who makes up names of keys makes nobody ask more often than once a second.
        var status: Int?
        for _ in 0..<3000 where status != 101 { status = try connect(server, second).status }
        #expect(status == 101)
        let refused = try connect(server, first)
        #expect(refused.status == 403)
        #expect(try code(refused) == "TOKEN-KEY")
        #expect(issuer.requests.count < 60)
    }

    @Test func `a key server that fails leaves the last good keys in force`() throws {
        let one = try pair("one")
        let issuer = PlainServer { _ in (200, one.set) }
        defer { issuer.stop() }
        let server = try TestServer(loops: 1) {
            var entry = KeyOptions()
            entry.jwksURL = issuer.url
            entry.refresh = .seconds(1)
            $0.keys = [entry]
        }
        let token = try TokenMint.mint(user: "ada", ttl: 60, now: Self.now, key: one.key)
        #expect(try connect(server, token).status == 101)
        issuer.change { _ in (500, "") }
        let seen = issuer.requests.count
        while issuer.requests.count == seen { sched_yield() }
        #expect(try connect(server, token).status == 101)
    }

    @Test func `a backend that is asked decides, and its answers are kept`() throws {
        let backend = PlainServer { head in
            if head.contains("Bearer good\r\n") { return (200, #"{"userId":7,"role":"x"}"#) }
            if head.contains("Bearer nameless\r\n") { return (200, "{}") }
            if head.contains("Bearer broken\r\n") { return (500, "") }
            return (401, "")
        }
        defer { backend.stop() }
        let server = try TestServer(loops: 2) { $0.token.checkURL = backend.url }
        let client = Talker(try connect(server, "good"))
        #expect(client.client.status == 101)
        #expect(try client.ask(#"{"type":"subscribe","topic":"user:7"}"#).string("type") == "subscribed")
        for _ in 0..<5 { #expect(try connect(server, "good").status == 101) }
        #expect(backend.requests.count == 1)
        #expect(backend.requests.first?.hasPrefix("GET /x HTTP/1.1\r\n") == true)

        for (token, status, expected) in [
            ("bad", 403, "TOKEN-REFUSED"), ("broken", 503, "TOKEN-UNCHECKED"),
            ("nameless", 403, "TOKEN-CLAIM-MISSING"),
        ] {
            let refused = try connect(server, token)
            #expect(refused.status == status)
            #expect(try code(refused) == expected)
        }
        // What our own keys sign is not the backend's affair.
        let asked = backend.requests.count
        #expect(try connect(server, try server.token("ada")).status == 101)
        #expect(try connect(server, try server.token("ada", ttl: -100)).status == 403)
        #expect(backend.requests.count == asked)

        let talker = Talker(try TestClient(port: server.port, path: "/ws"))
        #expect(try talker.ask(#"{"type":"auth","token":"broken"}"#).string("code") == "TOKEN-UNCHECKED")
        #expect(try talker.client.next() == .closed(1013, "the token could not be checked"))
    }

    @Test func `a cookie carries a token where the endpoint says so`() throws {
        let server = try TestServer(loops: 1) {
            $0.endpoints = [EndpointOptions(authentication: [.cookie]), EndpointOptions(path: "/other")]
            $0.endpoints[0].cookieName = "session"
        }
        let token = try server.token("ada")
        func open(_ path: String, _ cookie: String) throws -> TestClient {
            try TestClient(port: server.port, path: path, fields: ["Cookie: \(cookie)"])
        }
        #expect(try open("/ws", "theme=dark; session=\(token); x=y").status == 101)
        #expect(try open("/ws", "session=\"\(token)\"").status == 101)
        #expect(try open("/ws", "sessions=\(token)").status == 401)
        #expect(try open("/ws", "session=").status == 401)
        // Elsewhere it is not looked at: the connection opens, and must authenticate.
        let other = Talker(try open("/other", "session=\(token)"))
        #expect(
            try other.ask(#"{"type":"subscribe","topic":"x"}"#).string("code") == "authentication_required")
    }

    @Test func `what the configuration demands of a token is demanded, and minted`() throws {
        let server = try TestServer(loops: 1) {
            $0.token.audience = ["app"]
            $0.token.issuer = ["users"]
            $0.token.type = "access"
            $0.token.userClaims = ["userId"]
            $0.token.required = ["level=gold", "admin=true", "n=5"]
        }
        let verifier = server.shared.tokens.acceptance.verifier
        let good = try TokenMint.mint(
            user: "ada", ttl: 60, now: Self.now, key: server.key, policy: verifier.policy)
        #expect(try connect(server, good).status == 101)
        let plain = try connect(server, try server.token("ada"))
        #expect(plain.status == 403)
        #expect(try code(plain) == "TOKEN-CLAIM-MISSING")
        var policy = verifier.policy
        policy.audiences = ["others"]
        let other = try TokenMint.mint(user: "ada", ttl: 60, now: Self.now, key: server.key, policy: policy)
        #expect(try code(connect(server, other)) == "TOKEN-AUDIENCE")
    }

    @Test func `a client is told that its token ends, renews it, and is closed when it does not`() throws {
        let server = try TestServer(loops: 1) {
            $0.token.leeway = .zero
            $0.token.warning = .seconds(60)
            $0.pingInterval = .zero
        }
        let talker = Talker(try connect(server, try server.token("ada", ttl: 2)))
        let warning = try talker.hear()
        #expect(warning.string("type") == "token_expiring")
        let end = try #require(warning.integer("expires_at"))
        #expect((-1...2).contains(end - Int(Self.now)))
        let renewed = try talker.ask(#"{"type":"auth","token":"\#(server.token("ada", ttl: 4))"}"#)
        #expect(renewed.string("type") == "authenticated")
        #expect(try talker.hear().string("type") == "token_expiring")
        #expect(try talker.client.next() == .closed(3503, "token expired"))
    }
}
