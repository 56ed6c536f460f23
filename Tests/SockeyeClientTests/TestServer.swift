import Bytes
import Glibc
import HTTPWire
import Synchronization
import WebSocketWire

/// A server on a loopback port that does what a test tells it: one thread, blocking calls, no code shared
/// with the client but the wires.
final class TestServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let script: @Sendable (TestPeer) -> Void

    /// Runs `script` for each connection, one after the other, on a thread of its own.
    init(_ script: @escaping @Sendable (TestPeer) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var length = size
        let fd = listener
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(fd, pointer, size) == 0 && listen(fd, 16) == 0 && getsockname(fd, pointer, &length) == 0
            }
        }
        guard result else { throw TestFailure("no loopback port: \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
        self.script = script
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<TestServer>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    var url: String { "ws://127.0.0.1:\(port)/ws" }

    /// No connection is accepted any more; the port refuses.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func run() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { break }
            // A test that fails must not hang the suite; one that waits its turn among many, under a sanitizer,
            // must not fail.
            var limit = timeval(tv_sec: 240, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let peer = TestPeer(descriptor)
            script(peer)
            peer.end()
        }
        close(listener)
    }
}

/// What the scripts of a `TestServer` work with: one connection.
final class TestPeer {
    private let descriptor: Int32
    private var reader = MessageReader(role: .server, messageLimit: 64 << 20, deflate: nil)
    private let scratch = ReaderScratch()
    private let inbox = Inbox()
    private var isEnded = false
    private(set) var request = ""

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Reads the request head.
    @discardableResult
    func readRequest() -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while !bytes.ends(with: "\r\n\r\n"), recv(descriptor, &byte, 1, 0) == 1 { bytes.append(byte) }
        request = String(decoding: bytes, as: UTF8.self)
        return request
    }

    /// Reads the request and accepts it.
    func upgrade(_ subprotocol: String? = nil) {
        readRequest()
        let key = field("Sec-WebSocket-Key") ?? ""
        let output = ByteBuffer()
        Handshake.appendResponse(key: key, subprotocol: subprotocol, to: output)
        write(output.array)
    }

    func field(_ name: String) -> String? {
        request.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    func send(text: String) { frame(.text, Array(text.utf8)) }

    func frame(_ opcode: Opcode, _ payload: [UInt8] = []) {
        let output = ByteBuffer()
        payload.withUnsafeBytes { FrameWriter.append(opcode, payload: $0, to: output) }
        write(output.array)
    }

    func close(_ code: CloseCode?, _ reason: String = "") {
        let output = ByteBuffer()
        FrameWriter.appendClose(code, reason: reason, to: output)
        write(output.array)
    }

    /// The next thing the client sent; nil at the end.
    func next() -> TestEvent? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while inbox.events.isEmpty {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            _ = buffer.withUnsafeMutableBytes {
                try? reader.read(
                    UnsafeMutableRawBufferPointer(rebasing: $0[..<count]), scratch: scratch, into: inbox)
            }
        }
        return inbox.events.removeFirst()
    }

    /// Echoes messages and answers the close frame, as a proper server does.
    func echo() {
        while let event = next() {
            switch event {
            case .message(let text): send(text: text)
            case .ping(let payload): frame(.pong, payload)
            case .pong: break
            case .close(let code): return close(code)
            }
        }
    }

    /// Closes with a reset, as a process that was killed does when it leaves bytes unread.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        end()
    }

    func end() {
        if !isEnded { Glibc.close(descriptor) }
        isEnded = true
    }

    private final class Inbox: MessageSink {
        var events: [TestEvent] = []

        func receive(message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool)
            -> Bool
        {
            events.append(.message(String(decoding: payload, as: UTF8.self)))
            return true
        }
        func receive(ping payload: UnsafeRawBufferPointer) -> Bool {
            events.append(.ping(Array(payload)))
            return true
        }
        func receive(pong payload: UnsafeRawBufferPointer) -> Bool {
            events.append(.pong(Array(payload)))
            return true
        }
        func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool {
            events.append(.close(code))
            return true
        }
    }
}

enum TestEvent: Equatable {
    case message(String)
    case ping([UInt8])
    case pong([UInt8])
    case close(CloseCode?)
}

struct TestFailure: Error {
    let words: String

    init(_ words: String) { self.words = words }
}

/// What a server's thread saw, for the test to look at afterwards.
final class Seen<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiters: [CheckedContinuation<Value, Never>] = []
    }

    private let state = Mutex(State())

    func note(_ value: Value) {
        let waiting = state.withLock { state in
            state.values.append(value)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiting { waiter.resume(returning: value) }
    }

    var all: [Value] { state.withLock { $0.values } }

    /// The first thing noted, once there is one.
    func first() async -> Value {
        await withCheckedContinuation { waiter in
            let first = state.withLock { state in
                if state.values.isEmpty { state.waiters.append(waiter) }
                return state.values.first
            }
            if let first { waiter.resume(returning: first) }
        }
    }
}

extension [UInt8] {
    func ends(with text: String) -> Bool {
        count >= text.utf8.count && suffix(text.utf8.count).elementsEqual(text.utf8)
    }
}
