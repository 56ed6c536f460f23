import Bytes
import Configuration
import Foundation
import JSON
import PubSub
import Testing
import WebSocketWire

@testable import Gateway

/// What a WebSocket would be sent, as server-sent events.
@Suite struct EventStreamRewritingTests {
    private func frames(_ messages: String...) -> [UInt8] {
        let buffer = ByteBuffer()
        for message in messages {
            Array(message.utf8).withUnsafeBytes { FrameWriter.append(.text, payload: $0, to: buffer) }
        }
        return buffer.array
    }

    private func rewritten(_ stream: EventStream, _ frames: [UInt8]) -> String {
        let buffer = ByteBuffer()
        frames.withUnsafeBytes { stream.append(frames: $0, to: buffer) }
        return String(decoding: buffer.array, as: UTF8.self)
    }

    private func join(
        _ stream: EventStream, _ topic: String, _ epoch: UInt64, _ offset: UInt64,
        _ recovery: JoinAnswer.Recovery = .notAsked
    ) {
        stream.joined(
            JoinAnswer(
                topic: topic, lane: .plain, position: StreamPosition(epoch: Epoch(epoch), offset: offset),
                recovery: recovery))
    }

    @Test func `each message is an event, with the position of every topic`() {
        let stream = EventStream(topics: ["a", "b\""], lastID: nil)
        join(stream, "a", 35, 4)
        #expect(
            rewritten(stream, frames(#"{"type":"subscribed","topic":"a","epoch":"z","offset":4}"#))
                == "id: z.4,-\ndata: {\"type\":\"subscribed\",\"topic\":\"a\",\"epoch\":\"z\",\"offset\":4}\n\n"
        )
        join(stream, "b\"", 36, 0)
        let text = rewritten(
            stream,
            frames(
                #"{"type":"message","topic":"a","offset":5,"data":1}"#,
                #"{"type":"message","topic":"b\"","offset":1,"data":2}"#,
                #"{"type":"message","topic":"other","offset":9,"data":3}"#,
                #"{"type":"error","code":"x"}"#)
        )
        #expect(
            text
                == """
                id: z.5,10.0
                data: {"type":"message","topic":"a","offset":5,"data":1}

                id: z.5,10.1
                data: {"type":"message","topic":"b\\"","offset":1,"data":2}

                data: {"type":"message","topic":"other","offset":9,"data":3}

                data: {"type":"error","code":"x"}


                """)
    }

    @Test func `line breaks in the data are lines of data`() {
        let stream = EventStream(topics: [], lastID: nil)
        #expect(
            rewritten(stream, frames("{\"data\":\n[1,\r\n2]\r}"))
                == "data: {\"data\":\ndata: [1,\ndata: \ndata: 2]\ndata: }\n\n")
    }

    @Test(arguments: [0, 1, 125, 126, 65535, 65536, 100_000])
    func `frames of every length are read`(_ length: Int) {
        let stream = EventStream(topics: [], lastID: nil)
        let text = String(repeating: "x", count: length)
        #expect(rewritten(stream, frames(text, "end")) == "data: \(text)\n\ndata: end\n\n")
    }

    @Test func `pings are comments, a window is a retry, and a close is the last event`() {
        let stream = EventStream(topics: [], lastID: nil)
        let buffer = ByteBuffer()
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        FrameWriter.append(.ping, payload: nothing, to: buffer)
        #expect(rewritten(stream, buffer.array) == ":\n\n")
        let away = #"{"type":"going_away","reconnect_within_ms":1234}"#
        #expect(rewritten(stream, frames(away)) == "retry: 1234\ndata: \(away)\n\n")
        buffer.removeAll(keepingCapacity: 1024)
        FrameWriter.appendClose(
            CloseCode(rawValue: 3503), reason: "token \"ended\"", maskingKey: nil, to: buffer)
        let text = rewritten(stream, buffer.array + frames("never"))
        #expect(text == #"data: {"type":"closed","code":3503,"reason":"token \"ended\""}"# + "\n\n")
    }

