import CSystem
import EventLoop
import Glibc
import Testing

@testable import Transport

@Suite("Listener", .timeLimit(.minutes(5)))
struct ListenerTests {
    private static let anyPort = SocketAddress.v4(0x7F00_0001, port: 0)
    private static let anyPortV6 = SocketAddress.v6(.init(high: 0, low: 1), port: 0)

    private func connect(_ address: SocketAddress) throws -> StreamSocket {
        var dialer = Dialer([address], now: EventLoop.now())
        var progress = dialer.start(now: EventLoop.now())
        while case .connecting(let fd, _) = progress {
            #expect(awaitReady(fd, toWrite: true))
            progress = dialer.finish(now: EventLoop.now())
        }
        guard let socket = dialer.takeSocket() else { throw SystemError(call: "connect", errno: EINVAL) }
        return socket
    }

    @Test(
        "accepts over IPv4 and IPv6, with the peer's address and without delay",
        arguments: [anyPort, anyPortV6])
    func accepts(_ address: SocketAddress) throws {
        var listener = try Listener(address)
        #expect(listener.boundAddress.port != 0 && listener.boundAddress.isLoopback)
        #expect(listener.accept { _, _ in Issue.record("nobody came") } == .drained)
        let client = try connect(listener.boundAddress)
        var accepted: [(Int32, SocketAddress)] = []
        #expect(awaitReady(listener.fileDescriptor))
        #expect(listener.accept { accepted.append(($0, $1)) } == .drained)
        let (fd, peer) = try #require(accepted.first)
        var server = StreamSocket(fileDescriptor: fd)
        #expect(try SocketAddress.of(client.fileDescriptor, "getsockname", csys_local_address) == peer)
        var (flag, size) = (Int32(0), socklen_t(4))
        getsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &flag, &size)
        #expect(flag == 1 && fcntl(fd, F_GETFL) & O_NONBLOCK != 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC != 0)
        #expect(server.send(Array("hello".utf8)) == .sent)
        withExtendedLifetime(client) {}
    }

    @Test("takes no more in a turn than its limit")
    func fairness() throws {
        var listener = try Listener(Self.anyPort)
        let clients = try (0..<5).map { _ in Owner(try connect(listener.boundAddress)) }
        var total = 0
        while total < clients.count {
            #expect(awaitReady(listener.fileDescriptor))
            var count = 0
            let outcome = listener.accept(limit: 2) { fd, _ in
                count += 1
                _ = csys_close(fd)
            }
            #expect(count <= 2 && outcome == (count == 2 ? .more : .drained))
            total += count
        }
        #expect(listener.accept(limit: 2) { _, _ in } == .drained)
        withExtendedLifetime(clients) {}
    }

    @Test("two listeners share a port when both want to, and a third server is told no")
    func reusePort() throws {
        let first = try Listener(Self.anyPort, reusePort: true)
        let second = try Listener(first.boundAddress, reusePort: true)
        #expect(first.boundAddress == second.boundAddress)
        let taken = SystemError(call: "bind", errno: EADDRINUSE, detail: first.boundAddress.description)
        #expect(throws: taken) { try Listener.requireUnused(first.boundAddress) }
        #expect(throws: taken) { try Self.listen(first.boundAddress) }
        withExtendedLifetime(second.fileDescriptor) {}
    }

    @Test("an unused address is found unused, again and again")
    func unused() throws {
        let address: SocketAddress
        do { address = try Listener(Self.anyPort).boundAddress }
        try Listener.requireUnused(address)
        try Listener.requireUnused(address)
        try Self.listen(address)
        try Listener.requireUnused(.unix(path: "/anything"))
    }

    @Test("IPv6 leaves the port of IPv4 alone")
    func v6Only() throws {
        let six = try Listener(.v6(.init(high: 0, low: 0), port: 0))
        let port = try #require(six.boundAddress.port)
        do {
            _ = try Listener(.v4(0, port: port))
        } catch {
            // Somebody else's port by chance; what must not be is a conflict with ours.
            #expect(error.errno == EADDRINUSE)
        }
        var (flag, size) = (Int32(0), socklen_t(4))
        getsockopt(six.fileDescriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &flag, &size)
        #expect(flag == 1)
    }

    @Test("says what cannot be bound")
    func unbindable() {
        let foreign = SocketAddress.v4(0xC000_0201, port: 0)
        #expect(throws: SystemError(call: "bind", errno: EADDRNOTAVAIL, detail: "192.0.2.1:0")) {
            try Self.listen(foreign)
        }
    }

    @Test("a Unix socket: mode 0660, removed when the listener goes")
    func unix() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s")
        do {
            var listener = try Listener(.unix(path: path))
            var info = stat()
            #expect(lstat(path, &info) == 0 && info.st_mode == S_IFSOCK | 0o660)
            let client = try connect(.unix(path: path))
            var peers: [SocketAddress] = []
            #expect(
                listener.accept { fd, peer in
                    peers.append(peer)
                    _ = csys_close(fd)
                } == .drained)
            #expect(peers == [.unix(path: "")])
            withExtendedLifetime(client) {}
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test("a Unix socket left behind is replaced, a living one and any other file are not")
    func stale() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s")
        let address = SocketAddress.unix(path: path)
        let dead = csys_socket_create(UInt16(CSYS_FAMILY_UNIX))
        #expect(address.withNative { csys_bind(dead, $0) } == 0 && csys_listen(dead, 1) == 0)
        #expect(
            throws: SystemError(call: "bind", errno: EADDRINUSE, detail: "\(address), where a server answers")
        ) {
            try Self.listen(address)
        }
        _ = csys_close(dead)
        #expect(access(path, F_OK) == 0, "its file is still there")
        try Self.listen(address)
        #expect(access(path, F_OK) != 0)

        let file = open(path, O_CREAT | O_WRONLY, 0o600)
        _ = csys_close(file)
        #expect(
            throws: SystemError(
                call: "bind", errno: EEXIST, detail: "\(address), which is a file and no socket")
        ) {
            try Self.listen(address)
        }
        #expect(access(path, F_OK) == 0)
        let long = SocketAddress.unix(path: String(repeating: "x", count: 108))
        #expect(throws: SystemError(call: "bind", errno: ENAMETOOLONG, detail: long.description)) {
            try Self.listen(long)
        }
    }

    @Test("the file of a server that took over is not removed")
    func takenOver() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("s")
        do {
            let old = try Listener(.unix(path: path))
            unlink(path)
            let successor = csys_socket_create(UInt16(CSYS_FAMILY_UNIX))
            #expect(SocketAddress.unix(path: path).withNative { csys_bind(successor, $0) } == 0)
            _ = csys_close(successor)
            withExtendedLifetime(old.fileDescriptor) {}
        }
        #expect(access(path, F_OK) == 0)
    }

    @Test("out of descriptors: the waiting are refused at once, and accepting goes on when there is room")
    func exhausted() async {
        await #expect(processExitsWith: .success) {
            var listener = try Listener(.v4(0x7F00_0001, port: 0))
            let clients = (0..<3).map { _ in csys_socket_create(UInt16(CSYS_FAMILY_V4)) }
            for client in clients { _ = listener.boundAddress.withNative { csys_connect(client, $0) } }
            var hoard: [Int32] = []
            var limit = rlimit()
            precondition(getrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0)
            limit.rlim_cur = min(256, limit.rlim_max)
            precondition(setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0)
            while case let fd = csys_open_null(), fd >= 0 { hoard.append(fd) }
            /// Accepts until so many have been refused; a busy kernel queues them one by one.
            func refuse(_ expected: Int) {
                var refused = 0
                while refused < expected {
                    precondition(awaitReady(listener.fileDescriptor))
                    let outcome = listener.accept { _, _ in preconditionFailure("there was no room") }
                    guard case .descriptorsExhausted(let count) = outcome else {
                        preconditionFailure("\(outcome)")
                    }
                    refused += count
                }
                precondition(refused == expected)
            }
            refuse(3)
            for client in clients {
                var byte: UInt8 = 0
                precondition(awaitReady(client) && csys_receive(client, &byte, 1) <= 0, "told at once")
            }
            // The reserve is back: the same again.
            _ = csys_close(hoard.removeLast())
            let late = csys_socket_create(UInt16(CSYS_FAMILY_V4))
            _ = listener.boundAddress.withNative { csys_connect(late, $0) }
            refuse(1)
            for fd in hoard { _ = csys_close(fd) }
            _ = csys_close(late)
            let later = csys_socket_create(UInt16(CSYS_FAMILY_V4))
            _ = listener.boundAddress.withNative { csys_connect(later, $0) }
            precondition(awaitReady(listener.fileDescriptor))
            var accepted = 0
            precondition(listener.accept { _, _ in accepted += 1 } == .drained && accepted == 1)
            exit(0)
        }
    }

    private static func listen(_ address: SocketAddress) throws(SystemError) { _ = try Listener(address) }
}

/// Keeps a socket in an array.
private final class Owner {
    let socket: StreamSocket
    init(_ socket: consuming StreamSocket) { self.socket = socket }
}
