import Foundation
import Glibc
import Synchronization

/// A tiny HTTP server on a thread of its own, for what the gateway asks of others: one request per connection.
final class PlainServer: Sendable {
    /// What is answered to a request: the head as it came, then status and body.
    typealias Answer = @Sendable (String) -> (Int, String)

    let port: UInt16
    private let descriptor: Int32
    private let answer: Mutex<Answer>
    private let heads = Mutex<[String]>([])

    init(_ answer: @escaping Answer) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.answer = Mutex(answer)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, length)
                getsockname(descriptor, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        listen(descriptor, 64)
        Thread { [self] in serve() }.start()
    }

    /// Wakes the thread, which then ends.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    var url: String { "http://127.0.0.1:\(port)/x" }

    /// The heads of the requests so far.
    var requests: [String] { heads.withLock { $0 } }

    func change(_ new: @escaping Answer) { answer.withLock { $0 = new } }

    private func serve() {
        while true {
            let client = accept(descriptor, nil, nil)
            guard client >= 0 else { break }
            var head: [UInt8] = []
            while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
                var byte: UInt8 = 0
                guard recv(client, &byte, 1, 0) == 1 else { break }
                head.append(byte)
            }
            let text = String(decoding: head, as: UTF8.self)
            heads.withLock { $0.append(text) }
            let (status, body) = answer.withLock { $0 }(text)
            let bytes = Array(
                "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
                    .utf8)
            _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            Glibc.close(client)
        }
        Glibc.close(descriptor)
    }
}
