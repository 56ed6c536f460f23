import Foundation
import Glibc
import Synchronization
import Testing

/// A team's backend on a loopback port: a thread with blocking calls for each request, which does what a test tells it.
final class Backend: Sendable {
    let port: UInt16
    private let listener: Int32
    private let script: @Sendable (Request) -> Void
    private let requests = Mutex<[String]>([])

    init(_ script: @escaping @Sendable (Request) -> Void) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(isBound)
        listener = descriptor
        port = UInt16(bigEndian: address.sin_port)
        self.script = script
        Thread.detachNewThread { [self] in serve() }
    }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Takes no more requests; the port refuses from then on.
    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// The bodies of all requests so far.
    var bodies: [String] { requests.withLock { $0 } }

    private func serve() {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0 { break }
            // A test that fails must not hang the suite.
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            Thread.detachNewThread { [self] in
                if let request = Request(descriptor) {
                    requests.withLock { $0.append(request.body) }
                    script(request)
                }
                close(descriptor)
            }
        }
        close(listener)
    }

    /// A request, and the way back.
    final class Request {
        let head: String
        let body: String
        private let descriptor: Int32

        fileprivate init?(_ descriptor: Int32) {
            self.descriptor = descriptor
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count <= 0 { return nil }
                bytes += buffer[..<count]
                let text = String(decoding: bytes, as: UTF8.self)
                let parts = text.components(separatedBy: "\r\n\r\n")
                guard parts.count > 1 else { continue }
                let length = parts[0].components(separatedBy: "\r\n")
                    .first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
                let body = parts.dropFirst().joined(separator: "\r\n\r\n")
                guard body.utf8.count >= length ?? 0 else { continue }
                (head, self.body) = (parts[0], body)
                return
            }
        }

        /// The value of a field; nil without it.
        func field(_ name: String) -> String? {
            head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }

        /// Sends everything; false when the other side is gone.
        @discardableResult
        func send(_ text: String) -> Bool {
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let sent = rest.withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if sent <= 0 { return false }
                rest = rest.dropFirst(sent)
            }
            return true
        }

        /// A whole answer.
        func answer(_ body: String, status: String = "200 OK", type: String = "application/json") {
            send(
                "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n"
                    + "Connection: close\r\n\r\n\(body)")
        }

        /// The head of an answer that ends with the connection.
        func begin(_ type: String = "text/event-stream") {
            send("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nConnection: close\r\n\r\n")
        }

        /// Waits until the other side closes.
        func waitForClose() -> Bool {
            var byte: UInt8 = 0
            let count = recv(descriptor, &byte, 1, 0)
            return count == 0 || count < 0 && errno == ECONNRESET
        }

        /// Sends as much as goes without waiting longer than `patience`; how much went.
        func sendUntilHeld(_ bytes: [UInt8], limit: Int, patience milliseconds: Int32) -> Int {
            var sent = 0
            while sent < limit {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wait, 1, milliseconds) == 1 else { break }
                let count = bytes.withUnsafeBytes {
                    Glibc.send(
                        descriptor, $0.baseAddress, min($0.count, limit - sent),
                        Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
                if count < 0, errno == EAGAIN { continue }
                if count <= 0 { break }
                sent += count
            }
            return sent
        }
    }
}

/// A door that opens once, for threads of a test.
final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func open() { semaphore.signal() }
    /// False when it did not open in time.
    func wait() -> Bool { semaphore.wait(timeout: .now() + 20) == .success }
}
