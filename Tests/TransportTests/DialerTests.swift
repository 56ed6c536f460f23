import Bytes
import CSystem
import EventLoop
import Glibc
import Testing

@testable import Transport

@Suite("Dialer", .timeLimit(.minutes(5)))
struct DialerTests {
    private static let start = MonotonicTime.seconds(1_000)

    private func dial(_ dialer: inout Dialer) -> Dialer.Progress {
        var progress = dialer.start(now: Self.start)
        while case .connecting(let fd, _) = progress {
            #expect(awaitReady(fd, toWrite: true))
            progress = dialer.finish(now: Self.start)
        }
        return progress
    }

    private func freeAddress() throws -> SocketAddress {
        try Listener(.v4(0x7F00_0001, port: 0)).boundAddress
    }

    @Test("connects to the first address that answers")
    func connects() throws {
        let refused = try freeAddress()
        let listener = try Listener(.v6(.init(high: 0, low: 1), port: 0))
        var dialer = Dialer([refused, listener.boundAddress], now: Self.start)
        #expect(dial(&dialer) == .connected(listener.boundAddress))
        #expect(dialer.finish(now: Self.start) == .connected(listener.boundAddress))
        var socket = dialer.takeSocket()
        let result = socket?.send([1])
        #expect(result == .sent)
        let again = dialer.takeSocket()?.fileDescriptor
        #expect(again == nil)
    }

    @Test("connects to a Unix socket at once, and says when there is none")
    func unix() throws {
        let directory = TemporaryDirectory()
        let address = SocketAddress.unix(path: directory.file("s"))
        let listener = try Listener(address)
        var dialer = Dialer([address], now: Self.start)
        #expect(dialer.start(now: Self.start) == .connected(address))
        let nowhere = SocketAddress.unix(path: directory.file("t"))
        var other = Dialer([nowhere], now: Self.start)
        let attempt = DialError.Attempt(address: nowhere, reason: .refused(ENOENT))
        #expect(other.start(now: Self.start) == .failed(.unreachable([attempt])))
        withExtendedLifetime(listener.fileDescriptor) {}
    }

    @Test("says for each address why not")
    func refused() throws {
        let address = try freeAddress()
        var dialer = Dialer([address], now: Self.start)
        let error = DialError.unreachable([.init(address: address, reason: .refused(ECONNREFUSED))])
        #expect(dial(&dialer) == .failed(error))
        #expect(error.description == "cannot connect: \(address): Connection refused (ECONNREFUSED)")
        var empty = Dialer([], now: Self.start)
        #expect(empty.start(now: Self.start) == .failed(.noAddress))
        let none = empty.takeSocket()?.fileDescriptor
        #expect(none == nil)
    }

    @Test("a silent address costs its own timeout, and all of them the total")
    func timeouts() throws {
        // A listener whose queue is full drops what comes: nobody ever answers.
        let listener = try Listener(.v4(0x7F00_0001, port: 0), backlog: 0)
        let silent = listener.boundAddress
        var fillers: [Int32] = []
        defer { for fd in fillers { _ = csys_close(fd) } }
        var answers = true
        repeat {
            let fd = csys_socket_create(UInt16(CSYS_FAMILY_V4))
            _ = silent.withNative { csys_connect(fd, $0) }
            fillers.append(fd)
            // That nothing happens takes a moment to see, but only once.
            answers = awaitReady(fd, toWrite: true, milliseconds: 200)
        } while answers && fillers.count < 64

        let addresses = [silent, silent, silent]
        var dialer = Dialer(
            addresses, attemptTimeout: .seconds(2), totalTimeout: .seconds(5), now: Self.start)
        guard case .connecting(let fd, let deadline) = dialer.start(now: Self.start) else {
            Issue.record("it answers")
            return
        }
        #expect(deadline == .seconds(1_002))
        #expect(dialer.finish(now: .seconds(1_001)) == .connecting(fileDescriptor: fd, deadline: deadline))
        guard case .connecting(_, .seconds(1_004)) = dialer.finish(now: .seconds(1_002)) else {
            Issue.record("the second is not tried")
            return
        }
        guard case .connecting(_, .seconds(1_005)) = dialer.finish(now: .seconds(1_004)) else {
            Issue.record("the third is not tried, or its time not cut")
            return
        }
        let attempt = DialError.Attempt(address: silent, reason: .timedOut)
        let error = DialError.timedOut([attempt, attempt, attempt])
        #expect(dialer.finish(now: .seconds(1_005)) == .failed(error))
        #expect(error.description.hasPrefix("no connection in time: \(silent): no answer; "))
        #expect(dialer.finish(now: .seconds(1_006)) == .failed(.noAddress))
        var late = Dialer(addresses, totalTimeout: .zero, now: Self.start)
        #expect(late.start(now: Self.start) == .failed(.timedOut([])))
    }

