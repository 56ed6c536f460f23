import Configuration
import Testing
import WebSocketWire

@testable import Gateway

/// Many connections in one turn: what they are sent goes to the kernel together or one by one, and nobody can tell.
@Suite("Many in one turn", .timeLimit(.minutes(5))) struct CrowdTests {
    /// More than the kernel is handed at once.
    private static let crowd = 300

    private func server(_ usesRing: Bool, loops: Int = 1) throws -> TestServer {
        try TestServer(loops: loops) {
            $0.usesRing = usesRing
            // Nobody is too slow here.
            $0.outboundHigh = 64 << 20
        }
    }

    @Test("answers of every kind reach their own, in order", arguments: [true, false])
    func answers(usesRing: Bool) throws {
        let server = try server(usesRing)
        let clients = try (0..<Self.crowd).map { _ in try TestClient(port: server.port, path: "/echo") }
        for round in 0..<3 {
            server.hold {
                for (number, client) in clients.enumerated() { client.write(request(client, number, round)) }
            }
            for (number, client) in clients.enumerated() {
                for expected in answer(number, round) {
                    let got = try client.next()
                    #expect(got == expected, "client \(number), round \(round)")
                }
            }
        }
        // Who says goodbye together with the last words hears the echo of both.
        server.hold {
            for client in clients {
                client.write(
                    client.frame(.text, Array("last".utf8)) + client.frame(.close, [0x03, 0xE8]))
            }
        }
        for client in clients {
            #expect(try client.next() == .text("last"))
            #expect(try client.next() == .closed(1000, ""))
            #expect(try client.next() == .end)
        }
    }

    private func request(_ client: TestClient, _ number: Int, _ round: Int) -> [UInt8] {
        let small = client.frame(.text, Array("\(number)/\(round)".utf8))
        return switch number % 7 {
        case 0: small
        case 1: small + small
        case 5: client.frame(.binary, long(number))
        case 6: small + client.frame(.ping, []) + client.frame(.binary, long(number))
        case 2: client.frame(.binary, long(number)) + small
        case 3: client.frame(.ping, []) + small
        default:
            client.frame(.text, Array("in ".utf8), fin: false)
                + client.frame(.continuation, Array("two".utf8))
        }
    }

    private func answer(_ number: Int, _ round: Int) -> [TestClient.Event] {
        let small = TestClient.Event.text("\(number)/\(round)")
        return switch number % 7 {
        case 0: [small]
        case 1: [small, small]
        case 5: [.binary(long(number))]
        case 6: [small, .pong, .binary(long(number))]
        case 2: [.binary(long(number)), small]
        case 3: [.pong, small]
        default: [.text("in two")]
        }
    }

    private func long(_ number: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 5_000)
    }

    @Test("answers that nobody takes yet lose neither place nor octet", arguments: [true, false])
    func slowAnswers(usesRing: Bool) throws {
        let server = try server(usesRing)
        let clients = try (0..<8).map {
            try TestClient(
                port: server.port, path: "/echo", receiveBuffer: $0.isMultiple(of: 2) ? 4_096 : nil)
        }
        let rounds = 1_500
        func text(_ round: Int) -> String { String(repeating: "x", count: 990) + "\(round)" }
        for round in 0..<rounds {
            server.hold { for client in clients { client.send(text(round)) } }
        }
        for client in clients {
            for round in 0..<rounds { #expect(try client.next() == .text(text(round))) }
        }
    }

    @Test(
        "a topic's messages reach all its subscribers in order, the slow and those who are answered in the same turn",
        arguments: [true, false], [1, 2])
    func topic(usesRing: Bool, loops: Int) throws {
        let server = try server(usesRing, loops: loops)
        func talker(_ user: String, slow: Bool) throws -> Talker {
            Talker(
                try TestClient(
                    port: server.port, path: "/ws?token=\(try server.token(user))",
                    receiveBuffer: slow ? 4_096 : nil))
        }
        let subscribers = try (0..<Self.crowd).map { try talker("u\($0)", slow: $0 % 10 == 0) }
        server.hold { for one in subscribers { one.say(#"{"type":"subscribe","topic":"t"}"#) } }
        for one in subscribers { #expect(try one.hear().string("type") == "subscribed") }
        let publisher = try talker("p", slow: false)
        let data = String(repeating: "y", count: 4_000)
        let count = 40
        for number in 1...count {
            server.hold {
                publisher.say(#"{"type":"publish","topic":"t","data":"\#(data)","id":\#(number)}"#)
                for (index, one) in subscribers.enumerated() where (index + number) % 7 == 0 {
                    one.say(#"{"type":"ping","id":\#(number)}"#)
                }
            }
            #expect(try publisher.hear().integer("id") == number)
        }
        for (index, one) in subscribers.enumerated() {
            var (offset, pongs) = (0, [Int]())
            let expected = (1...count).filter { (index + $0) % 7 == 0 }
            while offset < count || pongs.count < expected.count {
                let said = try one.hear()
                if said.string("type") == "pong" {
                    pongs.append(try #require(said.integer("id")))
                } else {
                    offset += 1
                    #expect(said.integer("offset") == offset && said.string("data") == data)
                }
            }
            #expect(offset == count && pongs == expected)
        }
    }
}
