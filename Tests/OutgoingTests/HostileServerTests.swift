import Bytes
import Glibc
import HTTPWire
import Testing

@testable import Outgoing

@Suite("Servers that misbehave", .timeLimit(.minutes(5)))
struct HostileServerTests {
    @Test("nobody listens")
    func refused() async throws {
        let http = try OutgoingHTTP()
        // Bound, so that nobody else takes the port meanwhile.
        let (descriptor, port) = try LocalServer.loopback()
        defer { close(descriptor) }
        #expect(
            await http.failure(OutgoingRequest("GET", "http://127.0.0.1:\(port)/"))
                == .refused(host: "127.0.0.1:\(port)"))
    }

    @Test("a name that cannot be")
    func unresolved() async throws {
        let http = try OutgoingHTTP()
        // A label of more than 63 letters is refused without asking a name server.
        let name = String(repeating: "a", count: 64) + ".example"
        #expect(await http.failure(OutgoingRequest("GET", "http://\(name)/")) == .unresolved(host: name))
    }

    @Test(
        "answers that are none",
        arguments: [
            ("", "OUT-LOST"),
            ("hello\r\n\r\n", "OUT-MALFORMED"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "OUT-TRUNCATED"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "OUT-TRUNCATED"),
            ("HTTP/1.1 200 OK\r\nX-A: b\r\n", "OUT-TRUNCATED"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: br\r\n\r\nabc", "OUT-ENCODING"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc", "OUT-ENCODING"),
        ])
    func nonsense(_ answer: String, _ code: String) async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send(answer)
        }
        defer { server.stop() }
        let error = await http.failure(OutgoingRequest("GET", server.url))
        #expect(error?.code == code, "\(String(describing: error))")
    }

    @Test(
        "heads without end",
        arguments: [
            ("HTTP/1.1 200 OK\r\n", "X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n"),
            ("HTTP/1.1 200 OK\r\nX-A: ", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
            ("", "HTTP/1.1 103 Early Hints\r\nX-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n\r\n"),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                "X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n"
            ),
        ])
    func endlessHead(_ start: String, _ repeated: String) async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send(start)
            let batch = String(repeating: repeated, count: 100)
            while peer.send(batch) {}
        }
        defer { server.stop() }
        let error = await http.failure(OutgoingRequest("GET", server.url))
        #expect(error?.code == "OUT-HEAD", "\(String(describing: error))")
    }

    @Test("bodies without end", arguments: [false, true])
    func endlessBody(_ isStreamed: Bool) async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = String(repeating: "x", count: 10_000)
            while peer.chunk(chunk) {}
        }
        defer { server.stop() }
        var request = OutgoingRequest("GET", server.url)
        request.responseLimit = 100_000
        let expected = OutgoingError.bodyTooLarge(
            host: "127.0.0.1:\(server.port)", status: 200, limit: 100_000)
        if isStreamed {
            let collector = Collector()
            try http.stream(request) { collector.take($0, $1) }
            #expect(await collector.end.value == expected)
            #expect(collector.byteCount <= 100_000)
        } else {
            #expect(await http.failure(request) == expected)
        }
    }

    @Test("a compressed answer counts by what it inflates to")
    func bomb() async throws {
        let http = try OutgoingHTTP()
        let bomb = CompressedBodies.zeros
        let server = try LocalServer { peer in
            while let request = peer.readRequest() {
                let asked = request.fields["accept-encoding"] ?? ""
                peer.send(
                    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nX-Asked: \(asked)\r\nContent-Length: \(bomb.count)\r\n\r\n"
                )
                peer.send(bomb)
            }
        }
        defer { server.stop() }
        var request = OutgoingRequest("GET", server.url)
        request.acceptsCompressed = true
        request.responseLimit = 1 << 20
        let answer = try await http.response(request)
        #expect(answer.body == [UInt8](repeating: 0, count: 1 << 20))
        #expect(answer.head.fields["X-Asked"] == "gzip, deflate")
        request.responseLimit = (1 << 20) - 1
        #expect(await http.failure(request)?.code == "OUT-BODY")
        request.acceptsCompressed = false
        #expect(await http.failure(request)?.code == "OUT-ENCODING")
    }

    @Test("limits in time, by phase")
    func timeouts() async throws {
        var options = OutgoingOptions()
        options.hostConcurrency = 1
        let http = try OutgoingHTTP(options)
        let other = try OutgoingHTTP()
        let server = try LocalServer { peer in
            guard let request = peer.readRequest() else { return }
            switch request.line.split(separator: " ")[1] {
            case "/silent": _ = peer.waitForClose()
            case "/one":
                peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na")
                _ = peer.waitForClose()
            default:
                peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                // Something all the time: only the total limit ends it.
                while peer.chunk("a") { if peer.closesWithin(milliseconds: 5) { break } }
            }
        }
        defer { server.stop() }
        let host = "127.0.0.1:\(server.port)"
        var request = OutgoingRequest("GET", server.url + "silent")
        request.idleTimeout = .milliseconds(100)
        #expect(
            await http.failure(request) == .timedOut(.answer, host: host, after: .milliseconds(100)))
        // Time enough for the first byte, however busy the machine is.
        request.idleTimeout = .seconds(1)
        request.url = server.url + "one"
        #expect(await http.failure(request) == .timedOut(.idle, host: host, after: .seconds(1)))
        request.url = server.url + "drip"
        request.idleTimeout = .seconds(20)
        request.totalTimeout = .milliseconds(150)
        #expect(await http.failure(request) == .timedOut(.total, host: host, after: .milliseconds(150)))

        // One that has no place at all.
        let hanging = try http.perform(OutgoingRequest("GET", server.url + "silent")) { _ in }
        #expect(await http.failure(request) == .timedOut(.queue, host: host, after: .milliseconds(150)))
        http.cancel(hanging)

        // A port that accepts and then says nothing: TLS does not come about.
        var secure = OutgoingRequest("GET", "https://127.0.0.1:\(server.port)/")
        secure.connectTimeout = .seconds(1)
        let mute = try LocalServer { peer in
            peer.waitForSilence()
        }
        defer { mute.stop() }
        secure.url = "https://127.0.0.1:\(mute.port)/"
        let error = await other.failure(secure)
        #expect(error == .timedOut(.tls, host: "127.0.0.1:\(mute.port)", after: .seconds(1)))
    }

    @Test("a port that does not even accept")
    func connectTimeout() async throws {
        let http = try OutgoingHTTP()
        let full = try FullPort()
        var request = OutgoingRequest("GET", "http://127.0.0.1:\(full.port)/")
        request.connectTimeout = .milliseconds(100)
        let error = await http.failure(request)
        #expect(error == .timedOut(.connect, host: "127.0.0.1:\(full.port)", after: .milliseconds(100)))
    }
}

extension LocalPeer {
    /// Reads until the other side goes away.
    func waitForSilence() {
        while !waitForClose() {}
    }
}

/// A port whose queue of connections is full: the kernel drops what else comes.
private final class FullPort {
    let port: UInt16
    private let listener: Int32
    private var clients: [Int32] = []

    init() throws {
        (listener, port) = try LocalServer.loopback()
        guard listen(listener, 0) == 0 else { throw TestFault() }
        for _ in 0..<4 {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            clients.append(client)
        }
    }

    deinit {
        for client in clients { close(client) }
        close(listener)
    }
}