    @Test("works with a loop: dial, accept, echo, end")
    func withLoop() async throws {
        let loop = try EventLoop(name: "echo")
        let (results, report) = AsyncStream.makeStream(of: [UInt8].self)
        let scene = try Scene(loop) { report.yield($0) }
        try scene.start()
        for await echoed in results {
            #expect(echoed == Array("through a real loop".utf8))
            break
        }
        loop.stop()
        loop.join()
    }
}

extension MonotonicTime {
    /// For patterns.
    fileprivate static func ~= (expected: MonotonicTime, value: MonotonicTime) -> Bool { expected == value }
}

/// A server and a client on one loop, as their owners write them.
private actor Scene {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let report: @Sendable ([UInt8]) -> Void
    private var listener: Listener
    private var dialer: Dialer
    private var server: StreamSocket?
    private var client: StreamSocket?
    private var dialing: Int32 = -1

    private enum Token {
        static let listener: UInt64 = 1
        static let dialer: UInt64 = 2
        static let server: UInt64 = 3
        static let client: UInt64 = 4
    }

    init(_ loop: EventLoop, report: @escaping @Sendable ([UInt8]) -> Void) throws {
        self.loop = loop
        self.report = report
        let listener = try Listener(.v4(0x7F00_0001, port: 0))
        dialer = Dialer([listener.boundAddress], now: EventLoop.now())
        self.listener = listener
    }

    nonisolated func start() throws {
        try loop.start { events, now in self.assumeIsolated { $0.turn(events, now) } }
    }

    private func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? {
        if dialing < 0 && client == nil {
            try? loop.register(listener.fileDescriptor, token: Token.listener, .read)
            follow(dialer.start(now: now))
        }
        for event in events {
            switch event.token {
            case Token.listener:
                _ = listener.accept { fd, _ in
                    server = StreamSocket(fileDescriptor: fd)
                    try? loop.register(fd, token: Token.server, .read)
                }
            case Token.dialer: follow(dialer.finish(now: now))
            case Token.server:
                var bytes: [UInt8] = []
                if case .bytes? = server?.receive(into: &bytes) { _ = server?.send(bytes) }
            case Token.client:
                var bytes: [UInt8] = []
                if case .bytes? = client?.receive(into: &bytes) { report(bytes) }
            default: Issue.record("no such token: \(event.token)")
            }
        }
        return nil
    }

    private func follow(_ progress: Dialer.Progress) {
        switch progress {
        case .connecting(let fd, _):
            if fd != dialing { try? loop.register(fd, token: Token.dialer, .write) }
            dialing = fd
        case .connected:
            client = dialer.takeSocket()
            guard let fd = client?.fileDescriptor else { return }
            loop.deregister(fd)
            try? loop.register(fd, token: Token.client, .read)
            _ = client?.send(Array("through a real loop".utf8))
        case .failed(let error): Issue.record("\(error)")
        }
    }
}
