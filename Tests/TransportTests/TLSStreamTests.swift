import Glibc
import Testing

@testable import Transport

@Suite struct `TLS streams` {
    @Test(arguments: [TLSVersion.v1_2, .v1_3], [Int32?.none, 4_608])
    func `large, both ways at once, through full sockets`(version: TLSVersion, sendBuffer: Int32?) throws {
        let ends = try TLSConnection(version, sendBuffer: sendBuffer)
        let total = 500_017
        func octet(_ at: Int, _ seed: Int) -> UInt8 {
            UInt8(truncatingIfNeeded: at &* 131 &+ (at >> 8) &+ seed)
        }
        struct Side {
            let session: TLSSession
            let socket: Int32
            let out: [UInt8]
            let expected: [UInt8]
            var sent = 0
            var received = 0
            var blocked = 0
        }
        let up = (0..<total).map { octet($0, 1) }
        let down = (0..<total).map { octet($0, 77) }
        var sides = [
            Side(session: ends.server, socket: ends.pair.a, out: down, expected: up),
            Side(session: ends.client, socket: ends.pair.b, out: up, expected: down),
        ]
        var buffer = [UInt8](repeating: 0, count: 5_000)
        while sides.contains(where: { $0.sent < total || $0.received < total }) {
            var moved = false
            for at in sides.indices {
                let side = sides[at]
                if side.sent < total {
                    let result = side.out[side.sent...].withUnsafeBytes { side.session.send($0) }
                    switch result {
                    case .written(let count):
                        if count < side.out.count - side.sent { sides[at].blocked += 1 }
                        sides[at].sent += count
                        moved = moved || count > 0
                    case .wouldBlock:
                        sides[at].blocked += 1
                        try #require(side.session.wantsWrite)
                    case .failed(let error): throw error
                    }
                }
                reading: for _ in 0..<20 {
                    let result = buffer.withUnsafeMutableBytes { side.session.receive(into: $0) }
                    switch result {
                    case .bytes(let count):
                        moved = true
                        let from = sides[at].received
                        try #require(buffer.prefix(count).elementsEqual(side.expected[from..<from + count]))
                        sides[at].received += count
                    case .wouldBlock, .wantWrite: break reading
                    case .end: Issue.record("ended")
                    case .failed(let error): throw error
                    }
                }
            }
            if !moved {
                try waitUntilReady(
                    (ends.pair.a, false), (ends.pair.b, false), (ends.pair.a, true), (ends.pair.b, true))
            }
        }
        #expect(sides.allSatisfy { $0.blocked > 0 })
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `what waits inside is announced`(version: TLSVersion) throws {
        let ends = try TLSConnection(version)
        try ends.client.sendAll(Array(0..<100), on: ends.pair.b)
        #expect(!ends.server.hasBufferedBytes)
        #expect(try ends.server.receiveSome(on: ends.pair.a, limit: 30).count == 30)
        #expect(ends.server.hasBufferedBytes)
        #expect(try ends.server.receiveSome(on: ends.pair.a, limit: 16_384) == Array(30..<100))
        #expect(!ends.server.hasBufferedBytes)
    }

    /// The end may come in one read with the last bytes, and then no readiness of the socket tells of it.
    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `an end behind bytes is announced`(version: TLSVersion) throws {
        let ends = try TLSConnection(version)
        try ends.client.sendAll([1, 2], on: ends.pair.b)
        #expect(ends.client.shutdown())
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var results: [TLSReadResult] = []
        while results.last == nil || ends.server.hasBufferedBytes || isReadable(ends.pair.a) {
            results.append(buffer.withUnsafeMutableBytes { ends.server.receive(into: $0) })
            if results.last == .end { break }
        }
        #expect(results == [.bytes(2), .end])
        #expect(!ends.server.hasBufferedBytes)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `a failure behind bytes is announced`(version: TLSVersion) throws {
        let ends = try TLSConnection(version)
        try ends.client.sendAll([1, 2], on: ends.pair.b)
        let sealedByNobody: [UInt8] = [23, 3, 3, 0, 40] + [UInt8](repeating: 9, count: 40)
        try #require(write(ends.pair.b, sealedByNobody, sealedByNobody.count) == sealedByNobody.count)
        var buffer = [UInt8](repeating: 0, count: 65_536)
        #expect(buffer.withUnsafeMutableBytes { ends.server.receive(into: $0) } == .bytes(2))
        #expect(ends.server.hasBufferedBytes || isReadable(ends.pair.a))
        guard
            case .failed(.protocolViolation) = buffer.withUnsafeMutableBytes({ ends.server.receive(into: $0) }
            )
        else {
            Issue.record("not failed")
            return
        }
        #expect(!ends.server.hasBufferedBytes)
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wait, 1, 0) == 1
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `one side may end before the other`(version: TLSVersion) throws {
        let ends = try TLSConnection(version)
        try ends.client.sendAll([1], on: ends.pair.b)
        #expect(ends.client.shutdown())
        #expect(try ends.server.receiveSome(on: ends.pair.a) == [1])
        #expect(try ends.server.receiveSome(on: ends.pair.a) == [])
        #expect(!ends.server.isTruncated)
        try ends.server.sendAll([2, 3], on: ends.pair.a)
        #expect(ends.server.shutdown())
        #expect(try ends.client.receiveSome(on: ends.pair.b) == [2, 3])
        #expect(try ends.client.receiveSome(on: ends.pair.b) == [])
        #expect(!ends.client.isTruncated)
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `an end without a word is an end, and is noted`(version: TLSVersion) throws {
        let ends = try TLSConnection(version)
        try ends.client.sendAll([1], on: ends.pair.b)
        Glibc.shutdown(ends.pair.b, Int32(SHUT_WR))
        #expect(try ends.server.receiveSome(on: ends.pair.a) == [1])
        #expect(try ends.server.receiveSome(on: ends.pair.a) == [])
        #expect(ends.server.isTruncated)
        // The client closed its half only: it still hears us.
        try ends.server.sendAll([2], on: ends.pair.a)
        #expect(try ends.client.receiveSome(on: ends.pair.b) == [2])
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `a changed byte is noticed`(version: TLSVersion) throws {
        let ends = try TLSConnection(version)
        try ends.client.sendAll(Array("genuine".utf8), on: ends.pair.b)
        // The record is taken from the server's socket, and comes back with one bit changed.
        var record = [UInt8](repeating: 0, count: 100)
        let count = read(ends.pair.a, &record, 100)
        try #require(count > 20)
        record[count - 1] ^= 1
        try #require(write(ends.pair.b, record, count) == count)
        let result = record.withUnsafeMutableBytes { ends.server.receive(into: $0) }
        guard case .failed(let error) = result else {
            Issue.record("accepted: \(result)")
            return
        }
        #expect(error.code == "TLS-PROTOCOL")
    }

    @Test func `an end inside the handshake`() throws {
        let files = try TLSFiles()
        let pair = try SocketPair()
        let a = try TLSSession(server: files.server(["localhost"]), fileDescriptor: pair.a)
        #expect(a.handshake() == .wantRead)
        Glibc.shutdown(pair.b, Int32(SHUT_WR))
        #expect(a.handshake() == .failed(.endedInHandshake))
        #expect(a.shutdown())
    }

    @Test(arguments: [
        ("GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", TLSError.plainHTTP),
        ("CONNECT a:443 HTTP/1.1\r\n\r\n", .plainHTTP),
        ("{\"type\":\"ping\"}\n\n\n\n", .notTLS), ("SSH-2.0-OpenSSH_9.2\r\n", .notTLS),
    ])
    func `plain bytes on a TLS port`(text: String, expected: TLSError) throws {
        let files = try TLSFiles()
        let pair = try SocketPair()
        let a = try TLSSession(server: files.server(["localhost"]), fileDescriptor: pair.a)
        var bytes = Array(text.utf8)
        #expect(write(pair.b, &bytes, bytes.count) == bytes.count)
        #expect(a.handshake() == .failed(expected))
    }

    @Test func `a TLS client on a plain port reads our alert, or HTTP, and says so`() throws {
        let cases: [([UInt8], TLSError)] = [
            (TLSSniff.plainPortAlert, .alert(TLSAlert(rawValue: 40))),
            (Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), .notTLS),
        ]
        for (answer, error) in cases {
            let pair = try SocketPair()
            let b = try TLSSession(
                client: TLSClientContext(verify: false), fileDescriptor: pair.b, serverName: "a")
            #expect(b.handshake() == .wantRead)
            #expect(write(pair.a, answer, answer.count) == answer.count)
            #expect(b.handshake() == .failed(error))
        }
    }

    @Test func `a lost connection keeps its errno`() throws {
        signal(SIGPIPE, SIG_IGN)
        let files = try TLSFiles()
        let pair = try SocketPair()
        let a = try TLSSession(server: files.server(["localhost"]), fileDescriptor: pair.a)
        let b = try TLSSession(
            client: TLSClientContext(verify: false), fileDescriptor: pair.b, serverName: "a")
        try shakeHands(a, pair.a, b, pair.b)
        Glibc.shutdown(pair.a, Int32(SHUT_WR))
        #expect([1, 2, 3].withUnsafeBytes { a.send($0) } == .failed(.connectionLost(errno: EPIPE)))
        #expect(TLSError.connectionLost(errno: EPIPE).errno == EPIPE)
    }
}
