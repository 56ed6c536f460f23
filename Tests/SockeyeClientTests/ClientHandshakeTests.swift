import Bytes
import HTTPWire
import Testing
import WebSocketWire

@testable import SockeyeClient

/// RFC 6455 §4.1, the client's side, byte by byte.
@Suite("Client handshake")
struct ClientHandshakeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var answer: String
        /// The stable code of the error; nil: accepted.
        var code: String?
        /// Words that the description or the remedy must hold.
        var words: [String] = []
        /// Whether the connection ends after the answer.
        var ends = false
        var testDescription: String { name }
    }

    static let accept =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(acceptValue)\r\n"
    static let acceptValue = Handshake.acceptValue(for: Handshake.key(from: (1, 2)))

    static let cases = [
        Case(name: "accepted", answer: accept + "\r\n"),
        Case(name: "accepted, frames behind it", answer: accept + "\r\n\u{1}\u{2}\u{3}"),
        Case(
            name: "after 100 and 103",
            answer: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + accept
                + "\r\n"),
        Case(
            name: "wrong accept",
            answer:
                "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
            code: "CONN-046", words: ["CONNECT-ACCEPT"]),
        Case(
            name: "no accept", answer: "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            code: "CONN-046"),
        Case(
            name: "no upgrade",
            answer: "HTTP/1.1 101 X\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \(acceptValue)\r\n\r\n",
            code: "CONN-046"),
        Case(
            name: "a subprotocol nobody offered", answer: accept + "Sec-WebSocket-Protocol: chat\r\n\r\n",
            code: "CONN-046"),
        Case(
            name: "an extension nobody offered", answer: accept + "Sec-WebSocket-Extensions: x-zip\r\n\r\n",
            code: "CONN-046"),
        Case(
            name: "redirect",
            answer: "HTTP/1.1 301 Moved\r\nLocation: https://b.example/ws\r\nContent-Length: 0\r\n\r\n",
            code: "CONN-044",
            words: ["301", "https://b.example/ws", "do not follow"]),
        Case(
            name: "explained refusal",
            answer:
                "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 68\r\n\r\n{\"code\":\"UPG-001\",\"message\":\"no Upgrade header\",\"remedy\":\"set it up\"}",
            code: "CONN-045", words: ["426", "UPG-001", "no Upgrade header", "set it up"]),
        Case(
            name: "explained refusal in chunks",
            answer:
                "HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"detail\":\"no to\r\n5\r\nken\"}\r\n0\r\n\r\n",
            code: "CONN-045", words: ["401", "no token", "--token"]),
        Case(
            name: "a page",
            answer:
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 43\r\n\r\n<!doctype html><title>My\n App</title><p>hey",
            code: "CONN-045",
            words: ["“My App”", "a web application"]),
        Case(
            name: "no body", answer: "HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n",
            code: "CONN-045", words: ["nginx", "could not reach"]),
        Case(
            name: "body cut short", answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno entry",
            code: "CONN-045", words: ["no entry"], ends: true),
        Case(
            name: "body until the end", answer: "HTTP/1.1 403 Forbidden\r\n\r\nno entry", code: "CONN-045",
            words: ["no entry"], ends: true),
        Case(name: "no answer", answer: "", code: "CONN-041", words: ["without answering"], ends: true),
        Case(
            name: "half an answer", answer: "HTTP/1.1 101 Sw", code: "CONN-041", words: ["15 bytes"],
            ends: true),
        Case(
            name: "not HTTP", answer: "SSH-2.0-OpenSSH_9.2\r\n", code: "CONN-042",
            words: ["SSH-2.0", "another protocol"]),
        Case(
            name: "TLS alert", answer: "\u{15}\u{3}\u{3}\u{0}\u{2}\u{2}\u{16}", code: "CONN-043",
            words: ["wss://"]),
        Case(name: "broken head", answer: "HTTP/1.1 101 X\r\nbad header line\r\n\r\n", code: "CONN-046"),
    ]

    @Test("answers", arguments: cases)
    func answer(_ example: Case) throws {
        var handshake = try Self.handshake()
        check(example, Self.run(&handshake, [Array(example.answer.utf8)], ends: example.ends))
    }

    @Test("any split of an answer gives the same outcome", arguments: cases)
    func split(_ example: Case) throws {
        let bytes = Array(example.answer.utf8)
        var whole = try Self.handshake()
        let expected = Self.run(&whole, [bytes], ends: example.ends)
        for place in 0...bytes.count {
            var handshake = try Self.handshake()
            let outcome = Self.run(
                &handshake, [Array(bytes[..<place]), Array(bytes[place...])], ends: example.ends)
            // What is told early may be told with fewer bytes seen.
            if expected.code == "CONN-042" {
                #expect(outcome.code == expected.code)
            } else {
                #expect(outcome == expected, "split at \(place)")
            }
        }
        var handshake = try Self.handshake()
        let single = Self.run(&handshake, bytes.map { [$0] }, ends: example.ends)
        #expect(single.code == expected.code)
    }

    @Test func `a thousand interim answers do not nest`() throws {
        var handshake = try Self.handshake()
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 1000)
        #expect(
            Self.run(&handshake, [Array(interim.utf8), Array((Self.accept + "\r\n").utf8)], ends: false).code
                == nil)
    }

    @Test func `compression is agreed on`() throws {
        var options = ConnectOptions()
        options.offersCompression = true
        var handshake = try Self.handshake(options)
        #expect(
            String(decoding: handshake.request, as: UTF8.self).contains(
                "Sec-WebSocket-Extensions: permessage-deflate"))
        let answer =
            Self.accept + "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n"
        #expect(Self.run(&handshake, [Array(answer.utf8)], ends: false).code == nil)
        #expect(handshake.deflate?.serverNoContextTakeover == true)
    }

    @Test func `a deflate parameter that makes no sense is refused`() throws {
        var options = ConnectOptions()
        options.offersCompression = true
        var handshake = try Self.handshake(options)
        let answer =
            Self.accept + "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n\r\n"
        #expect(Self.run(&handshake, [Array(answer.utf8)], ends: false).code == "CONN-046")
    }

    @Test func `a refusal without end is given up`() throws {
        var handshake = try Self.handshake()
        let head = Array("HTTP/1.1 500 Oops\r\n\r\n".utf8)
        let outcome = Self.run(
            &handshake, [head] + Array(repeating: [UInt8](repeating: 0x61, count: 8192), count: 9),
            ends: false)
        #expect(outcome.code == "CONN-045")
    }

    // MARK: Parts

    struct Outcome: Equatable {
        var leftover: Int?
        var error: ClientError?
        var code: String? { error?.code }
    }

    static func handshake(_ options: ConnectOptions = ConnectOptions()) throws -> ClientHandshake {
        ClientHandshake(plan: try ConnectPlan("ws://example.com/ws", options: options), nonce: (1, 2))
    }

    static func run(_ handshake: inout ClientHandshake, _ parts: [[UInt8]], ends: Bool) -> Outcome {
        var rest = 0
        do throws(ClientError) {
            for part in parts {
                var step = Result<ClientHandshake.Step, ClientError>.success(.needsMore)
                if rest > 0 {
                    rest += part.count
                    continue
                }
                part.withUnsafeBytes { bytes in
                    do throws(ClientError) { step = .success(try handshake.receive(bytes)) } catch {
                        step = .failure(error)
                    }
                }
                if case .accepted(let leftover) = try step.get() { rest = leftover + 1 }
            }
        } catch {
            return Outcome(error: error)
        }
        if rest > 0 { return Outcome(leftover: rest - 1) }
        return ends ? Outcome(error: handshake.ended()) : Outcome()
    }

    func check(_ example: Case, _ outcome: Outcome) {
        #expect(outcome.code == example.code)
        if example.code == nil { #expect(outcome.leftover != nil) }
        guard let error = outcome.error else { return }
        for words in example.words {
            #expect("\(error) \(error.remedy)".contains(words), "\(error) \(error.remedy)")
        }
    }
}
