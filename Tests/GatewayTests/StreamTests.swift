import Configuration
import Foundation
import JSON
import Outgoing
import Testing
import Tokens
import WebSocketWire

@testable import Gateway

/// Answers of backends, asked over real connections: on one loop, and across several.
@Suite(.timeLimit(.minutes(2)), .serialized) final class StreamTests {
    /// Kept for as long as the test.
    private var servers: [TestServer] = []

    private func server(
        _ loops: Int, _ backend: Backend, _ change: (inout CallOptions) -> Void = { _ in }
    ) throws -> TestServer {
        var call = CallOptions(name: "assistant", url: backend.url("/answer"))
        change(&call)
        let server = try TestServer(loops: loops) {
            $0.calls = [call]
            $0.outboundHigh = 128 << 10
            $0.outboundLow = 32 << 10
        }
        servers.append(server)
        return server
    }

    private func dial(_ server: TestServer, _ user: String = "ada") throws -> Talker {
        Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token(user))"))
    }

    private static let command = #"{"type":"call","call":"assistant","data":{"q":"why?"},"id":7}"#

    /// The text of the pieces up to the message that ends the stream, whose offsets must count on without a gap.
    private func read(_ talker: Talker, after first: Int = 0) throws -> (text: String, end: Talker.Heard) {
        var (text, offset) = ("", first)
        while true {
            let heard = try talker.hear()
            guard heard.string("type") == "piece" else { return (text, heard) }
            offset += 1
            #expect(heard.integer("offset") == offset)
            text += heard.string("data") ?? ""
        }
    }

    @Test(arguments: [1, 3]) func `an answer comes in numbered pieces, and then its end`(_ loops: Int) throws
    {
        let backend = try Backend { request in
            request.begin()
            for word in ["a", "b", "c"] { request.send("data: \(word)\n\n") }
        }
        let client = try dial(try server(loops, backend))
        let opened = try client.ask(Self.command)
        let stream = try #require(opened.string("stream"))
        #expect(
            opened.text
                == #"{"type":"stream","stream":"\#(stream)","call":"assistant","state":"open","id":7}"#)
        let (text, end) = try read(client)
        #expect(text == "abc")
        #expect(end.text == #"{"type":"stream","stream":"\#(stream)","state":"done","offset":3}"#)
        let body = try #require(backend.bodies.first)
        #expect(body.hasPrefix(#"{"user":"ada","claims":{"sub":"ada","#))
        #expect(body.hasSuffix(#"},"data":{"q":"why?"},"stream":"\#(stream)"}"#))
    }

    @Test func `a backend is told the claims of the token in force, unless it is not to know them`() throws {
        let backend = try Backend { $0.answer("1") }
        for tells in [true, false] {
            let server = try server(1, backend) { $0.claims = tells }
            let client = try dial(server)
            let now = Int64(Date().timeIntervalSince1970)
            let renewed = try TokenMint.mint(
                user: "ada", ttl: 700, now: now, key: server.key,
                claims: [.init(key: "plan", value: .string("gold"))])
            _ = try client.ask(#"{"type":"auth","token":"\#(renewed)"}"#)
            _ = try client.ask(Self.command)
            _ = try read(client)
        }
        #expect(backend.bodies.count == 2)
        #expect(try JSONValue.parse(backend.bodies[0])["claims"]?["plan"]?.stringValue == "gold")
        #expect(try JSONValue.parse(backend.bodies[1])["claims"] == nil)
    }

    @Test func `a call is signed where there is a secret`() throws {
        let directory = try TemporaryDirectory()
        try Data("s3cret\n".utf8).write(to: URL(filePath: directory.path + "/secret"))
        let isSigned = Answer<Bool>()
        let backend = try Backend { request in
            isSigned.put(
                WebhookSignature.verifies(
                    request.field("Sockeye-Signature") ?? "", secret: Array("s3cret".utf8),
                    body: Array(request.body.utf8), now: Int64(Date().timeIntervalSince1970)))
            request.answer("1")
        }
        let client = try dial(try server(1, backend) { $0.secretFile = directory.path + "/secret" })
        _ = try client.ask(Self.command)
        _ = try read(client)
        #expect(isSigned.take())
    }

    @Test(
        arguments: [
            (
                CallOptions.Format.auto, "application/x-ndjson", "{\"a\":1}\n[2]\n",
                [#""data":{"a":1}}"#, #""data":[2]}"#]
            ),
            (.auto, "application/json", #"{"a": 1}"#, [#""data":{"a": 1}}"#]),
            (.auto, "text/plain", "h\"i", [#""data":"h\"i"}"#]),
            (.auto, "application/octet-stream", "abc", [#""data":"YWJj"}"#]),
            (
                .sse, "text/plain", "event: tool\ndata: {\"n\":1}\n\n", [#""data":{"n":1},"event":"tool"}"#]
            ),
            (
                .openai, "text/event-stream",
                "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n",
                [#""data":"Hi"}"#]
            ),
            (.ndjson, "text/plain", "1\n", [#""data":1}"#]),
            (.text, "application/json", "{}", [#""data":"{}"}"#]),
        ] as [(CallOptions.Format, String, String, [String])])
    func `each format gives its pieces`(
        _ format: CallOptions.Format, _ type: String, _ body: String, _ pieces: [String]
    ) throws {
        let backend = try Backend { $0.answer(body, type: type) }
        let client = try dial(try server(1, backend) { $0.format = format })
        _ = try client.ask(Self.command)
        for piece in pieces {
            let heard = try client.hear()
            #expect(heard.text.hasSuffix(piece), "\(heard.text)")
        }
        #expect(try client.hear().string("state") == "done")
    }

    @Test(arguments: [1, 3])
    func `who comes back in mid-answer goes on without a gap, and a second device sees all`(
        _ loops: Int
    ) throws {
        let (gate, second) = (Gate(), Gate())
        let backend = try Backend { request in
            request.begin()
            for number in 1...50 { request.send("data: \(number),\n\n") }
            _ = gate.wait()
            for number in 51...100 { request.send("data: \(number),\n\n") }
            _ = second.wait()
        }
        let server = try server(loops, backend)
        let stream: String
        do {
            let client = try dial(server)
            stream = try #require(try client.ask(Self.command).string("stream"))
            for number in 1...20 { #expect(try client.hear().integer("offset") == number) }
        }
        // The first connection is gone; the answer goes on without anybody.
        gate.open()
        let returned = try dial(server)
        let again = try returned.ask(#"{"type":"resume","stream":"\#(stream)","since":20,"id":"r"}"#)
        #expect(again.string("state") == "open" && again.string("call") == "assistant", "\(again.text)")
        for number in 21...100 {
            let heard = try returned.hear()
            #expect(heard.integer("offset") == number && heard.string("data") == "\(number),")
        }
        let device = try dial(server)
        _ = try device.ask(#"{"type":"resume","stream":"\#(stream)"}"#)
        for number in 1...100 { #expect(try device.hear().integer("offset") == number) }
        second.open()
        #expect(try returned.hear().string("state") == "done")
        #expect(try device.hear().string("state") == "done")
        // After the end it is kept for a while.
        let late = try dial(server)
        #expect(try late.ask(#"{"type":"resume","stream":"\#(stream)","since":98}"#).integer("offset") == 100)
        #expect(try read(late, after: 98).text == "99,100,")
        let ahead = try late.ask(#"{"type":"resume","stream":"\#(stream)","since":101}"#)
        #expect(ahead.string("code") == "position_unknown")
    }

    @Test(arguments: [1, 3]) func `cancel closes the connection to the backend at once, for all who read`(
        _ loops: Int
    ) throws {
        let closed = Gate()
        let backend = try Backend { request in
            request.begin()
            request.send("data: one\n\n")
            if request.waitForClose() { closed.open() }
        }
        let server = try server(loops, backend)
        let (client, device) = (try dial(server), try dial(server))
        let stream = try #require(try client.ask(Self.command).string("stream"))
        #expect(try client.hear().string("data") == "one")
        _ = try device.ask(#"{"type":"resume","stream":"\#(stream)","since":1}"#)
        let end = try client.ask(#"{"type":"cancel","stream":"\#(stream)","id":9}"#)
        #expect(
            end.text == #"{"type":"stream","stream":"\#(stream)","state":"cancelled","offset":1,"id":9}"#)
        #expect(try device.hear().string("state") == "cancelled")
        #expect(closed.wait())
        // Once more it is answered with how it ended.
        #expect(
            try client.ask(#"{"type":"cancel","stream":"\#(stream)"}"#).string("state") == "cancelled")
    }

    @Test func `a stream is its user's alone, and a disconnect does not end it`() throws {
        let gate = Gate()
        let backend = try Backend { request in
            request.begin()
            _ = gate.wait()
            request.send("data: x\n\n")
        }
        let server = try server(2, backend)
        let stream = try #require(try dial(server).ask(Self.command).string("stream"))
        let eve = try dial(server, "eve")
        for type in ["resume", "cancel"] {
            for name in [stream, "0-1", "9-1", "x", "", String(repeating: "0", count: 99)] {
                let heard = try eve.ask(#"{"type":"\#(type)","stream":"\#(name)","id":1}"#)
                #expect(heard.string("code") == "stream_unknown" && heard.integer("id") == 1)
            }
        }
        gate.open()
        let client = try dial(server)
        _ = try client.ask(#"{"type":"resume","stream":"\#(stream)"}"#)
        #expect(try read(client).text == "x")
    }

    @Test(arguments: [1, 3])
    func `a reader who does not read holds the backend, and gets everything when he does`(
        _ loops: Int
    ) throws {
        let total = 24 << 20
        let (held, gate) = (Gate(), Gate())
        let backend = try Backend { request in
            request.begin("text/plain")
            let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 16)
            let first = request.sendUntilHeld(bytes, limit: total, patience: 300)
            if first < total { held.open() }
            _ = gate.wait()
            var rest = total - first
            while rest > 0, request.send(String(repeating: "a", count: min(rest, 1 << 16))) {
                rest -= min(rest, 1 << 16)
            }
        }
        let client = try dial(try server(loops, backend) { $0.limit = 64 << 20 })
        _ = try client.ask(Self.command)
        #expect(held.wait())
        gate.open()
        let (text, end) = try read(client)
        #expect(text.utf8.count == total && end.string("state") == "done")
    }

    @Test func `without a reader the backend is held when enough is collected`() throws {
        let (held, gate) = (Gate(), Gate())
        let backend = try Backend { request in
            request.begin("text/plain")
            _ = gate.wait()
            let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 16)
            if request.sendUntilHeld(bytes, limit: 24 << 20, patience: 300) < 24 << 20 { held.open() }
            _ = request.waitForClose()
        }
        let server = try server(1, backend) { $0.limit = 64 << 20 }
        let stream = try #require(try dial(server).ask(Self.command).string("stream"))
        gate.open()
        #expect(held.wait())
        #expect(
            try dial(server).ask(#"{"type":"cancel","stream":"\#(stream)"}"#).string("state") == "cancelled")
    }

    @Test(arguments: [
        ("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "backend_failed"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\n",
            "backend_unavailable"
        ),
        ("nonsense", "backend_failed"),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: 2\r\n\r\n{\n",
            "backend_failed"
        ),
    ])
    func `what goes wrong is told by a code, without a word about the backend`(
        _ answer: String, _ code: String
    ) throws {
        let backend = try Backend { $0.send(answer) }
        let client = try dial(try server(1, backend))
        _ = try client.ask(Self.command)
        let end = try client.hear()
        #expect(end.string("state") == "failed" && end.string("code") == code, "\(end.text)")
        #expect(end.string("remedy") != nil && !end.text.contains("127.0.0.1"))
    }

    @Test func `limits: time, length, calls at once, names`() throws {
        let gate = Gate()
        let backend = try Backend { request in
            request.begin("text/plain")
            if request.body.contains("long") {
                request.send(String(repeating: "a", count: 70 << 10))
            } else if request.body.contains("wait") {
                _ = gate.wait()
            }
            _ = request.waitForClose()
        }
        let server = try server(2, backend) {
            $0.limit = 64 << 10
            $0.idle = .milliseconds(100)
            $0.concurrent = 1
        }
        let client = try dial(server)
        _ = try client.ask(#"{"type":"call","call":"assistant","data":"silence"}"#)
        #expect(try client.hear().string("code") == "backend_timeout")
        _ = try client.ask(#"{"type":"call","call":"assistant","data":"long"}"#)
        #expect(try read(client).end.string("code") == "stream_too_long")
        #expect(try client.ask(#"{"type":"call","call":"nobody","id":1}"#).string("code") == "call_unknown")
        gate.open()
        let (other, second) = (try dial(server, "bob"), try dial(server, "bob"))
        let stream = try #require(try other.ask(#"{"type":"call","call":"assistant"}"#).string("stream"))
        #expect(
            try second.ask(#"{"type":"call","call":"assistant"}"#).string("code") == "too_many_calls")
        #expect(
            try second.ask(#"{"type":"cancel","stream":"\#(stream)"}"#).string("state") == "cancelled")
        // Of those that have ended one is kept: the newer.
        #expect(try other.hear().string("state") == "cancelled")
        let newer = try #require(try other.ask(#"{"type":"call","call":"assistant"}"#).string("stream"))
        _ = try other.ask(#"{"type":"cancel","stream":"\#(newer)"}"#)
        #expect(
            try other.ask(#"{"type":"resume","stream":"\#(stream)"}"#).string("code") == "stream_unknown")
    }

    @Test func `a backend that does not listen`() throws {
        let backend = try Backend { _ in }
        backend.stop()
        let client = try dial(try server(1, backend))
        _ = try client.ask(Self.command)
        #expect(try client.hear().string("code") == "backend_unavailable")
    }

    @Test(arguments: [1, 3]) func `a server that goes away ends its streams`(_ loops: Int) throws {
        let closed = Gate()
        let backend = try Backend { request in
            request.begin()
            request.send("data: one\n\n")
            if request.waitForClose() { closed.open() }
        }
        let server = try server(loops, backend)
        let client = try dial(server)
        _ = try client.ask(Self.command)
        _ = try client.hear()
        let drained = Gate()
        Thread.detachNewThread {
            server.drain()
            drained.open()
        }
        let end = try client.hear()
        #expect(end.string("code") == "going_away" && end.integer("offset") == 1, "\(end.text)")
        #expect(closed.wait())
        while true {
            let event = try client.client.next()
            if event == .end { break }
            if case .closed = event { client.client.write(client.client.frame(.close, [0x03, 0xE9])) }
        }
        #expect(drained.wait())
    }

    @Test func `a stream among the messages of a topic keeps both in order`() throws {
        let backend = try Backend { request in
            request.begin()
            for number in 1...500 { request.send("data: \(number)\n\n") }
        }
        let client = try dial(try server(2, backend))
        _ = try client.ask(#"{"type":"subscribe","topic":"t"}"#)
        client.say(Self.command)
        for number in 1...200 { client.say(#"{"type":"publish","topic":"t","data":\#(number)}"#) }
        var (pieces, messages) = (0, 0)
        while pieces < 500 || messages < 200 {
            let heard = try client.hear()
            switch heard.string("type") {
            case "piece":
                pieces += 1
                #expect(heard.integer("offset") == pieces)
            case "message":
                messages += 1
                #expect(heard.integer("data") == messages)
            default: break
            }
        }
    }
}

/// Files with header lines.
@Suite struct HeaderFileTests {
    private func read(_ text: String) throws -> [String] {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/headers"
        try Data(text.utf8).write(to: URL(filePath: path))
        return try HeaderFile.read(path).map { "\($0.name)=\($0.value)" }
    }

    @Test func `lines are fields; comments and blank lines are not`() throws {
        let fields = try read("# the key\nAuthorization: Bearer a:b \r\n\n  X-Tenant:7\n")
        #expect(fields == ["Authorization=Bearer a:b", "X-Tenant=7"])
    }

    @Test(arguments: ["secret", ": x", "A b: c", "Host: x", "Content-Length: 1", "A: \u{1}"])
    func `what is no field is refused without being told`(_ line: String) throws {
        let error = try #require(throws: ServeError.self) { try read("A: b\n" + line) }
        #expect("\(error)".contains("line 2") && !"\(error)".contains("secret"))
    }

    @Test func `a file that is not there is named`() throws {
        let error = try #require(throws: ServeError.self) { try HeaderFile.read("/nonexistent/x") }
        #expect("\(error)".contains("/nonexistent/x"))
    }
}
