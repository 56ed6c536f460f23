import HTTPWire
import SockeyeClient
import Testing
import WebSocketWire

/// The client against a scripted server on a loopback port.
@Suite("WebSocket connection", .timeLimit(.minutes(5)))
struct WebSocketConnectionTests {
    @Test func `messages go out and come back, then the close handshake`() async throws {
        let server = try TestServer { peer in
            peer.upgrade()
            peer.echo()
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        #expect(connection.info.response.status == 101)
        #expect(connection.info.timings.tcp != nil && connection.info.timings.handshake != nil)
        for text in ["", "hello", String(repeating: "wörld", count: 50_000)] {
            try await connection.send(text: text)
            #expect(await Self.next(connection) == .message(.text(text)))
        }
        let trip = try await connection.ping([1, 2, 3])
        #expect(trip > .zero)
        let end = try await connection.close(CloseCode(rawValue: 4001), reason: "done")
        let summary = CloseSummary(
            code: CloseCode(rawValue: 4001), reason: "", initiator: .client, isClean: true)
        #expect(end == .closed(summary))
        #expect(await Self.next(connection) == .closed(summary))
        #expect(await Self.next(connection) == nil)
        await #expect(throws: ClientError.closed) { try await connection.send(text: "late") }
        await #expect(throws: ClientError.closed) { _ = try await connection.ping() }
    }

    @Test func `the server's close is answered with its code`() async throws {
        let seen = Seen<TestEvent?>()
        let server = try TestServer { peer in
            peer.upgrade()
            peer.send(text: "last words")
            peer.close(.goingAway, "restart")
            seen.note(peer.next())
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        var messages: [Message] = []
        for try await message in connection.messages { messages.append(message) }
        #expect(messages == [.text("last words")])
        #expect(await seen.first() == .close(.goingAway))
    }

    @Test func `a server's ping is answered before what it sends next`() async throws {
        let seen = Seen<TestEvent?>()
        let server = try TestServer { peer in
            peer.upgrade()
            peer.frame(.ping, [7])
            seen.note(peer.next())
            peer.close(nil)
            _ = peer.next()
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        #expect(await Self.next(connection) == .ping([7]))
        #expect(await seen.first() == .pong([7]))
        guard case .closed(let summary) = await Self.next(connection) else {
            Issue.record("no close")
            return
        }
        #expect(summary.code == nil && summary.isClean && summary.initiator == .server)
    }

    @Test func `a lost connection is a failure`() async throws {
        let server = try TestServer { peer in
            peer.upgrade()
            peer.end()
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        await #expect(throws: ClientError.connectionLost(detail: "end of stream")) {
            for try await _ in connection.messages {}
        }
    }

    @Test func `a broken frame closes with its code`() async throws {
        let seen = Seen<TestEvent?>()
        let server = try TestServer { peer in
            peer.upgrade()
            peer.write([0xF1, 0x00])
            seen.note(peer.next())
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        guard case .failed(.protocolViolation(let error)) = await Self.next(connection) else {
            Issue.record("no violation")
            return
        }
        #expect(error.closeCode == .protocolError)
        #expect(await seen.first() == .close(.protocolError))
    }

    @Test func `a message over the limit closes with 1009`() async throws {
        let seen = Seen<TestEvent?>()
        let server = try TestServer { peer in
            peer.upgrade()
            peer.send(text: String(repeating: "x", count: 1001))
            seen.note(peer.next())
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.messageLimit = 1000
        let connection = try await WebSocketConnection.connect(server.url, options: options)
        await #expect(throws: ClientError.self) { for try await _ in connection.messages {} }
        #expect(await seen.first() == .close(.messageTooBig))
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: String
        var code: String
    }

    @Test(arguments: [
        Answer(
            testDescription: "refused",
            bytes: "HTTP/1.1 401 Unauthorized\r\nContent-Length: 16\r\n\r\n{\"error\":\"auth\"}",
            code: "CONN-045"),
        Answer(
            testDescription: "refused, body until the end", bytes: "HTTP/1.1 401 Unauthorized\r\n\r\nno",
            code: "CONN-045"),
        Answer(
            testDescription: "redirected", bytes: "HTTP/1.1 308 There\r\nLocation: /app/\r\n\r\n",
            code: "CONN-044"),
        Answer(testDescription: "no answer", bytes: "", code: "CONN-041"),
        Answer(testDescription: "not HTTP", bytes: "220 mail.example ESMTP\r\n", code: "CONN-042"),
        Answer(testDescription: "TLS", bytes: "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{28}", code: "CONN-043"),
    ])
    func `an answer that is no upgrade`(_ answer: Answer) async throws {
        let server = try TestServer { peer in
            peer.readRequest()
            peer.write(answer.bytes)
        }
        defer { server.stop() }
        do throws(ClientError) {
            _ = try await WebSocketConnection.connect(server.url)
            Issue.record("connected")
        } catch {
            #expect(error.code == answer.code, "\(error)")
        }
    }

    @Test func `nobody listens`() async throws {
        let server = try TestServer { _ in }
        server.stop()
        // The listener is closed by its own thread, after which the port refuses.
        var code = ""
        for _ in 0..<1000 where code != "CONN-020" {
            do throws(ClientError) {
                _ = try await WebSocketConnection.connect(server.url)
            } catch {
                code = error.code
            }
        }
        #expect(code == "CONN-020")
    }

    @Test func `a server that never answers`() async throws {
        let server = try TestServer { peer in
            peer.readRequest()
            _ = peer.next()
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.timeout = .milliseconds(500)
        await #expect(throws: ClientError.handshakeTimedOut(address: "127.0.0.1:\(server.port)")) {
            try await WebSocketConnection.connect(server.url, options: options)
        }
    }

    @Test func `a refusal without end is told after its head`() async throws {
        let server = try TestServer { peer in
            peer.readRequest()
            peer.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 50\r\n\r\nnot you")
            _ = peer.next()
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.timeout = .seconds(1)
        let refusal = HTTPRefusal(status: 403, reason: "Forbidden", server: nil, body: .text("not you"))
        await #expect(throws: ClientError.refused(refusal)) {
            try await WebSocketConnection.connect(server.url, options: options)
        }
    }

    @Test func `cancelling the task ends the attempt`() async throws {
        let seen = Seen<Void>()
        let server = try TestServer { peer in
            peer.readRequest()
            seen.note(())
            _ = peer.next()
        }
        defer { server.stop() }
        let attempt = Task { () -> ClientError? in
            do throws(ClientError) {
                _ = try await WebSocketConnection.connect(server.url)
                return nil
            } catch {
                return error
            }
        }
        _ = await seen.first()
        attempt.cancel()
        #expect(await attempt.value == .cancelled)
    }

    @Test func `cancelling the consumer ends its wait and not the connection`() async throws {
        let server = try TestServer { peer in
            peer.upgrade()
            peer.echo()
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        let consumer = Task { await Self.next(connection) }
        consumer.cancel()
        #expect(await consumer.value == nil)
        try await connection.send(text: "still here")
        #expect(await Self.next(connection) == .message(.text("still here")))
    }

    @Test func `letting go closes with 1001`() async throws {
        let seen = Seen<TestEvent?>()
        let server = try TestServer { peer in
            peer.upgrade()
            let event = peer.next()
            seen.note(event)
            peer.close(.goingAway)
        }
        defer { server.stop() }
        _ = try await WebSocketConnection.connect(server.url)
        #expect(await seen.first() == .close(.goingAway))
    }

    @Test func `a ping without a pong ends the connection`() async throws {
        let server = try TestServer { peer in
            peer.upgrade()
            while peer.next() != nil {}
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.pingInterval = .milliseconds(50)
        let connection = try await WebSocketConnection.connect(server.url, options: options)
        #expect(await Self.next(connection) == .failed(.pingUnanswered(milliseconds: 50)))
    }

    @Test func `a close frame without an answer is not waited for longer than the timeout`() async throws {
        let server = try TestServer { peer in
            peer.upgrade()
            while peer.next() != nil {}
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.closeTimeout = .milliseconds(50)
        let connection = try await WebSocketConnection.connect(server.url, options: options)
        guard case .closed(let summary) = try await connection.close() else {
            Issue.record("no close")
            return
        }
        #expect(!summary.isClean && summary.initiator == .client)
    }

    @Test func `nothing is read that nobody takes`() async throws {
        let count = 200
        let text = String(repeating: "x", count: 100_000)
        let seen = Seen<Int>()
        let server = try TestServer { peer in
            peer.upgrade()
            // Far more than the socket buffers and the limit: this blocks until the client reads.
            for number in 0..<count {
                peer.send(text: text)
                seen.note(number)
            }
            peer.close(.normal)
            _ = peer.next()
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.inboundHighWatermark = 200_000
        let connection = try await WebSocketConnection.connect(server.url, options: options)
        var received = 0
        for try await message in connection.messages {
            #expect(message == .text(text))
            received += 1
            // What was sent and not taken: socket buffers of a few MB at most, the limit, and a read.
            #expect(seen.all.count - received < 150)
        }
        #expect(received == count)
    }

    @Test func `pings that nobody takes are not read either, nor answered without end`() async throws {
        let (count, perPart) = (300, 500)
        let seen = Seen<Int>()
        let server = try TestServer { peer in
            peer.upgrade()
            let ping: [UInt8] = [0x89, 125] + [UInt8](repeating: 7, count: 125)
            let part = Array(repeatElement(ping, count: perPart).joined())
            for number in 0..<count {
                peer.write(part)
                seen.note(number)
            }
            while let event = peer.next(), event != .close(.normal) {}
            peer.close(.normal)
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.inboundHighWatermark = 200_000
        let connection = try await WebSocketConnection.connect(server.url, options: options)
        let ping = ConnectionEvent.ping([UInt8](repeating: 7, count: 125))
        for _ in 0..<(20 * perPart) { #expect(await Self.next(connection) == ping) }
        // What was sent and not taken: socket buffers of a few MB at most, the limit, and a read.
        #expect(seen.all.count < 200)
        try await connection.close()
    }

    @Test func `sending waits for a slow reader`() async throws {
        let go = Seen<Void>()
        let server = try TestServer { peer in
            peer.upgrade()
            _ = peer.next()
            go.note(())
            var received = 1
            while case .message? = peer.next() { received += 1 }
            peer.close(.normal, "\(received)")
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.outboundHighWatermark = 100_000
        options.outboundLowWatermark = 10_000
        let connection = try await WebSocketConnection.connect(server.url, options: options)
        let text = String(repeating: "y", count: 60_000)
        for _ in 0..<300 { try await connection.send(text: text) }
        guard case .closed(let summary) = try await connection.close() else {
            Issue.record("no close")
            return
        }
        #expect(summary.reason == "300")
    }

    @Test func `a reset while sending is told to who waits`() async throws {
        let server = try TestServer { peer in
            peer.upgrade()
            _ = peer.next()
            peer.reset()
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        let text = String(repeating: "z", count: 500_000)
        await #expect(throws: ClientError.closed) {
            while true { try await connection.send(text: text) }
        }
    }

    @Test func `a close code that may not travel is refused`() async throws {
        let server = try TestServer { peer in
            peer.upgrade()
            peer.echo()
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        await #expect(throws: ClientError.self) { try await connection.close(.abnormal) }
        _ = try await connection.close()
    }

    @Test func `a long conversation never stalls`() async throws {
        let count = 5000
        let server = try TestServer { peer in
            peer.upgrade()
            for number in 0..<count {
                peer.send(text: "\(number)")
                guard peer.next() == .message("\(number)") else { return }
            }
            peer.close(.normal)
            _ = peer.next()
        }
        defer { server.stop() }
        let connection = try await WebSocketConnection.connect(server.url)
        var received = 0
        for try await message in connection.messages {
            try await connection.send(message)
            received += 1
        }
        #expect(received == count)
    }

    @Test func `a subprotocol is offered and agreed on`() async throws {
        let server = try TestServer { peer in
            peer.upgrade("b")
            peer.echo()
        }
        defer { server.stop() }
        var options = ConnectOptions()
        options.subprotocols = ["a", "b"]
        let connection = try await WebSocketConnection.connect(server.url, options: options)
        #expect(connection.info.subprotocol == "b")
    }

    static func next(_ connection: WebSocketConnection) async -> ConnectionEvent? {
        var iterator = connection.events.makeAsyncIterator()
        return await iterator.next()
    }
}