    @Test func `an id says where each topic goes on, and one of another making says nothing`() {
        let stream = EventStream(topics: ["a", "b"], lastID: "z.5,-")
        #expect(
            stream.waiting.reversed().map(\.wish.since) == [StreamPosition(epoch: Epoch(35), offset: 5), nil])
        #expect(stream.waiting.reversed().map(\.topic) == ["a", "b"])
        // What was missed follows; until it has come the position is the old one.
        join(stream, "a", 35, 7, .recovered)
        #expect(
            rewritten(stream, frames(#"{"type":"subscribed","topic":"a"}"#)).hasPrefix("id: z.5,-\n"))
        #expect(
            rewritten(stream, frames(#"{"type":"message","topic":"a","offset":6,"data":1}"#))
                .hasPrefix("id: z.6,-\n"))
        let refused = EventStream(topics: ["a"], lastID: "z.5")
        join(refused, "a", 36, 2, .refused(.epochChanged))
        #expect(
            rewritten(refused, frames(#"{"type":"subscribed","topic":"a"}"#)).hasPrefix("id: 10.2\n"))
        for id in [
            "", "z.5", "z.5,y.1,x.2", ".5,z.1x", "nonsense,5", "z.-1,zzzzzzzzzzzzzzzzzz.1", ",", "z,z",
        ] {
            #expect(EventStream(topics: ["a", "b"], lastID: id).waiting.allSatisfy { $0.wish.since == nil })
        }
        #expect(EventStream(topics: [], lastID: "z.5").waiting.isEmpty)
    }

    @Test func `random bytes as frames end without a trap`() {
        var random = SplitMix64(seed: .random(in: .min ... .max))
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            _ = rewritten(EventStream(topics: ["a"], lastID: nil), bytes)
        }
    }
}

/// Server-sent events over real connections: on one loop, and across several.
@Suite(.timeLimit(.minutes(2))) struct EventStreamTests {
    /// A client of events: reads one after the other.
    final class Listener {
        let client: TestClient
        private(set) var head = ""
        private var rest: [UInt8] = []

        init(_ server: TestServer, _ target: String, fields: String = "") throws {
            client = try TestClient(
                port: server.port,
                request: "GET \(target) HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\(fields)\r\n")
            head = try read("\r\n\r\n")
        }

        /// Up to and including an end; what there is at the end of the stream.
        private func read(_ end: String) throws -> String {
            while true {
                if let range = rest.firstRange(of: Array(end.utf8)) {
                    let part = rest[..<range.upperBound]
                    rest = Array(rest[range.upperBound...])
                    return String(decoding: part, as: UTF8.self)
                }
                let more = try client.readSome()
                if more.isEmpty { return String(decoding: rest, as: UTF8.self) }
                rest += more
            }
        }

        /// The next event; comments and a bare retry are passed over.
        func next() throws -> (id: String?, data: JSONValue?) {
            while true {
                let lines = try read("\n\n").split(separator: "\n")
                if lines.isEmpty { return (nil, nil) }
                func field(_ name: String) -> [String] {
                    lines.filter { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
                }
                let data = field("data").joined(separator: "\n")
                if !data.isEmpty { return (field("id").first, try JSONValue.parse(data)) }
            }
        }
    }

    private func server(_ loops: Int, _ change: (inout Options) -> Void = { _ in }) throws -> TestServer {
        try TestServer(loops: loops) { options in
            var topic = TopicOptions(pattern: "kept:*")
            topic.history = 100
            options.topics = [topic]
            change(&options)
        }
    }

    private func publish(_ server: TestServer, _ topic: String, _ data: Int) throws {
        let talker = Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token("pub"))"))
        let answer = try talker.ask(#"{"type":"publish","topic":"\#(topic)","data":\#(data),"id":1}"#)
        #expect(answer.string("type") == "published")
    }

    @Test(arguments: [1, 3]) func `topics are heard, and the past is given to who comes back`(_ loops: Int)
        throws
    {
        let server = try server(loops)
        let token = try server.token("ada")
        let listener = try Listener(server, "/ws?topic=kept:a&topic=plain&token=\(token)")
        #expect(listener.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        for field in ["Content-Type: text/event-stream", "X-Accel-Buffering: no", "Cache-Control: no-store"] {
            #expect(listener.head.contains(field))
        }
        let subscribed = try (0..<2).map { _ in try listener.next().data?["topic"]?.stringValue }
        #expect(Set(subscribed) == ["kept:a", "plain"])
        try publish(server, "kept:a", 1)
        let first = try listener.next()
        #expect(first.data?["data"] == .number(JSONNumber(1)))
        let id = try #require(first.id)
        for number in 2...4 { try publish(server, "kept:a", number) }
        let again = try Listener(
            server, "/ws?topic=kept:a&topic=plain",
            fields: "Authorization: Bearer \(token)\r\nLast-Event-ID: \(id)\r\n")
        var (numbers, recovered) = ([Int](), Bool?.none)
        while numbers.count < 3 {
            let event = try again.next()
            if event.data?["topic"]?.stringValue == "kept:a", let flag = event.data?["recovered"]?.boolValue {
                recovered = flag
            }
            if case .number(let number)? = event.data?["data"] { numbers += [Int(number.text) ?? 0] }
        }
        #expect(recovered == true && numbers == [2, 3, 4])
    }

    @Test func `what may not be heard is refused as it is over a WebSocket`() throws {
        let server = try server(1) {
            var right = RightOptions(topic: "kept:*")
            right.allow = [.subscribe]
            $0.rights = [right]
            $0.profile = .production
            $0.allowedOrigins = ["https://app.example"]
        }
        let token = try server.token("ada")
        let listener = try Listener(
            server, "/ws?topic=secret&topic=kept:a&token=\(token)",
            fields: "Origin: https://app.example\r\nLast-Event-ID: z.1,z.1\r\n")
        #expect(listener.head.contains("Access-Control-Allow-Origin: https://app.example\r\n"))
        #expect(try listener.next().data?["code"]?.stringValue == "topic_forbidden")
        // Who may hear but not look back begins anew.
        let second = try listener.next().data
        #expect(second?["topic"]?.stringValue == "kept:a" && second?["recovered"] == nil)
        for (target, fields, status) in [
            ("/ws?topic=a", "", "401"), ("/ws?topic=a&token=x", "", "403"),
            ("/ws?topic=a&token=\(token)", "Origin: https://evil.example\r\n", "403"),
            ("/ws?topic=&token=\(token)", "", "400"),
            (
                "/ws?token=\(token)" + (0...EventStreamTests.limit).map { "&topic=t\($0)" }.joined(), "",
                "400"
            ),
            ("/echo", "", "426"),
        ] {
            #expect(try Listener(server, target, fields: fields).head.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    private static let limit = Connection.topicLimit

    @Test func `an endpoint may give none`() throws {
        let server = try server(1) { $0.endpoints[0].eventStream = false }
        let listener = try Listener(server, "/ws?topic=a&token=\(try server.token("ada"))")
        #expect(listener.head.hasPrefix("HTTP/1.1 426 "))
    }

    @Test func `a server that goes away says when to come back, and ends the response`() throws {
        let server = try server(2)
        let listener = try Listener(server, "/ws?topic=a&token=\(try server.token("ada"))")
        _ = try listener.next()
        server.drain()
        #expect(try listener.next().data?["type"]?.stringValue == "going_away")
        let closed = try listener.next().data
        #expect(closed?["type"]?.stringValue == "closed" && closed?["code"] == .number(JSONNumber(1001)))
        #expect(try listener.next().data == nil)
    }

    @Test func `bytes behind the request are not heard`() throws {
        let server = try server(1)
        let token = try server.token("ada")
        let listener = try Listener(
            server, "/ws?topic=a&token=\(token)", fields: "X: y\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n")
        #expect(try listener.next().data?["type"]?.stringValue == "subscribed")
        try publish(server, "a", 7)
        #expect(try listener.next().data?["data"] == .number(JSONNumber(7)))
    }

    @Test func `a backend decides about each topic`() throws {
        let backend = try Backend { request in
            request.answer(
                request.body.contains("bad") ? #"{"allow":false,"code":"no"}"# : #"{"allow":true}"#)
        }
        var hook = WebhookOptions(url: backend.url("/hook"))
        (hook.events, hook.decide) = ([.connect, .subscribe], true)
        let server = try server(2) { $0.webhooks = [hook] }
        let listener = try Listener(
            server, "/ws?topic=a&topic=bad&topic=b&token=\(try server.token("ada"))")
        var seen: [String] = []
        for _ in 0..<3 {
            let data = try listener.next().data
            seen.append(data?["topic"]?.stringValue ?? data?["code"]?.stringValue ?? "?")
        }
        #expect(Set(seen) == ["a", "no", "b"])
    }
}
