import Bytes
import Foundation
import Glibc
import HTTPWire
import Testing
import WebSocketWire

/// A WebSocket client on a blocking socket: simple enough to be trusted, slow enough to be told apart.
final class TestClient {
    enum Event: Equatable {
        case text(String)
        case binary([UInt8])
        case ping
        case pong
        case closed(UInt16?, String)
        /// The stream ended; after a close frame too.
        case end
    }

    private let descriptor: Int32
    private var reader: MessageReader
    private let scratch = ReaderScratch()
    private let inbox = Inbox()
    private var random = SplitMix64(seed: 1)
    private(set) var response = ""

    /// Connects, sends `request` as it is, or a handshake for `path`.
    ///
    /// - Parameter receiveBuffer: octets that may wait to be read (`SO_RCVBUF`); nil: as the system likes it.
    init(
        port: UInt16, path: String? = nil, request: String? = nil, fields: [String] = [],
        receiveBuffer: Int32? = nil
    ) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        reader = MessageReader(role: .client, messageLimit: 1 << 24, deflate: nil)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        if var receiveBuffer {
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // A test that waits for what never comes fails instead of hanging.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        try #require(connected == 0)
        if let request {
            write(Array(request.utf8))
        } else if let path {
            let more = fields.map { $0 + "\r\n" }.joined()
            write(
                Array(
                    """
                    GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\(more)\r\n
                    """.utf8))
            try readHead()
        }
    }

    deinit { Glibc.close(descriptor) }

    var status: Int? {
        response.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }

    func send(_ text: String) {
        write(frame(.text, Array(text.utf8)))
    }

    func frame(_ opcode: Opcode, _ payload: [UInt8], fin: Bool = true) -> [UInt8] {
        let buffer = ByteBuffer()
        payload.withUnsafeBytes {
            FrameWriter.append(
                opcode, fin: fin, payload: $0,
                maskingKey: MaskingKey(wire: UInt32(truncatingIfNeeded: random.next())), to: buffer)
        }
        return buffer.array
    }

    func shutdownWrite() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next thing the server says.
    func next() throws -> Event {
        while inbox.events.isEmpty {
            var bytes = [UInt8](repeating: 0, count: 65536)
            let n = recv(descriptor, &bytes, bytes.count, 0)
            if n == 0 || n < 0 && errno == ECONNRESET { return .end }
            try #require(n > 0, "nothing came in time")
            try feed(&bytes, n)
        }
        return inbox.events.removeFirst()
    }

    /// Everything the server sends until it closes.
    func readAll() throws -> String {
        var all: [UInt8] = []
        while true {
            let bytes = try readSome()
            if bytes.isEmpty { return String(decoding: all, as: UTF8.self) }
            all += bytes
        }
    }

    /// What has come, at least a byte; empty at the end.
    func readSome() throws -> ArraySlice<UInt8> {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let n = recv(descriptor, &bytes, bytes.count, 0)
        if n == 0 || n < 0 && errno == ECONNRESET { return [] }
        try #require(n > 0, "nothing came in time")
        return bytes[..<n]
    }

    private func readHead() throws {
        var head: [UInt8] = []
        while true {
            var byte: UInt8 = 0
            let n = recv(descriptor, &byte, 1, 0)
            if n == 0 { break }
            try #require(n == 1, "no answer to the handshake")
            head.append(byte)
            if head.suffix(4) == [13, 10, 13, 10] { break }
        }
        response = String(decoding: head, as: UTF8.self)
    }

    private func feed(_ bytes: inout [UInt8], _ count: Int) throws {
        try bytes.withUnsafeMutableBytes { bytes in
            var rest = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
            while !rest.isEmpty {
                let used = try reader.read(rest, scratch: scratch, into: inbox)
                if used == 0 { break }
                rest = UnsafeMutableRawBufferPointer(rebasing: rest[used...])
            }
        }
    }

    private final class Inbox: MessageSink {
        var events: [Event] = []

        func receive(
            message kind: MessageKind, _ payload: UnsafeMutableRawBufferPointer, wasCompressed: Bool
        ) -> Bool {
            events.append(
                kind == .text ? .text(String(decoding: payload, as: UTF8.self)) : .binary([UInt8](payload)))
            return true
        }
        func receive(ping payload: UnsafeRawBufferPointer) -> Bool {
            events.append(.ping)
            return true
        }
        func receive(pong payload: UnsafeRawBufferPointer) -> Bool {
            events.append(.pong)
            return true
        }
        func receive(close code: CloseCode?, reason: UnsafeRawBufferPointer) -> Bool {
            events.append(.closed(code?.rawValue, String(decoding: reason, as: UTF8.self)))
            return true
        }
    }
}
