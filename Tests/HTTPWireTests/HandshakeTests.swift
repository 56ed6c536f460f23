import Bytes
import HTTPWire
import Testing

@Suite("The opening handshake, server side (RFC 6455 §4.2)")
struct ServerHandshakeTests {
    /// The upgrade request of RFC 6455 §1.2 with some fields replaced; an empty value takes a field away.
    static func request(_ changes: [(String, String)] = [], line: String = "GET /chat HTTP/1.1") throws
        -> RequestHead
    {
        var fields = [
            ("Host", "server.example.com"), ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
        ]
        for (name, value) in changes {
            fields.removeAll { $0.0 == name }
            if !value.isEmpty { fields.append((name, value)) }
        }
        return try RequestHead(parsing: line + "\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n")
    }

    @Test("The example of RFC 6455 §1.3")
    func example() throws {
        let head = try Self.request([
            ("Origin", "http://example.com"), ("Sec-WebSocket-Protocol", "chat, superchat"),
        ])
        guard case .accepted(let accepted) = Handshake.validate(head) else {
            Issue.record("refused")
            return
        }
        #expect(accepted.key == "dGhlIHNhbXBsZSBub25jZQ==" && accepted.origin == "http://example.com")
        #expect(accepted.offeredProtocols == ["chat", "superchat"] && accepted.extensions == [])
        #expect(Handshake.acceptValue(for: accepted.key) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        let buffer = ByteBuffer()
        #expect(
            Handshake.appendResponse(
                accepted, subprotocol: "chat", extensions: "x; y", fields: [("A", "b")], to: buffer))
        #expect(
            String(decoding: buffer.bytes, as: UTF8.self)
                == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n"
                + "Sec-WebSocket-Extensions: x; y\r\nA: b\r\n\r\n")
        let other = ByteBuffer()
        #expect(
            !Handshake.appendResponse(
                key: accepted.key, fields: [("A", "b\r\nC: d"), ("Connection", "x")], to: other))
        #expect(String(decoding: other.bytes, as: UTF8.self).hasSuffix("zzhZRbK+xOo=\r\n\r\n"))
    }

    @Test(
        "Other spellings are right too",
        arguments: [
            [("Upgrade", "WebSocket")], [("Upgrade", "h2c, websocket")],
            [("Connection", "keep-alive, upgrade")],
            [("Connection", "UPGRADE")], [("Content-Length", "0")],
            [("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")],
            [("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAB==")],
            [("Sec-WebSocket-Protocol", "jwt, eyJh.e30.c2ln-_")],
            [("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")],
        ])
    func accepted(changes: [(String, String)]) throws {
        guard case .accepted = Handshake.validate(try Self.request(changes)) else {
            Issue.record("refused")
            return
        }
    }

    @Test(
        "is refused",
        arguments: [
            ([("Upgrade", "")], [Handshake.Refusal.missingUpgrade]),
            ([("Upgrade", "h2c")], [.upgradeIsNotWebSocket("h2c")]),
            ([("Upgrade", "websockets")], [.upgradeIsNotWebSocket("websockets")]),
            ([("Connection", "")], [.missingConnectionUpgrade(nil)]),
            ([("Connection", "close")], [.missingConnectionUpgrade("close")]),
            (
                [("Upgrade", ""), ("Connection", "close")],
                [.missingUpgrade, .missingConnectionUpgrade("close")]
            ),
            ([("Sec-WebSocket-Key", "")], [.missingKey]),
            ([("Sec-WebSocket-Key", "SGVsbG8sIHdvcmxkIQ==")], [.badKey]),
            ([("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=")], [.badKey]),
            ([("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQQQ")], [.badKey]),
            ([("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25-ZQ==")], [.badKey]),
            (
                [
                    (
                        "Sec-WebSocket-Key",
                        "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
                    )
                ], [.badKey]
            ),
            ([("Sec-WebSocket-Version", "")], [.missingVersion]),
            ([("Sec-WebSocket-Version", "8")], [.unsupportedVersion("8")]),
            ([("Sec-WebSocket-Version", "13, 8")], [.unsupportedVersion("13, 8")]),
            ([("Sec-WebSocket-Version", "013")], [.unsupportedVersion("013")]),
            ([("Sec-WebSocket-Protocol", "a b")], [.badSubprotocols]),
            ([("Sec-WebSocket-Protocol", "a, a")], [.badSubprotocols]),
            ([("Sec-WebSocket-Protocol", ",")], [.badSubprotocols]),
            ([("Content-Length", "1")], [.bodyNotAllowed]),
            ([("Transfer-Encoding", "chunked")], [.bodyNotAllowed]),
        ])
    func refused(changes: [(String, String)], refusals: [Handshake.Refusal]) throws {
        #expect(Handshake.validate(try Self.request(changes)) == .refused(refusals))
    }

    @Test("All reasons are told")
    func all() throws {
        let head = try RequestHead(parsing: "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n")
        #expect(
            Handshake.validate(head)
                == .refused([
                    .methodNotGET(.post), .httpVersion10, .missingHost, .missingUpgrade,
                    .missingConnectionUpgrade(nil),
                    .missingKey, .missingVersion, .bodyNotAllowed,
                ]))
    }

    @Test(
        "An attempt is recognised whatever a proxy took away",
        arguments: [
            ("Upgrade: websocket\r\n", true), ("Sec-WebSocket-Key: x\r\n", true),
            ("Sec-WebSocket-Version: 13\r\n", true),
            ("sec-websocket-extensions: x\r\n", true), ("Sec-WebSocket-Protocol: x\r\n", true),
            ("Upgrade: h2c\r\n", false),
            ("Connection: Upgrade\r\n", false), ("", false),
        ])
    func attempts(field: String, expected: Bool) throws {
        #expect(
            Handshake.isAttempt(try RequestHead(parsing: "GET / HTTP/1.1\r\nHost: a\r\n\(field)\r\n"))
                == expected)
    }
}

