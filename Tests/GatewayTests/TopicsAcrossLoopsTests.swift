import Bytes
import Foundation
import JSON
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(2))) struct TopicsAcrossLoopsTests {
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
        var subscribed: [Set<String>] = Array(repeating: [], count: clients.count)
        for step in 0..<600 {
            let client = Int.random(in: 0..<clients.count, using: &random)
            let topic = topics[Int.random(in: 0..<topics.count, using: &random)]
            switch Int.random(in: 0..<10, using: &random) {
            case 0...1:
                clients[client].send(#"{"type":"subscribe","topic":"\#(topic)"}"#)
                subscribed[client].insert(topic)
            case 2:
                clients[client].send(#"{"type":"unsubscribe","topic":"\#(topic)"}"#)
                subscribed[client].remove(topic)
            default:
                clients[client].send(#"{"type":"publish","topic":"\#(topic)","data":\#(step)}"#)
                published[topic, default: 0] += 1
            }
        }
        // Everybody's last words: when the answer is there, so is all that came before, from everywhere.
        for topic in topics {
            for client in clients { client.send(#"{"type":"publish","topic":"\#(topic)","data":"end","id":1}"#) }
        }
        for (number, client) in clients.enumerated() {
            var position: [String: Int] = [:]
            var acknowledged = 0
            var endings: [String: Int] = [:]
            let expectedEndings = clients.count * subscribed[number].count
            while acknowledged < topics.count || endings.values.reduce(0, +) < expectedEndings {
                guard case .text(let text) = try client.next() else {
                    Issue.record("seed \(seed): client \(number) got no text")
                    return
                }
                let message = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
                let topic = message["topic"] as? String ?? ""
                let offset = message["offset"] as? Int ?? -1
                switch message["type"] as? String {
                case "published": acknowledged += 1
                case "subscribed":
                    // Asked twice, one goes on where one was.
                    if let before = position[topic] { #expect(before == offset, "seed \(seed)") }
                    position[topic] = offset
                case "unsubscribed": position[topic] = nil
                case "message":
                    let before = try #require(position[topic], "seed \(seed): a message while not subscribed")
                    #expect(offset == before + 1, "seed \(seed): topic \(topic), loops \(loops)")
                    position[topic] = offset
                    if subscribed[number].contains(topic), message["data"] as? String == "end" {
                        endings[topic, default: 0] += 1
                    }
                default: Issue.record("seed \(seed): \(text)")
                }
            }
            #expect(Set(position.keys) == subscribed[number], "seed \(seed)")
            for (topic, offset) in position {
                #expect(offset == published[topic, default: 0] + clients.count, "seed \(seed)")
            }
        }
    }
}
