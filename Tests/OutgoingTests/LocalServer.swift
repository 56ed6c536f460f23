import EventLoop
import Glibc
import Synchronization
import Transport

/// The machine did not give what a test needs.
struct TestFault: Error {}

/// A server on a loopback port that does what a test tells it: a thread with blocking calls for each connection.
final class LocalServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let identity: TLSServerContext?
    private let script: @Sendable (LocalPeer) -> Void
    private let accepted = Atomic<Int>(0)

    /// Runs `script` for each connection.
    init(tls identity: TLSServerContext? = nil, _ script: @escaping @Sendable (LocalPeer) -> Void) throws {
        (listener, port) = try Self.loopback()
        guard listen(listener, 512) == 0 else { throw TestFault() }
        self.identity = identity
        self.script = script
        startThread { [self] in run() }
    }

    var url: String { "http://127.0.0.1:\(port)/" }
    var secureURL: String { "https://localhost:\(port)/" }
    /// Connections accepted so far.
    var connectionCount: Int { accepted.load(ordering: .relaxed) }

    /// Ends the accepting thread; the port refuses from then on.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func run() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            accepted.add(1, ordering: .relaxed)
            // A test that fails must not hang the suite.
            var limit = timeval(tv_sec: 30, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            startThread { [self] in
                let peer = LocalPeer(descriptor)
                if peer.begin(identity) { script(peer) }
                peer.end()
            }
        }
        close(listener)
    }

    /// A bound socket that does not listen, and its port: connections to it are refused.
    static func loopback() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var length = size
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw TestFault() }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}

/// One connection, for the scripts of a ``LocalServer``.
final class LocalPeer {
    private let descriptor: Int32
    private var tls: TLSSession?
    private var rest: [UInt8] = []
    private var isEnded = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func begin(_ identity: TLSServerContext?) -> Bool {
        guard let identity else { return true }
        guard let session = try? TLSSession(server: identity, fileDescriptor: descriptor) else {
            return false
        }
        tls = session
        return session.handshake() == .done
    }

    /// The next request, head and body as one text; nil when the other side closed.
    func readRequest() -> LocalRequest? {
        while true {
            if let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: rest[..<end.lowerBound], as: UTF8.self)
                var request = LocalRequest(head)
                rest.removeSubrange(..<end.upperBound)
                while rest.count < request.length {
                    guard let more = receive() else { return nil }
                    rest += more
                }
                request.body = Array(rest.prefix(request.length))
                rest.removeFirst(request.length)
                return request
            }
            guard let more = receive() else { return nil }
            rest += more
        }
    }

    /// Sends everything; false when the other side is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { buffer -> Int in
                if let tls {
                    if case .written(let count) = tls.send(buffer) { return count }
                    return -1
                }
                return Glibc.send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// A whole answer with a length.
    @discardableResult
    func answer(_ status: String = "200 OK", _ fields: String = "", _ body: String = "") -> Bool {
        send("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// One chunk of a chunked body.
    @discardableResult
    func chunk(_ text: String) -> Bool {
        send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
    }

    /// Sends as much as goes without waiting longer than `patience` for the other side; how much went.
    func sendUntilHeld(_ bytes: [UInt8], patience milliseconds: Int32) -> Int {
        var sent = 0
        while sent < bytes.count {
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wait, 1, milliseconds) == 1 else { break }
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, flags)
            }
            if count < 0, errno == EAGAIN { continue }
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    /// Keeps little of what is sent here, so that a held reader is noticed soon.
    func shrinkSendBuffer() {
        var size: Int32 = 262_144
        setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Waits until the other side closes; false when it sends something instead, or 30 s pass.
    func waitForClose() -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, 0)
        return count == 0 || count < 0 && errno == ECONNRESET
    }

    /// Whether the other side closes within this time.
    func closesWithin(milliseconds: Int32) -> Bool {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&wait, 1, milliseconds) == 1
    }

    /// Closes with a reset.
    func reset() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        end()
    }

    func end() {
        if isEnded { return }
        isEnded = true
        if let tls { _ = tls.shutdown() }
        close(descriptor)
    }

    private func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = buffer.withUnsafeMutableBytes { buffer -> Int in
            if let tls {
                if case .bytes(let count) = tls.receive(into: buffer) { return count }
                return -1
            }
            return recv(descriptor, buffer.baseAddress, buffer.count, 0)
        }
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }
}

/// A request as a ``LocalServer`` sees it.
struct LocalRequest {
    /// Such as `GET / HTTP/1.1`.
    let line: String
    /// Names in small letters.
    let fields: [String: String]
    var body: [UInt8] = []

    init(_ head: String) {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        line = String(lines.first ?? "")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
        }
        self.fields = fields
    }

    var length: Int { Int(fields["content-length"] ?? "0") ?? 0 }
}

/// Runs `body` on a thread of its own, where blocking is allowed.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
}
