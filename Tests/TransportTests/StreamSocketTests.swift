import Bytes
import CSystem
import EventLoop
import Glibc
import Testing

@testable import Transport

@Suite("Stream socket", .timeLimit(.minutes(5)))
struct StreamSocketTests {
    @Test("sends and receives; an empty send does nothing")
    func plain() throws {
        var pair = try StreamPair()
        var got: [UInt8] = []
        #expect(pair.far.receive(into: &got) == .wouldBlock)
        #expect(
            pair.near.send([]) == .sent && pair.near.send(parts: []) == .sent
                && pair.near.send(parts: [[]]) == .sent)
        #expect(pair.near.send([1, 2, 3]) == .sent)
        #expect(pair.near.send(parts: [[4], [], [5, 6]]) == .sent)
        #expect(pair.near.queuedBytes == 0 && !pair.near.wantsWrite && pair.near.flush() == .sent)
        #expect(pair.far.receive(into: &got) == .bytes(6) && got == [1, 2, 3, 4, 5, 6])
    }

    @Test("takes three words")
    func size() { #expect(MemoryLayout<StreamSocket>.size == 24) }

    @Test("what the socket does not take is queued, sent in order, and freed")
    func partial() throws {
        var pair = try StreamPair(bufferBytes: 4_096)
        let data = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        #expect(pair.near.send(data) == .queued)
        let queued = pair.near.queuedBytes
        #expect(queued > 0 && queued < data.count && pair.near.wantsWrite)
        #expect(pair.near.send([9]) == .queued && pair.near.send(parts: [[8], [7]]) == .queued)
        #expect(pair.near.queuedBytes == queued + 3)
        #expect(pair.near.flush() == .queued, "the socket is full still")
        var got: [UInt8] = []
        while got.count < data.count + 3 {
            guard case .bytes = pair.far.receive(into: &got) else { break }
            _ = pair.near.flush()
        }
        expectSame(got, data + [9, 8, 7])
        #expect(pair.near.queuedBytes == 0 && !pair.near.wantsWrite)
    }

    @Test("of several parts, any number of bytes may be taken", arguments: [10, 2_000])
    func partialParts(_ count: Int) throws {
        var pair = try StreamPair(bufferBytes: 4_096)
        let parts = (0..<count).map { part in
            [UInt8](repeating: UInt8(truncatingIfNeeded: part), count: 200_000 / count + part % 7)
        }
        #expect(pair.near.send(parts: parts) == .queued)
        var got: [UInt8] = []
        while case .bytes = pair.far.receive(into: &got) { _ = pair.near.flush() }
        expectSame(got, parts.flatMap { $0 })
    }

    @Test("any mix of sends, flushes and reads gives the same stream")
    func property() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var pair = try StreamPair(bufferBytes: 4_096)
        var (sent, got): ([UInt8], [UInt8]) = ([], [])
        for _ in 0..<3_000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                let length = Int.random(in: 0..<6_000, using: &random)
                let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                sent += bytes
                let before = pair.near.queuedBytes
                let result = pair.near.send(bytes)
                #expect(result == (pair.near.queuedBytes > 0 ? .queued : .sent), "seed \(seed)")
                #expect(pair.near.queuedBytes <= before + length, "seed \(seed)")
            case 1:
                let parts = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
                    (0..<Int.random(in: 0..<900, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    }
                }
                sent += parts.flatMap { $0 }
                _ = pair.near.send(parts: parts)
            case 2: _ = pair.near.flush()
            default: _ = pair.far.receive(into: &got, limit: Int.random(in: 1..<9_000, using: &random))
            }
        }
        _ = pair.near.flush()
        while got.count < sent.count, case .bytes = pair.far.receive(into: &got) { _ = pair.near.flush() }
        expectSame(got, sent, "seed \(seed)")
    }

    @Test("the end, and what comes after it")
    func end() throws {
        var pair = try StreamPair()
        #expect(pair.near.send([1]) == .sent)
        pair.near.shutdownWrite()
        var got: [UInt8] = []
        #expect(pair.far.receive(into: &got) == .bytes(1) && pair.far.receive(into: &got) == .end)
        #expect(pair.far.send([2]) == .sent && pair.near.receive(into: &got) == .bytes(1) && got == [1, 2])
        #expect(pair.near.send([3]) == .failed(EPIPE))
        pair.near.close()
        #expect(pair.near.fileDescriptor == -1 && pair.near.send([1]) == .failed(EBADF))
        #expect(pair.far.send([4]) == .failed(EPIPE), "and the process lives")
    }

    @Test("a failed flush empties the queue")
    func failedFlush() throws {
        var pair = try StreamPair(bufferBytes: 4_096)
        #expect(pair.near.send([UInt8](repeating: 1, count: 100_000)) == .queued)
        pair.far.close()
        #expect(pair.near.flush() == .failed(EPIPE))
        #expect(pair.near.queuedBytes == 0 && !pair.near.wantsWrite)
    }

    @Test("peeking takes nothing")
    func peek() throws {
        var pair = try StreamPair()
        var bytes = [UInt8](repeating: 0, count: 2)
        #expect(bytes.withUnsafeMutableBytes { pair.far.peek(into: $0) } == .wouldBlock)
        #expect(pair.near.send([0x16, 3, 1]) == .sent)
        #expect(bytes.withUnsafeMutableBytes { pair.far.peek(into: $0) } == .bytes(2) && bytes == [0x16, 3])
        var got: [UInt8] = []
        #expect(pair.far.receive(into: &got) == .bytes(3))
        #expect(!pair.far.hasBufferedBytes && pair.far.handshake() == .done && pair.far.tls == nil)
    }

    @Test("a reset is one, and closing is not")
    func reset() throws {
        for isReset in [true, false] {
            var listener = try Listener(.v4(0x7F00_0001, port: 0))
            var dialer = Dialer([listener.boundAddress], now: EventLoop.now())
            var progress = dialer.start(now: EventLoop.now())
            while case .connecting(let fd, _) = progress {
                #expect(awaitReady(fd, toWrite: true))
                progress = dialer.finish(now: EventLoop.now())
            }
            guard var client = dialer.takeSocket() else {
                Issue.record("not connected")
                return
            }
            #expect(awaitReady(listener.fileDescriptor))
            var fd: Int32 = -1
            #expect(listener.accept(limit: 1) { accepted, _ in fd = accepted } == .more)
            var server = StreamSocket(fileDescriptor: fd)
            if isReset { server.reset() } else { server.close() }
            #expect(awaitReady(client.fileDescriptor))
            var got: [UInt8] = []
            #expect(client.receive(into: &got) == (isReset ? .failed(ECONNRESET) : .end))
        }
    }

    @Test("with TLS: queues, keeps the order, ends with close_notify, and keeps why it failed")
    func tls() throws {
        SignalWatcher.ignoreBrokenPipes()
        let directory = TemporaryDirectory()
        let (certificate, key) = (directory.file("cert.pem"), directory.file("key.pem"))
        try SelfSignedCertificate.make(names: ["localhost"]).write(certificate: certificate, key: key)
        let server = try TLSServerContext(identities: [TLSIdentity(certificate: certificate, key: key)])
        let client = try TLSClientContext(verify: false)
        var pair = try StreamPair(bufferBytes: 4_096)
        pair.near.startTLS(try TLSSession(server: server, fileDescriptor: pair.near.fileDescriptor))
        pair.far.startTLS(
            try TLSSession(client: client, fileDescriptor: pair.far.fileDescriptor, serverName: "localhost"))
        var results: [TLSHandshakeResult] = []
        for _ in 0..<100 where results.suffix(2) != [.done, .done] {
            results += [pair.far.handshake(), pair.near.handshake()]
        }
        #expect(results.suffix(2) == [.done, .done])

        let data = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
        #expect(pair.near.send(data) == .queued)
        #expect(pair.near.queuedBytes > 0 && pair.near.wantsWrite)
        #expect(pair.near.send(parts: [[1], [2]]) == .queued)
        var got: [UInt8] = []
        for _ in 0..<100_000 where got.count < data.count + 2 {
            _ = pair.far.receive(into: &got)
            _ = pair.near.flush()
        }
        expectSame(got, data + [1, 2])
        #expect(pair.near.queuedBytes == 0 && !pair.near.wantsWrite)
        #expect(pair.near.send(parts: [[3], [4]]) == .sent && pair.near.send([5]) == .sent)
        got = []
        while got.count < 3, case .bytes = pair.far.receive(into: &got, limit: 1) {}
        #expect(got == [3, 4, 5])

        // Bytes that are no record at all end the session with an alert.
        pair.near.shutdownWrite()
        #expect(pair.far.receive(into: &got) == .end && pair.far.tlsFailure == nil)
        _ = "no TLS at all".utf8.withContiguousStorageIfAvailable {
            csys_send(pair.far.fileDescriptor, $0.baseAddress, $0.count)
        }
        #expect(pair.near.receive(into: &got) == .failed(EPROTO) && pair.near.tlsFailure != nil)
    }

    @Test("with TLS: a connection that is lost keeps its errno")
    func lostUnderTLS() throws {
        SignalWatcher.ignoreBrokenPipes()
        var pair = try StreamPair(bufferBytes: 4_096)
        let client = try TLSClientContext(verify: false)
        pair.near.startTLS(
            try TLSSession(client: client, fileDescriptor: pair.near.fileDescriptor, serverName: "localhost"))
        pair.far.close()
        #expect(pair.near.handshake() == .failed(.connectionLost(errno: EPIPE)))
        var got: [UInt8] = []
        #expect(pair.near.receive(into: &got) == .failed(EPIPE))
    }
}
