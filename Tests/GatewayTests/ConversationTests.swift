import Configuration
import Foundation
import Testing
import WebSocketWire

@testable import Gateway

/// What a client says and what it is answered, word by word.
@Suite(.timeLimit(.minutes(5))) struct ConversationTests {
    private let server: TestServer

    init() throws { server = try TestServer(loops: 1) }

    private func ask(_ client: TestClient, _ text: String) throws -> String {
        client.send(text)
        guard case .text(let answer) = try client.next() else { return "" }
        return answer
    }

    @Test func `before authentication nothing but auth and ping is heard`() throws {
        let client = try TestClient(port: server.port, path: "/ws")
        #expect(try ask(client, "ping") == "pong")
        #expect(try ask(client, #"{"type":"ping","id":7}"#) == #"{"type":"pong","id":7}"#)
        for command in [
            #"{"type":"subscribe","topic":"a"}"#, #"{"type":"publish","topic":"a","data":1}"#,
            #"{"type":"unsubscribe","topic":"a"}"#,
        ] {
            #expect(try ask(client, command).contains(#""code":"authentication_required""#))
        }
        let token = try server.token("ada")
        #expect(
            try ask(client, #"{"type":"auth","token":"\#(token)"}"#).hasPrefix(
                #"{"type":"authenticated","user":"ada""#))
        #expect(
            try ask(client, #"{"type":"publish","topic":"a","data":1,"id":"x"}"#).hasSuffix(
                #""offset":1,"id":"x"}"#))
    }

    @Test func `data goes through byte for byte`() throws {
        let client = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        _ = try ask(client, #"{"type":"subscribe","topic":"t\u0022"}"#)
        let data = #"{ "a" : [1.50, "\u00e9\/ä"],"b":null }"#
        #expect(
            try ask(client, #"{"data": \#(data) ,"topic":"t\"","type":"publish"}"#)
                == #"{"type":"message","topic":"t\"","offset":1,"data":\#(data)}"#)
    }

    @Test func `a user's own topic is his alone`() throws {
        let client = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        #expect(
            try ask(client, #"{"type":"subscribe","topic":"user:ada"}"#).hasPrefix(#"{"type":"subscribed""#))
        for type in ["subscribe", "publish"] {
            #expect(
                try ask(client, #"{"type":"\#(type)","topic":"user:bob","data":1}"#)
                    .contains(#""code":"topic_forbidden""#))
        }
    }

    @Test func `a refused first token is told and closes, a refused renewal is told`() throws {
        let stranger = try TestClient(port: server.port, path: "/ws")
        let refusal = try ask(stranger, #"{"type":"auth","token":"nonsense"}"#)
        #expect(refusal.contains(#""code":"TOKEN-MALFORMED""#), "\(refusal)")
        #expect(try stranger.next() == .closed(3502, "token refused"))

        let client = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        #expect(
            try ask(client, #"{"type":"auth","token":"nonsense"}"#).contains(#""code":"TOKEN-MALFORMED""#))
        #expect(
            try ask(client, #"{"type":"auth","token":"\#(try server.token("bob"))"}"#).contains(
                #""code":"other_user""#))
        #expect(
            try ask(client, #"{"type":"auth","token":"\#(try server.token("ada"))"}"#)
                .hasPrefix(#"{"type":"authenticated""#))
    }

    @Test func `limits are told with their numbers`() throws {
        let server = try TestServer(loops: 1) {
            $0.maxSubscriptions = 2
            $0.publishLimit = 1024
        }
        let client = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        _ = try ask(client, #"{"type":"subscribe","topic":"a"}"#)
        _ = try ask(client, #"{"type":"subscribe","topic":"b"}"#)
        #expect(
            try ask(client, #"{"type":"subscribe","topic":"c"}"#).contains(
                #""code":"too_many_subscriptions""#))
        let long = String(repeating: "x", count: 1024)
        #expect(
            try ask(client, #"{"type":"publish","topic":"a","data":"\#(long)"}"#).contains(
                #""code":"data_too_long""#))
    }

    @Test func `a binary message is refused, an unknown type names the nearest`() throws {
        let client = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        client.write(client.frame(.binary, [1, 2, 3]))
        guard case .text(let binary) = try client.next() else { throw Refused() }
        #expect(binary.contains(#""code":"binary_message""#))
        let unknown = try ask(client, #"{"type":"authenticate","token":"x"}"#)
        #expect(unknown.contains(#""code":"unknown_type""#) && unknown.contains("auth"))
    }

    @Test func `the first messages may come with the handshake`() throws {
        let client = try TestClient(port: server.port)
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        let head = "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\(key)\r\n"
        client.write(
            Array(head.utf8) + client.frame(.text, Array("one".utf8)) + client.frame(.text, Array("two".utf8))
                + client.frame(.close, [3, 232]))
        let answer = try client.readAll()
        #expect(answer.hasPrefix("HTTP/1.1 101 "))
        #expect(
            answer.hasSuffix("\u{81}\u{3}one") == false && answer.contains("one") && answer.contains("two"))
    }

    @Test(arguments: [false, true])
    func `who pipelines faster than it reads gets every answer all the same`(isHalfClosed: Bool) throws {
        let server = try TestServer(loops: 1) {
            $0.outboundHigh = 256 << 10
            $0.outboundLow = 64 << 10
        }
        let count = 3000
        let one = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let last = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let client = try TestClient(
            port: server.port,
            request: String(repeating: one, count: count) + (isHalfClosed ? "" : last))
        if isHalfClosed { client.shutdownWrite() }
        let answers = try client.readAll()
        #expect(
            answers.components(separatedBy: "HTTP/1.1 200 OK\r\n").count - 1 == count + (isHalfClosed ? 0 : 1)
        )
        #expect(isHalfClosed || answers.hasSuffix(#"{"status":"ok"}"#))
    }

    @Test func `a handshake that is finished while the server stops is told so`() throws {
        let server = try TestServer(loops: 1)
        let witness = try TestClient(port: server.port, path: "/echo")
        let client = try TestClient(port: server.port)
        client.write(Array("GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n".utf8))
        // The answer to the first request tells that the beginning of the second is there as well.
        var health = [UInt8]()
        while health.last != UInt8(ascii: "}") { health += try client.readSome() }
        Thread.detachNewThread { server.drain() }
        #expect(try witness.next() == .closed(1001, "server is shutting down"))
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        client.write(Array("Upgrade: websocket\r\nConnection: Upgrade\r\n\(key)\r\n".utf8))
        let answer = try client.readAll()
        #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("SERVER-STOPPING"))
    }

    @Test func `an endpoint hides neither the page nor what the server answers itself`() throws {
        let server = try TestServer(loops: 1) {
            $0.endpoints = [
                EndpointOptions(path: "/", dialect: .echo), EndpointOptions(path: "/{room}", dialect: .echo),
            ]
        }
        for (path, part) in [
            ("/", "<title>Sockeye"), ("/health", #"{"status":"ok"}"#), ("/page.js", "use strict"),
        ] {
            let request = "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let answer = try TestClient(port: server.port, request: request).readAll()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains(part))
        }
        for path in ["/", "/health", "/kitchen"] {
            #expect(try TestClient(port: server.port, path: path).status == 101)
        }
        let request = "GET /kitchen HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        #expect(
            try TestClient(port: server.port, request: request).readAll().contains("HANDSHAKE-NO-UPGRADE"))
    }

    @Test func `a later head has no more time than the first`() throws {
        let server = try TestServer(loops: 1) { $0.handshakeTimeout = .milliseconds(300) }
        let whole = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
        let answer = try TestClient(port: server.port, request: whole + "GET /he").readAll()
        #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("HTTP/1.1 408 "))
        #expect(answer.contains("within 300ms"))
    }

    @Test func `a PROXY header comes in pieces, and a request behind it`() throws {
        let server = try TestServer(loops: 1) { $0.proxyProtocol = true }
        let client = try TestClient(port: server.port, request: "PROXY TCP4 ")
        client.write(Array("203.0.113.9 203.0.113.1 5".utf8))
        client.write(Array("6324 443\r\nGET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
        #expect(try client.readAll().hasSuffix(#"{"status":"ok"}"#))
    }

    @Test func `half a PROXY header with an end behind it is not waited for`() throws {
        let server = try TestServer(loops: 1) {
            $0.proxyProtocol = true
            $0.handshakeTimeout = .seconds(600)
        }
        let client = try TestClient(port: server.port, request: "PROXY TCP4 203.0.113.9")
        client.shutdownWrite()
        #expect(try client.readAll() == "")
    }

    @Test func `without a heartbeat nobody is pinged, and the silent are let go all the same`() throws {
        let server = try TestServer(loops: 1) {
            $0.pingInterval = .zero
            $0.idleTimeout = .milliseconds(500)
        }
        let client = try TestClient(port: server.port, path: "/echo")
        #expect(try client.next() == .closed(3004, "no sign of life"))
    }

    @Test func `a drained server says 1001 and answers no more`() throws {
        let server = try TestServer(loops: 2)
        let clients = try (0..<6).map { _ in try TestClient(port: server.port, path: "/echo") }
        // A thread of its own: the tests' threads wait for sockets.
        Thread.detachNewThread { server.drain() }
        for client in clients {
            guard case .closed(1001, _) = try client.next() else { throw Refused() }
            client.write(client.frame(.close, [3, 233]))
            #expect(try client.next() == .end)
        }
    }

    @Test func `everybody is sent away for another moment, evenly spread`() throws {
        let server = try TestServer(loops: 2) { $0.reconnectSpread = .seconds(12) }
        let token = try server.token("ada")
        let clients = try (0..<12).map { _ in try TestClient(port: server.port, path: "/ws?token=\(token)") }
        Thread.detachNewThread { server.drain() }
        var delays: [Int] = []
        for client in clients {
            guard case .text(let text) = try client.next() else { throw Refused() }
            #expect(text.hasPrefix(#"{"type":"going_away","reconnect_within_ms":"#))
            delays.append(Int(text.filter(\.isNumber)) ?? 0)
            #expect(try client.next() == .closed(1001, "server is shutting down"))
        }
        delays.sort()
        #expect(Set(delays).count >= 11 && delays.allSatisfy { (1...12_000).contains($0) }, "\(delays)")
        #expect(delays[3] <= 6000 && delays[8] >= 6000, "\(delays)")
    }

    @Test func `nobody is told where no spread is wanted`() throws {
        let server = try TestServer(loops: 1) { $0.reconnectSpread = .zero }
        let client = try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))")
        Thread.detachNewThread { server.drain() }
        #expect(try client.next() == .closed(1001, "server is shutting down"))
    }

    @Test func `readiness ends before the server does`() throws {
        let server = try TestServer(loops: 1)
        let witness = try TestClient(port: server.port, path: "/echo")
        let client = try TestClient(port: server.port)
        client.write(Array("GET /health HTTP/1.1\r\nHost: a\r\n\r\nGET /health HTTP/1.1\r\n".utf8))
        var health = [UInt8]()
        while health.last != UInt8(ascii: "}") { health += try client.readSome() }
        Thread.detachNewThread { server.drain() }
        #expect(try witness.next() == .closed(1001, "server is shutting down"))
        client.write(Array("Host: a\r\n\r\n".utf8))
        let answer = try client.readAll()
        #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.hasSuffix(#"{"status":"stopping"}"#))
    }

    private struct Refused: Error {}
}
