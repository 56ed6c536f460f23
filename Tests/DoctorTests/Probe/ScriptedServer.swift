import Bytes
import CSystem
import EventLoop
import Glibc
import HTTPWire
import Synchronization

/// A server on loopback whose every answer a test writes: connections are handled one thread each, by blocking calls.
final class ScriptedServer: Sendable {
    /// Gets each connection; what it returns from is closed.
    typealias Script = @Sendable (Connection) -> Void

    let port: UInt16
    private let descriptor: Int32
    private let log = Log()

    /// The heads of the requests that came, in their order of arrival.
    var requests: [String] { log.heads.withLock { $0 } }

    private final class Log: Sendable {
        let heads = Mutex<[String]>([])
    }

    init(_ script: @escaping Script) throws {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && listen(fd, 64) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        guard isListening else { throw SystemError(call: "listen", errno: errno) }
        descriptor = fd
        port = UInt16(bigEndian: name.sin_port)
        let log = self.log
        try SystemThread(name: "scripted") {
            while true {
                let accepted = Glibc.accept(fd, nil, nil)
                guard accepted >= 0 else { return }
                let connection = Connection(accepted) { head in log.heads.withLock { $0.append(head) } }
                try? SystemThread(name: "scripted") {
                    script(connection)
                    connection.end()
                }.detach()
            }
        }.detach()
    }

    deinit {
        // Wakes the thread out of accept.
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    /// One connection, used by its thread alone.
    final class Connection: Sendable {
        private let descriptor: Int32
        private let note: @Sendable (String) -> Void
        private let isClosed = Mutex(false)

        init(_ descriptor: Int32, note: @escaping @Sendable (String) -> Void) {
            self.descriptor = descriptor
            self.note = note
        }

        /// A request's head, nil at the end of the connection.
        func head() -> String? {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while bytes.suffix(4) != [13, 10, 13, 10] {
                guard read(descriptor, &byte, 1) == 1, bytes.count < 1 << 20 else { return nil }
                bytes.append(byte)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            note(text)
            return text
        }

        func write(_ text: String) { write(Array(text.utf8)) }

        /// False when the other side has gone.
        @discardableResult
        func write(_ bytes: [UInt8]) -> Bool {
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    send(descriptor, $0.baseAddress, $0.count, 0x4000)
                }
                if count <= 0 { return false }
                sent += count
            }
            return true
        }

        /// Waits until the other side closes.
        func drain() {
            var bytes = [UInt8](repeating: 0, count: 4_096)
            while read(descriptor, &bytes, bytes.count) > 0 {}
        }

        /// One frame of the client, unmasked; nil at the end.
        func frame() -> (opcode: UInt8, payload: [UInt8])? {
            guard let head = exactly(2) else { return nil }
            var count = Int(head[1] & 0x7F)
            if count == 126 {
                guard let more = exactly(2) else { return nil }
                count = Int(more[0]) << 8 | Int(more[1])
            } else if count == 127 {
                guard let more = exactly(8) else { return nil }
                count = more.reduce(0) { $0 << 8 | Int($1) }
            }
            guard let key = exactly(4), let masked = exactly(count) else { return nil }
            return (head[0] & 0x0F, masked.enumerated().map { $1 ^ key[$0 & 3] })
        }

        /// Sends an unmasked frame with these first byte and payload.
        func frame(_ first: UInt8, _ payload: [UInt8]) {
            var bytes = [first]
            if payload.count < 126 {
                bytes.append(UInt8(payload.count))
            } else {
                bytes += [126, UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF)]
            }
            write(bytes + payload)
        }

        /// Answers pings with pongs, and text with itself, until the client goes.
        func echo() {
            while let (opcode, payload) = frame() {
                switch opcode {
                case 1: frame(0x81, payload)
                case 8: return frame(0x88, payload)
                case 9: frame(0x8A, payload)
                default: break
                }
            }
        }

        func reset() {
            var value = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
            end()
        }

        func end() {
            let isFirst = isClosed.withLock { isClosed in
                defer { isClosed = true }
                return !isClosed
            }
            if isFirst { close(descriptor) }
        }

        private func exactly(_ count: Int) -> [UInt8]? {
            var bytes = [UInt8](repeating: 0, count: count)
            var got = 0
            while got < count {
                let n = bytes[got...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
                if n <= 0 { return nil }
                got += n
            }
            return bytes
        }
    }
}

/// Answers made up for tests.
enum Answer {
    static func http(_ status: Int, _ body: String = "", _ fields: String...) -> String {
        let lines = fields.map { $0 + "\r\n" }.joined()
        return "HTTP/1.1 \(status) Status\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    /// The 101 to a request, right in every part; further fields as given.
    static func upgrade(_ head: String, _ fields: String...) -> String {
        let accept = Handshake.acceptValue(for: value("Sec-WebSocket-Key", of: head) ?? "")
        let lines = fields.map { $0 + "\r\n" }.joined()
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(accept)\r\n\(lines)\r\n"
    }

    static func isHandshake(_ head: String) -> Bool {
        value("Upgrade", of: head)?.lowercased() == "websocket"
    }

    static func target(of head: String) -> String {
        let parts = head.split(separator: " ", maxSplits: 2)
        return parts.count > 1 ? String(parts[1]) : ""
    }

    static func value(_ name: String, of head: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name.lowercased()
            else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return nil
    }

    static let nginx404 =
        "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n"
        + "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
}
