@testable import SockeyeClient
import Testing
import WebSocketWire

/// Topics over a connection, against a scripted server.
@Suite("Sockeye session", .timeLimit(.minutes(5)))
struct SockeyeSessionTests {
    /// Answers as `docs/protocol.md` says.
    static func server() throws -> TestServer {
        try TestServer { peer in
            peer.upgrade()
            var offset = 0
            while case .message(let text)? = peer.next() {
                // Every id is a number in quotes here.
                let id = text.split(separator: #""id":""#).last?.prefix { $0 != "\"" } ?? ""
                if text.contains(#""type":"auth""#) {
                    peer.send(
                        text: text.contains("good")
                            ? #"{"type":"authenticated","user":"ada"}"#
                            : #"{"type":"error","code":"AUTH-1","message":"no"}"#)
                } else if text.contains(#""topic":"secret""#) {
                    peer.send(text: #"{"type":"error","code":"TOPIC-1","message":"not yours","id":"\#(id)"}"#)
                } else if text.contains(#""type":"subscribe""#) {
                    peer.send(
                        text: #"{"type":"subscribed","topic":"news","epoch":"e","offset":0,"id":"\#(id)"}"#)
                } else if text.contains(#""type":"publish""#) {
                    offset += 1
                    let data = text.split(separator: #""data":"#).last.map { $0.dropLast() } ?? ""
                    peer.send(text: #"{"type":"message","topic":"news","offset":\#(offset),"data":\#(data)}"#)
                    peer.send(text: #"{"type":"published","topic":"news","offset":\#(offset),"id":"\#(id)"}"#)
                } else if text.contains(#""type":"unsubscribe""#) {
                    peer.send(text: #"{"type":"unsubscribed","topic":"news","id":"\#(id)"}"#)
                }
            }
            peer.close(.normal)
        }
    }

    @Test func `subscribe, publish, unsubscribe`() async throws {
        let server = try Self.server()
        defer { server.stop() }
        var options = ConnectOptions()
        options.token = AccessToken("good", in: .message)
        let session = try await SockeyeSession.connect(server.url, options: options)
        #expect(
            try await session.subscribe("news").position == SockeyeSession.Position(epoch: "e", offset: 0))
        #expect(try await session.publish(#"{"n": 1}"#, to: "news") == 1)
        #expect(try await session.publish("[2]", to: "news") == 2)
        try await session.unsubscribe("news")
        await session.close()
        var deliveries: [SockeyeSession.Delivery] = []
        for await delivery in session.deliveries { deliveries.append(delivery) }
        #expect(
            deliveries == [
                SockeyeSession.Delivery(topic: "news", offset: 1, data: #"{"n": 1}"#),
                SockeyeSession.Delivery(topic: "news", offset: 2, data: "[2]"),
            ])
        await #expect(throws: SockeyeSession.Failure.self) { try await session.subscribe("news") }
    }

    @Test func `refusals reach who asked`() async throws {
        let server = try Self.server()
        defer { server.stop() }
        let session = try await SockeyeSession.connect(server.url, options: ConnectOptions())
        await #expect(
            throws: SockeyeSession.Failure.refused(
                SockeyeFault(code: "TOPIC-1", message: "not yours", id: "1"))
        ) {
            try await session.subscribe("secret")
        }
        await #expect(throws: SockeyeSession.Failure.notJSON) { try await session.publish("{", to: "news") }
        await #expect(throws: SockeyeSession.Failure.refused(SockeyeFault(code: "AUTH-1", message: "no"))) {
            try await session.authenticate("bad")
        }
        await session.close()
    }

    @Test func `letting go closes with 1001 and ends the deliveries`() async throws {
        let seen = Seen<TestEvent?>()
        let server = try TestServer { peer in
            peer.upgrade()
            seen.note(peer.next())
            peer.close(.goingAway)
        }
        defer { server.stop() }
        let deliveries = try await SockeyeSession.connect(server.url, options: ConnectOptions()).deliveries
        #expect(await seen.first() == .close(.goingAway))
        for await _ in deliveries {}
    }
}
