import Bytes
import Configuration
import CSystem
import Foundation
import JSON
import SQLiteStore
import Synchronization
import Testing
import Tokens
import WebSocketWire

@testable import Gateway

/// Tokens that are looked up, and tokens and users that are withdrawn while somebody is connected.
@Suite(.timeLimit(.minutes(1))) struct StoredTokenTests {
    private let directory: TemporaryDirectory
    private let server: TestServer
    private let outside: DirectStore

    init() throws {
        directory = try TemporaryDirectory()
        outside = try DirectStore(path: directory.path + "/" + Store.fileName)
        server = try TestServer(loops: 2, store: directory.path) { $0.token.opaque = true }
    }

    private static var now: Int64 { csys_unix_milliseconds() }

    private func opaque(_ user: String, ttl: Int64 = 60_000, claims: String? = nil) throws -> OpaqueToken {
        let secret = try #require(SigningSecret.random())
        let token = try #require(OpaqueToken(.token, random: secret.bytes))
        _ = try outside.write { session throws(StoreError) in
            try session.addToken(
                hash: token.hash.bytes, user: user, expiresAt: Self.now + ttl, claims: claims, now: Self.now)
        }
        return token
    }

    private func connect(_ token: String) throws -> TestClient {
        try TestClient(port: server.port, path: "/ws?token=\(token)")
    }

    /// The code a handshake with this token is refused with.
    private func refusal(_ token: String) throws -> (status: Int?, code: String?) {
        let client = try connect(token)
        guard client.status != 101 else { return (101, nil) }
        let body = try String(decoding: client.readSome(), as: UTF8.self)
        return (client.status, try JSONValue.parse(body)["code"]?.stringValue)
    }

    @Test func `a token in the store opens a handshake, and what was sent behind it is not lost`() throws {
        let token = try opaque("ada")
        let client = try connect(token.text)
        #expect(client.status == 101)
        let answer = try Talker(client).ask(#"{"type":"subscribe","topic":"user:ada"}"#)
        #expect(answer.string("type") == "subscribed")

        // The first messages come in one segment with the handshake.
        let eager = try TestClient(port: server.port, request: "")
        let frames = eager.frame(.text, Array("ping".utf8)) + eager.frame(.text, Array("ping".utf8))
        let head = """
            GET /ws?token=\(token.text) HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n
            """
        eager.write(Array(head.utf8) + frames)
        var seen: [UInt8] = []
        while seen.count < 4
            || !seen.suffix(12).elementsEqual([0x81, 4] + "pong".utf8 + [0x81, 4] + "pong".utf8)
        {
            let more = try eager.readSome()
            try #require(!more.isEmpty)
            seen += more
        }
    }

    @Test func `a token in the first message is looked up while what follows waits`() throws {
        let token = try opaque("ada")
        let talker = Talker(try TestClient(port: server.port, path: "/ws"))
        talker.say(#"{"type":"auth","token":"\#(token.text)","id":1}"#)
        talker.say(#"{"type":"subscribe","topic":"user:ada","id":2}"#)
        talker.say(#"{"type":"ping","id":3}"#)
        let welcome = try talker.hear()
        #expect(welcome.string("type") == "authenticated" && welcome.integer("id") == 1)
        #expect(Set([try talker.hear().integer("id"), try talker.hear().integer("id")]) == [2, 3])
    }

    @Test func `unknown, expired and revoked tokens are told apart`() throws {
        let secret = try #require(SigningSecret.random())
        let unknown = try #require(OpaqueToken(.token, random: secret.bytes)).text
        #expect(try refusal(unknown) == (403, "TOKEN-UNKNOWN"))
        #expect(try refusal("words.of-another.form") == (403, "TOKEN-UNKNOWN"))
        let key = try #require(OpaqueToken(.key, random: secret.bytes)).text
        #expect(try refusal(key) == (403, "TOKEN-UNKNOWN"))
        #expect(try refusal(opaque("ada", ttl: -1000).text) == (403, "TOKEN-EXPIRED"))
        let revoked = try opaque("ada")
        _ = try outside.write { session throws(StoreError) in
            try session.revokeTokens(.hash(revoked.hash.bytes))
        }
        #expect(try refusal(revoked.text) == (403, "TOKEN-REVOKED"))

        let talker = Talker(try TestClient(port: server.port, path: "/ws"))
        #expect(try talker.ask(#"{"type":"auth","token":"nobody's"}"#).string("code") == "TOKEN-UNKNOWN")
        #expect(try talker.client.next() == .closed(3502, "token refused"))
        let text = server.shared.refusals.withLock { $0.newestFirst.map(\.refusal.code) }
        #expect(text.contains("TOKEN-REVOKED") && text.contains("TOKEN-EXPIRED"))
    }

    @Test func `a route takes tokens of the store too`() throws {
        let token = try opaque("ada").text
        func ask(_ token: String) throws -> String {
            try TestClient(
                port: server.port,
                request:
                    "GET /api/refusals HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n\r\n"
            ).readAll()
        }
        #expect(try ask(token).hasPrefix("HTTP/1.1 200 "))
        #expect(try ask("nobody's").contains(#""code":"TOKEN-UNKNOWN""#))
    }

    /// Reads what must come: an error with the code, and the close frame.
    private func expectEnd(of client: TestClient, _ code: String) throws {
        let heard = try Talker(client).hear()
        #expect(heard.string("type") == "error" && heard.string("code") == code, "\(heard.text)")
        #expect(try client.next() == .closed(3504, "token revoked"))
    }

    @Test func `revoking a token ends its sessions on every loop, and no other`() throws {
        let (token, other) = (try opaque("ada"), try opaque("ada"))
        let mine = try (0..<6).map { _ in try connect(token.text) }
        let others = Talker(try connect(other.text))
        _ = try outside.write { session throws(StoreError) in
            try session.revokeTokens(.hash(token.hash.bytes))
        }
        for client in mine { try expectEnd(of: client, "TOKEN-REVOKED") }
        #expect(try others.ask(#"{"type":"ping"}"#).string("type") == "pong")
        #expect(try refusal(token.text) == (403, "TOKEN-REVOKED"))
    }

    @Test func `a JWT is revoked by its id`() throws {
        let now = Self.now / 1000
        let token = try TokenMint.mint(
            user: "ada", ttl: 600, now: now, key: server.key, id: Array(0..<16))
        let id = try #require(TokenVerifier(key: server.key).verify(token, now: now).tokenID)
        let client = try connect(token)
        let other = Talker(try connect(try server.token("ada")))
        #expect(client.status == 101)
        try outside.write { session throws(StoreError) in
            try session.revoke(.tokenID(id), endsAt: Self.now + 60_000, now: Self.now)
        }
        try expectEnd(of: client, "TOKEN-REVOKED")
        #expect(try refusal(token) == (403, "TOKEN-REVOKED"))
        #expect(try other.ask(#"{"type":"ping"}"#).string("type") == "pong")
    }

    @Test func `revoking a user ends what came before, and lets in what comes after`() throws {
        let client = try connect(try server.token("ada"))
        let bob = Talker(try connect(try server.token("bob")))
        let moment = Self.now
        try outside.write { session throws(StoreError) in
            try session.revoke(.user("ada"), issuedBefore: moment, endsAt: moment + 60_000, now: moment)
        }
        try expectEnd(of: client, "TOKEN-REVOKED")
        #expect(try bob.ask(#"{"type":"ping"}"#).string("type") == "pong")
        let earlier = try TokenMint.mint(user: "ada", ttl: 600, now: moment / 1000 - 1, key: server.key)
        #expect(try refusal(earlier).code == "TOKEN-REVOKED")
        let later = try TokenMint.mint(user: "ada", ttl: 600, now: moment / 1000 + 1, key: server.key)
        #expect(try connect(later).status == 101)
    }

    @Test func `a disabled user is thrown out and kept out until he is enabled`() throws {
        try outside.write { session throws(StoreError) in
            try session.addUser("ada", password: "x", now: Self.now)
        }
        let token = try server.token("ada")
        let client = try connect(token)
        _ = try outside.write { session throws(StoreError) in try session.setDisabled(true, user: "ada") }
        try expectEnd(of: client, "TOKEN-USER-DISABLED")
        #expect(try refusal(token) == (403, "TOKEN-USER-DISABLED"))
        #expect(try refusal(opaque("ada").text) == (403, "TOKEN-USER-DISABLED"))
        _ = try outside.write { session throws(StoreError) in try session.setDisabled(false, user: "ada") }
        var status: Int?
        for _ in 0..<2000 where status != 101 { status = try connect(token).status }
        #expect(status == 101)
    }

    @Test func `what was withdrawn before the start is known from the first handshake on`() throws {
        let other = try TemporaryDirectory()
        let store = try DirectStore(path: other.path + "/" + Store.fileName)
        try store.write { session throws(StoreError) in
            try session.addUser("ada", password: "x", now: Self.now)
            try session.setDisabled(true, user: "ada")
            try session.revoke(.user("bob"), endsAt: Self.now + 60_000, now: Self.now + 1000)
        }
        let late = try TestServer(loops: 1, store: other.path)
        for (user, code) in [("ada", "TOKEN-USER-DISABLED"), ("bob", "TOKEN-REVOKED")] {
            let client = try TestClient(port: late.port, path: "/ws?token=\(late.token(user))")
            #expect(client.status == 403)
            #expect(try String(decoding: client.readSome(), as: UTF8.self).contains(code))
        }
    }
}