@Suite("The opening handshake, client side (RFC 6455 §4.1)")
struct ClientHandshakeTests {
    static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    @Test("The request is one that the server side accepts")
    func request() throws {
        let buffer = ByteBuffer()
        #expect(
            Handshake.appendRequest(
                host: "a:8000", target: "/ws?x=1", key: Self.key, subprotocols: ["p", "q"],
                extensions: "permessage-deflate", origin: "https://a",
                fields: [("Authorization", "Bearer t")], to: buffer))
        let head = try RequestHead(parsing: String(decoding: buffer.bytes, as: UTF8.self))
        guard case .accepted(let accepted) = Handshake.validate(head) else {
            Issue.record("refused")
            return
        }
        #expect(accepted.offeredProtocols == ["p", "q"] && accepted.extensions == ["permessage-deflate"])
        #expect(
            accepted.key == Self.key && accepted.origin == "https://a"
                && head.fields["authorization"] == "Bearer t")
        #expect(head.host == "a:8000" && head.target == "/ws?x=1")
    }

    @Test("Nothing that could break the request is written")
    func injection() throws {
        for (host, target, field) in [
            ("a\r\nX: y", "/", "b"), ("a", "/ HTTP/1.1\r\nX: y", "b"), ("a", "/", "b\r\nX: y"),
        ] {
            let buffer = ByteBuffer()
            #expect(
                !Handshake.appendRequest(
                    host: host, target: target, key: Self.key, fields: [("A", field)], to: buffer))
            #expect(!String(decoding: buffer.bytes, as: UTF8.self).contains("X: y"))
        }
    }

    @Test("Keys are 16 octets")
    func keys() {
        #expect(Handshake.key(from: (0, 0)) == "AAAAAAAAAAAAAAAAAAAAAA==")
        #expect(Base64.decode(Handshake.key(from: (.max, 12_345)))?.count == 16)
    }

    private func answer(_ changes: [(String, String)], line: String = "HTTP/1.1 101 x") throws -> ResponseHead
    {
        var fields = [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        ]
        for (name, value) in changes {
            fields.removeAll { $0.0 == name }
            if !value.isEmpty { fields.append((name, value)) }
        }
        let text = line + "\r\n" + fields.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
        return try #require(responses(in: Array(text.utf8)).head)
    }

    @Test("Agreements")
    func agreements() throws {
        let plain = try Handshake.verify(try answer([("Upgrade", "WebSocket")]), key: Self.key)
        #expect(plain.subprotocol == nil && plain.extensions == nil)
        let full = try Handshake.verify(
            try answer([
                ("Sec-WebSocket-Protocol", "q"),
                ("Sec-WebSocket-Extensions", "Permessage-Deflate; a=1, x-other"),
            ]),
            key: Self.key, subprotocols: ["p", "q"], extensions: "permessage-deflate;b, x-other")
        #expect(full.subprotocol == "q" && full.extensions == "Permessage-Deflate; a=1, x-other")
    }

    @Test(
        "is refused",
        arguments: [
            ([("Upgrade", "")], HandshakeError.missingUpgrade(nil)),
            ([("Upgrade", "h2c")], .missingUpgrade("h2c")),
            ([("Connection", "close")], .missingConnectionUpgrade("close")),
            ([("Sec-WebSocket-Accept", "")], .missingAccept),
            (
                [("Sec-WebSocket-Accept", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=")],
                .wrongAccept(
                    expected: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", received: "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            ),
            ([("Sec-WebSocket-Protocol", "r")], .unaskedSubprotocol("r")),
            ([("Sec-WebSocket-Protocol", "p, q")], .severalSubprotocols(["p", "q"])),
            ([("Sec-WebSocket-Extensions", "permessage-bzip2; a")], .unaskedExtension("permessage-bzip2")),
        ])
    func refused(changes: [(String, String)], error: HandshakeError) throws {
        let head = try answer(changes)
        #expect(throws: error) {
            _ = try Handshake.verify(
                head, key: Self.key, subprotocols: ["p", "q"], extensions: "permessage-deflate")
        }
        #expect(!error.description.isEmpty && !error.remedy.isEmpty && error.code.hasPrefix("CONNECT-"))
    }

    @Test("A status is explained", arguments: [200, 301, 400, 401, 403, 404, 426, 429, 502, 503, 504, 599])
    func status(_ status: Int) throws {
        let head = try answer([("Location", "https://b/")], line: "HTTP/1.1 \(status) Some Reason")
        let error = HandshakeError.notSwitched(status: status, reason: "Some Reason", location: "https://b/")
        #expect(throws: error) { _ = try Handshake.verify(head, key: Self.key) }
        #expect(error.description.contains("\(status) Some Reason") && !error.remedy.isEmpty)
    }
}
