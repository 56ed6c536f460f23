import Bytes
import CSystem
import EventLoop
import Glibc
import Testing

@testable import Transport

/// The other side of a ``LoopSocket``: a blocking socket on a thread of the test.
@Suite struct `Stream loop` {
    /// Far enough away that no test reaches it.
    private var later: MonotonicTime { EventLoop.now() + .seconds(60) }

    @Test func `sends, receives and sees the end`() async throws {
        let peer = try TestPeer()
        let loop = try StreamLoop(name: "test")
        defer { loop.stop() }
        let socket = try await LoopSocket.connect(to: peer.address, on: loop, deadline: later).get()
        let far = try peer.accept()
        await socket.send(Array("question".utf8))
        #expect(far.read(8) == Array("question".utf8))
        far.write(Array("answer".utf8))
        #expect(await socket.receive(deadline: later) == .bytes(Array("answer".utf8)))
        far.shutdown()
        #expect(await socket.receive(deadline: later) == .end(isTruncated: false))
        #expect(await socket.receive(deadline: later) == .end(isTruncated: false))
        await socket.close()
        await socket.close()
        #expect(await socket.receive(deadline: later) == .failed(EBADF))
    }

    @Test func `tells a reset from an end`() async throws {
        let peer = try TestPeer()
        let loop = try StreamLoop(name: "test")
        defer { loop.stop() }
        let socket = try await LoopSocket.connect(to: peer.address, on: loop, deadline: later).get()
        try peer.accept().reset()
        #expect(await socket.receive(deadline: later) == .failed(ECONNRESET))
        await socket.close()
    }

    @Test func `silence ends at the deadline, and the stream goes on`() async throws {
        let peer = try TestPeer()
        let loop = try StreamLoop(name: "test")
        defer { loop.stop() }
        let socket = try await LoopSocket.connect(to: peer.address, on: loop, deadline: later).get()
        let far = try peer.accept()
        #expect(await socket.receive(deadline: EventLoop.now()) == .timedOut)
        far.write([7])
        #expect(await socket.receive(deadline: later) == .bytes([7]))
        await socket.close()
    }

    @Test func `a port without a listener refuses`() async throws {
        let address: SocketAddress
        do { address = try TestPeer().address }
        let loop = try StreamLoop(name: "test")
        defer { loop.stop() }
        let result = await LoopSocket.connect(to: address, on: loop, deadline: later)
        guard case .failure(.refused(ECONNREFUSED)) = result else {
            Issue.record("connected, or failed otherwise")
            return
        }
    }

    @Test func `more than the kernel takes is queued and arrives`() async throws {
        let peer = try TestPeer()
        let loop = try StreamLoop(name: "test")
        defer { loop.stop() }
        let socket = try await LoopSocket.connect(to: peer.address, on: loop, deadline: later).get()
        let far = try peer.accept()
        let bytes = [UInt8](repeating: 9, count: 8 << 20)
        await socket.send(bytes)
        #expect(far.read(bytes.count).count == bytes.count)
        await socket.close()
    }

    @Test func `TLS that refuses nothing says what it would have refused`() async throws {
        let files = try TLSFiles()
        let server = try files.server(["app.example"])
        let peer = try TestPeer()
        let loop = try StreamLoop(name: "test")
        defer { loop.stop() }
        let socket = try await LoopSocket.connect(to: peer.address, on: loop, deadline: later).get()
        let far = try peer.accept()
        far.serve(server)
        let context = try TLSClientContext(observing: ["http/1.1"])
        let outcome = await socket.startTLS(context, serverName: "other.example", deadline: later)
        guard case .secured(let seen) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(seen.alpn == "http/1.1")
        #expect(seen.certificate?.names == ["app.example"])
        #expect(seen.verification?.isForName == false)
        #expect(seen.verification?.isUntrusted == true)
        #expect(await socket.receive(deadline: later) == .bytes(Array("hello".utf8)))
        await socket.close()
    }
}

/// A listener on loopback whose connections are used by blocking calls.
private struct TestPeer: ~Copyable {
    let descriptor: Int32
    let address: SocketAddress

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let fd = descriptor
        let isListening = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && listen(fd, 8) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard isListening else { throw TestFault() }
        address = .v4(0x7F00_0001, port: UInt16(bigEndian: name.sin_port))
    }

    deinit { close(descriptor) }

    borrowing func accept() throws -> TestConnection {
        let accepted = Glibc.accept(descriptor, nil, nil)
        guard accepted >= 0 else { throw TestFault() }
        return TestConnection(descriptor: accepted)
    }
}

private struct TestConnection: ~Copyable {
    let descriptor: Int32

    deinit { close(descriptor) }

    func read(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var got = 0
        while got < count {
            let n = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + got }, count - got)
            }
            if n <= 0 { break }
            got += n
        }
        return Array(bytes.prefix(got))
    }

    func write(_ bytes: [UInt8]) { _ = Glibc.write(descriptor, bytes, bytes.count) }
    func shutdown() { _ = Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

    consuming func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    /// Shakes hands and says hello, on a thread.
    consuming func serve(_ context: TLSServerContext) {
        let descriptor = dup(descriptor)
        let thread = Thread {
            guard let session = try? TLSSession(server: context, fileDescriptor: descriptor) else { return }
            guard case .done = session.handshake() else { return }
            _ = Array("hello".utf8).withUnsafeBytes { session.send($0) }
            close(descriptor)
        }
        thread.start()
    }
}

private final class Thread: Sendable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func start() { try? SystemThread(name: "peer") { self.body() }.detach() }
}
