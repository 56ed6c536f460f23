import Bytes
import Foundation
import JSON
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(5))) struct TopicsAcrossLoopsTests {
    /// Whatever the order and whichever loops are involved: who is subscribed gets every message after the position
    /// he was told, in order, once, and nothing after he was told that he is out.
    @Test(arguments: [1, 2, 4])
    func `no gap, no duplicate, one order`(loops: Int) throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let server = try TestServer(loops: loops)
        let clients = try (0..<8).map { number in
            try TestClient(port: server.port, path: "/ws?token=\(try server.token("user-\(number)"))")
        }
        let topics = ["a", "b", "c"]
        var published: [String: Int] = [:]
        var expected = clients.map { _ in Expectation() }
        for step in 0..<600 {
            let client = Int.random(in: 0..<clients.count, using: &random)
            let topic = topics[Int.random(in: 0..<topics.count, using: &random)]
            switch Int.random(in: 0..<10, using: &random) {
            case 0...1:
                clients[client].send(#"{"type":"subscribe","topic":"\#(topic)"}"#)
                expected[client].topics.insert(topic)
                expected[client].answers += 1
            case 2:
                clients[client].send(#"{"type":"unsubscribe","topic":"\#(topic)"}"#)
                expected[client].topics.remove(topic)
                expected[client].answers += 1
            default:
                clients[client].send(#"{"type":"publish","topic":"\#(topic)","data":\#(step)}"#)
                published[topic, default: 0] += 1
            }
        }
        var listeners = clients.map { Listener(client: $0, seed: seed) }
        // Once everybody has his answers, nobody's subscriptions change any more; then everybody says a last word.
        for number in clients.indices {
            while listeners[number].answers < expected[number].answers { try listeners[number].hear() }
        }
        for topic in topics {
            for client in clients { client.send(#"{"type":"publish","topic":"\#(topic)","data":"end"}"#) }
        }
        for number in clients.indices {
            let topics = expected[number].topics
            while listeners[number].endings < clients.count * topics.count { try listeners[number].hear() }
            #expect(Set(listeners[number].position.keys) == topics, "seed \(seed)")
            for (topic, offset) in listeners[number].position {
                #expect(offset == published[topic, default: 0] + clients.count, "seed \(seed)")
            }
        }
    }

    private struct Expectation {
        var topics: Set<String> = []
        var answers = 0
    }

    /// One client's view of the streams, checked message by message.
    private struct Listener {
        let client: TestClient
        let seed: UInt64
        var position: [String: Int] = [:]
        var answers = 0
        var endings = 0

        mutating func hear() throws {
            guard case .text(let text) = try client.next(),
                let message = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                let topic = message["topic"] as? String
            else {
                Issue.record("seed \(seed): no message about a topic")
                throw Ended()
            }
            let offset = message["offset"] as? Int ?? -1
            switch message["type"] as? String {
            case "subscribed":
                answers += 1
                // Asked twice, one goes on where one was.
                if let before = position[topic] { #expect(before == offset, "seed \(seed)") }
                position[topic] = offset
            case "unsubscribed":
                answers += 1
                position[topic] = nil
            case "message":
                let before = try #require(position[topic], "seed \(seed): a message while not subscribed")
                #expect(offset == before + 1, "seed \(seed): topic \(topic)")
                position[topic] = offset
                if message["data"] as? String == "end" { endings += 1 }
            default:
                Issue.record("seed \(seed): \(text)")
            }
        }

        private struct Ended: Error {}
    }
}
