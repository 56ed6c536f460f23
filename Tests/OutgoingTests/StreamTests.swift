import HTTPWire
import Synchronization
import Testing

@testable import Outgoing

@Suite("Answers taken in pieces", .timeLimit(.minutes(5)))
struct StreamTests {
    @Test("the head comes before the body begins, and pieces as they are sent")
    func pieces() async throws {
        let http = try OutgoingHTTP()
        let (mayBegin, mayEnd) = (Latch(), Latch())
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n")
            _ = mayBegin.wait(.seconds(20))
            peer.chunk("data: a\n\n")
            _ = mayEnd.wait(.seconds(20))
            peer.chunk("data: b\n\n")
            peer.send("0\r\n\r\n")
        }
        defer { server.stop() }
        let collector = Collector()
        try http.stream(OutgoingRequest("GET", server.url)) { collector.take($0, $1) }
        #expect(await collector.head.value.fields["Content-Type"] == "text/event-stream")
        #expect(collector.byteCount == 0)
        mayBegin.open()
        await collector.firstBytes.value
        #expect(collector.body == Array("data: a\n\n".utf8))
        mayEnd.open()
        #expect(await collector.end.value == nil)
        #expect(collector.body == Array("data: a\n\ndata: b\n\n".utf8))
        #expect(collector.terminalCount == 1)
    }

    @Test("a held stream holds the other side, until it is resumed")
    func backPressure() async throws {
        let http = try OutgoingHTTP()
        let total = 8 << 20
        let isHeld = Once<Int>()
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.shrinkSendBuffer()
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
            let bytes = [UInt8](repeating: 0x61, count: total)
            let sent = peer.sendUntilHeld(bytes, patience: 1_500)
            isHeld(sent)
            peer.send(Array(bytes[sent...]))
            _ = peer.waitForClose()
        }
        defer { server.stop() }
        let isFirst = Atomic<Bool>(true)
        let collector = Collector { event in
            guard case .bytes = event else { return .more }
            return isFirst.exchange(false, ordering: .sequentiallyConsistent) ? .hold : .more
        }
        var request = OutgoingRequest("GET", server.url)
        request.responseLimit = total
        // Shorter than the time it is held, which must not count.
        request.idleTimeout = .seconds(1)
        request.totalTimeout = .seconds(60)
        let id = try http.stream(request) { collector.take($0, $1) }
        let sent = await isHeld.value
        #expect(sent < total, "the other side could send everything")
        #expect(collector.byteCount <= 16_384 && collector.byteCount > 0)
        #expect(collector.end.now == nil)
        http.resume(id)
        #expect(await collector.end.value == nil)
        #expect(collector.byteCount == total)
    }

    @Test("a stream held at every piece, and resumed from another thread each time, loses nothing")
    func stopAndGo() async throws {
        let http = try OutgoingHTTP()
        let count = 2_000
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in 0..<count { peer.chunk("\(number),") }
            peer.send("0\r\n\r\n")
        }
        defer { server.stop() }
        let (pieces, resume) = AsyncStream.makeStream(of: TransferID.self)
        let collector = Collector { _ in .hold }
        try http.stream(OutgoingRequest("GET", server.url)) { id, event in
            // Before the handler returns: that must not be lost.
            resume.yield(id)
            return collector.take(id, event)
        }
        let resumer = Task { for await id in pieces { http.resume(id) } }
        #expect(await collector.end.value == nil)
        resume.finish()
        await resumer.value
        #expect(collector.body == Array((0..<count).map { "\($0)," }.joined().utf8))
    }

    @Test("the other side sees a cancelled stream end, whoever cancels it and how often")
    func cancel() async throws {
        let http = try OutgoingHTTP()
        let sawEnd = Once<Bool>()
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            peer.chunk("a")
            sawEnd(peer.waitForClose())
        }
        defer { server.stop() }
        let collector = Collector()
        let id = try http.stream(OutgoingRequest("GET", server.url)) { collector.take($0, $1) }
        await collector.firstBytes.value
        http.cancel(id)
        http.cancel(id)
        #expect(await collector.end.value == .cancelled)
        #expect(await sawEnd.value)
        http.cancel(id)
        http.resume(id)
        // The commands above have been carried out once this has passed.
        let passed = Once<Bool>()
        http.after(.zero) { passed($0) }
        #expect(await passed.value)
        #expect(collector.terminalCount == 1)
    }

    @Test("a handler may cancel, and a held stream can be cancelled")
    func cancelFromHandler() async throws {
        let http = try OutgoingHTTP()
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            _ = peer.waitForClose()
        }
        defer { server.stop() }
        let (own, held) = (Collector(), Collector { _ in .hold })
        try http.stream(OutgoingRequest("GET", server.url)) { id, event in
            if case .bytes = event { http.cancel(id) }
            return own.take(id, event)
        }
        #expect(await own.end.value == .cancelled)
        let id = try http.stream(OutgoingRequest("GET", server.url)) { held.take($0, $1) }
        _ = await held.head.value
        http.cancel(id)
        #expect(await held.end.value == .cancelled)
        #expect(held.byteCount == 0)
    }

    @Test("shutting down while busy ends everything, once each")
    func shutdown() async throws {
        var options = OutgoingOptions()
        options.hostConcurrency = 4
        let http = try OutgoingHTTP(options)
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
            _ = peer.waitForClose()
        }
        defer { server.stop() }
        let collectors = (0..<20).map { _ in Collector() }
        for collector in collectors {
            try http.stream(OutgoingRequest("GET", server.url)) { collector.take($0, $1) }
        }
        let alarm = Once<Bool>()
        http.after(.seconds(3_600)) { alarm($0) }
        await collectors[0].firstBytes.value
        #expect(await http.end())
        for collector in collectors {
            #expect(await collector.end.value == .closed)
            #expect(collector.terminalCount == 1)
        }
        #expect(await alarm.value == false)
        #expect(throws: OutgoingError.closed) {
            try http.perform(OutgoingRequest("GET", server.url)) { _ in }
        }
        let late = Once<Bool>()
        http.after(.zero) { late($0) }
        #expect(await late.value == false)
        #expect(await http.end(), "a second time does nothing")
    }

    @Test("what is under way may end within the grace")
    func grace() async throws {
        let http = try OutgoingHTTP()
        let (arrived, mayAnswer) = (Once<Void>(), Latch())
        let server = try LocalServer { peer in
            guard peer.readRequest() != nil else { return }
            arrived()
            _ = mayAnswer.wait(.seconds(20))
            peer.answer("200 OK", "", "late")
        }
        defer { server.stop() }
        let answer = Once<Result<OutgoingResponse, OutgoingError>>()
        try http.perform(OutgoingRequest("GET", server.url)) { answer($0) }
        await arrived.value
        async let ended = http.end(grace: .seconds(20))
        mayAnswer.open()
        #expect(try await answer.value.get().body == Array("late".utf8))
        #expect(await ended)
    }
}
