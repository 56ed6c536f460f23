import Configuration
import PubSub
import Testing

@testable import Gateway

/// What becomes of readers that are slower than their topics.
@Suite(.timeLimit(.minutes(5))) struct SlowReaderTests {
    private static let count = 400

    /// A publisher says far more than the sockets between hold, while nobody reads.
    private func publish(_ topic: String, on server: TestServer) throws {
        let publisher = Talker(
            try TestClient(port: server.port, path: "/ws?token=\(try server.token("bob"))"))
        let data = String(repeating: "x", count: 64 * 1024)
        for number in 1...Self.count {
            publisher.say(#"{"type":"publish","topic":"\#(topic)","data":"\#(data)","id":\#(number)}"#)
            _ = try publisher.hear()
        }
    }

    private func server(_ loops: Int) throws -> TestServer {
        try TestServer(loops: loops) {
            var price = TopicOptions(pattern: "price:*")
            price.slowReader = .latest
            $0.topics = [price]
            $0.outboundHigh = 256 * 1024
            $0.outboundLow = 64 * 1024
        }
    }

    private func subscriber(_ server: TestServer, _ topic: String) throws -> Talker {
        let client = Talker(try TestClient(port: server.port, path: "/ws?token=\(try server.token("ada"))"))
        _ = try client.ask(#"{"type":"subscribe","topic":"\#(topic)"}"#)
        return client
    }

    @Test(arguments: [1, 3]) func `where only the latest counts it is skipped and then told the latest`(
        _ loops: Int
    )
        throws
    {
        let server = try server(loops)
        let slow = try subscriber(server, "price:gold")
        try publish("price:gold", on: server)
        var offsets: [Int] = []
        while offsets.last != Self.count { offsets.append(try slow.hear().numbers("offset")[0]) }
        #expect(offsets == offsets.sorted() && Set(offsets).count == offsets.count)
        #expect(offsets.count < Self.count, "the sockets between held everything: nothing was shown")
        // From then on it hears everything again.
        slow.say(#"{"type":"publish","topic":"price:gold","data":1}"#)
        #expect(try slow.hear().integer("offset") == Self.count + 1)
    }

    @Test func `elsewhere it is closed, and comes back`() throws {
        let server = try server(1)
        let slow = try subscriber(server, "news")
        try publish("news", on: server)
        var event = try slow.client.next()
        while case .text = event { event = try slow.client.next() }
        #expect(event == .closed(3002, "reads too slowly"))
    }

    @Test func `what nobody is behind on any more is not kept`() {
        var laggards = Laggards()
        laggards.fallBehind(1, on: "a")
        laggards.fallBehind(1, on: "a")
        laggards.fallBehind(1, on: "b")
        laggards.fallBehind(2, on: "a")
        for (topic, byte) in [("a", 1), ("b", 2), ("a", 3), ("c", 4)] {
            laggards.update(topic, .plain) { [UInt8(byte)] }
        }
        laggards.forget(1, "b")
        var sent: [[UInt8]] = []
        laggards.catchUp(1, .plain) { sent.append($0) }
        #expect(sent == [[3]])
        #expect(!laggards.isEmpty)
        laggards.forget(2)
        #expect(laggards.isEmpty)
        var isAsked = false
        laggards.update("a", .plain) {
            isAsked = true
            return []
        }
        #expect(!isAsked)
    }
}
