import Glibc
import Testing

@testable import Transport

/// Files of one test, gone with it.
final class TLSFiles {
    let directory: String

    init() throws {
        var template = Array("/tmp/sockeye-tls-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkdtemp($0) != nil }
        }
        guard made == true else { throw TestFault() }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in written { unlink(path(name)) }
        rmdir(directory)
    }

    private var written: [String] = []

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    @discardableResult
    func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        let file = try #require(fopen(path(name), "w"))
        written.append(name)
        fputs(text, file)
        fclose(file)
        chmod(path(name), mode)
        return path(name)
    }

    func identity(_ certificate: SelfSignedCertificate, _ name: String = "server") throws -> TLSIdentity {
        TLSIdentity(
            certificate: try write(certificate.certificate, to: name + ".crt"),
            key: try write(certificate.privateKey, to: name + ".key"))
    }

    func server(_ names: [String], alpn: [String] = ["http/1.1"], usesKernel: Bool = false) throws
        -> TLSServerContext
    {
        try TLSServerContext(
            identities: [identity(.make(names: names))], alpn: alpn, usesKernel: usesKernel)
    }
}

/// Two ends of a stream, non-blocking.
struct SocketPair: ~Copyable {
    let a: Int32
    let b: Int32

    init(sendBuffer: Int32? = nil) throws {
        var ends: [Int32] = [-1, -1]
        let made = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends)
        guard made == 0 else { throw TestFault() }
        (a, b) = (ends[0], ends[1])
        if var size = sendBuffer {
            for end in ends {
                setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            }
        }
    }

    deinit {
        close(a)
        close(b)
    }
}

/// The machine did not give what a test needs, in time or at all.
struct TestFault: Error {}

/// Both sides agreed, over a pair of sockets.
final class TLSConnection {
    let files: TLSFiles
    let pair: SocketPair
    let server: TLSSession
    let client: TLSSession

    init(
        _ version: TLSVersion = .v1_3, sendBuffer: Int32? = nil, suites: String? = nil, fragment: Int32 = 0
    ) throws {
        files = try TLSFiles()
        pair = try SocketPair(sendBuffer: sendBuffer)
        server = try TLSSession(server: files.server(["localhost"]), fileDescriptor: pair.a)
        let context = try TLSClientContext(verify: false, versions: version...version)
        guard context.narrow(suites: suites, fragment: fragment) else { throw TestFault() }
        client = try TLSSession(client: context, fileDescriptor: pair.b, serverName: "localhost")
        let results = try shakeHands(server, pair.a, client, pair.b)
        guard results.server == .done, results.client == .done else { throw TestFault() }
    }
}

/// Waits until one of the descriptors is ready for what it waits for, five seconds at most.
func waitUntilReady(_ waits: (descriptor: Int32, write: Bool)...) throws {
    var polls = waits.map {
        pollfd(fd: $0.descriptor, events: Int16($0.write ? POLLOUT : POLLIN), revents: 0)
    }
    if poll(&polls, nfds_t(polls.count), 5_000) <= 0 { throw TestFault() }
}

/// Drives both handshakes to their ends, whatever these are.
@discardableResult
func shakeHands(
    _ server: TLSSession, _ serverSocket: Int32, _ client: TLSSession, _ clientSocket: Int32
) throws -> (server: TLSHandshakeResult, client: TLSHandshakeResult) {
    var results: (server: TLSHandshakeResult, client: TLSHandshakeResult) = (.wantRead, .wantRead)
    while results.server.isOpen || results.client.isOpen {
        // A side that failed says no more; its peer reads the alert, then the end.
        if results.server.isOpen { results.server = server.handshake() }
        if results.client.isOpen { results.client = client.handshake() }
        if case .failed = results.server, results.client == .wantRead {
            Glibc.shutdown(serverSocket, Int32(SHUT_WR))
        }
        if case .failed = results.client, results.server == .wantRead {
            Glibc.shutdown(clientSocket, Int32(SHUT_WR))
        }
        switch (results.server.isOpen, results.client.isOpen) {
        case (true, true):
            try waitUntilReady(
                (serverSocket, results.server == .wantWrite), (clientSocket, results.client == .wantWrite))
        case (true, false): try waitUntilReady((serverSocket, results.server == .wantWrite))
        case (false, true): try waitUntilReady((clientSocket, results.client == .wantWrite))
        case (false, false): break
        }
    }
    return results
}

extension TLSHandshakeResult {
    var isOpen: Bool { self == .wantRead || self == .wantWrite }
}

extension TLSSession {
    /// Sends all of it, waiting as needed; only for what the socket takes whole without the peer reading.
    func sendAll(_ bytes: [UInt8], on socket: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let result = rest.withUnsafeBytes { send($0) }
            switch result {
            case .written(let count): rest = rest.dropFirst(count)
            case .wouldBlock: try waitUntilReady((socket, true))
            case .failed(let error): throw error
            }
        }
    }

    /// The next bytes, waiting for them; empty at the end.
    func receiveSome(on socket: Int32, limit: Int = 16_384) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let result = buffer.withUnsafeMutableBytes { receive(into: $0) }
            switch result {
            case .bytes(let count): return Array(buffer.prefix(count))
            case .wouldBlock: try waitUntilReady((socket, false))
            case .wantWrite: try waitUntilReady((socket, true))
            case .end: return []
            case .failed(let error): throw error
            }
        }
    }
}
