import Glibc
import Testing

@testable import Transport

@Suite struct `TLS handshakes` {
    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `both versions, with what was agreed on`(version: TLSVersion) throws {
        let files = try TLSFiles()
        let certificate = try SelfSignedCertificate.make(names: ["localhost", "127.0.0.1"])
        let identity = try files.identity(certificate)
        let server = try TLSServerContext(identities: [identity])
        let client = try TLSClientContext(caFile: identity.certificate, versions: version...version)
        let pair = try SocketPair()
        let a = try TLSSession(server: server, fileDescriptor: pair.a)
        let b = try TLSSession(client: client, fileDescriptor: pair.b, serverName: "localhost")
        let results = try shakeHands(a, pair.a, b, pair.b)
        #expect(results.server == .done && results.client == .done)
        #expect(a.version == (version == .v1_3 ? "TLSv1.3" : "TLSv1.2") && b.version == a.version)
        #expect(a.cipher == (version == .v1_3 ? "TLS_AES_128_GCM_SHA256" : "ECDHE-ECDSA-AES128-GCM-SHA256"))
        #expect(a.alpn == "http/1.1" && b.alpn == "http/1.1")
        #expect(a.serverName == "localhost")
        #expect(!a.isResumed)
        let shown = try #require(b.peerCertificate)
        #expect(
            shown.names == ["localhost", "127.0.0.1"] && shown.subject == "CN=localhost" && shown.isSelfSigned
        )
        #expect(a.peerCertificate == nil)
        try b.sendAll(Array("ping".utf8), on: pair.b)
        #expect(try a.receiveSome(on: pair.a) == Array("ping".utf8))
        try a.sendAll(Array("pong".utf8), on: pair.a)
        #expect(try b.receiveSome(on: pair.b) == Array("pong".utf8))
    }

    /// In the kernel too, where this machine's has the module; elsewhere asking for it must change nothing.
    @Test(arguments: [TLSVersion.v1_2, .v1_3], [false, true])
    func `over TCP`(_ version: TLSVersion, _ usesKernel: Bool) throws {
        let files = try TLSFiles()
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let dialled = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(dialled) }
        let connected = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, $0, &length) == 0
                    && connect(dialled, $0, length) == 0
            }
        }
        try #require(connected)
        let accepted = accept(listener, nil, nil)
        _ = fcntl(accepted, F_SETFL, O_NONBLOCK)
        defer { close(accepted) }
        _ = fcntl(dialled, F_SETFL, O_NONBLOCK)
        let a = try TLSSession(
            server: files.server(["localhost"], usesKernel: usesKernel), fileDescriptor: accepted)
        let b = try TLSSession(
            client: TLSClientContext(verify: false, versions: version...version), fileDescriptor: dialled,
            serverName: "localhost")
        #expect(try shakeHands(a, accepted, b, dialled).server == .done)
        try a.sendAll(Array(repeating: 7, count: 50_000), on: accepted)
        var count = 0
        while count < 50_000 { count += try b.receiveSome(on: dialled).count }
        #expect(count == 50_000)
    }

    /// Any split of the stream gives the same handshake: a relay hands over single bytes.
    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `byte by byte`(version: TLSVersion) throws {
        let files = try TLSFiles()
        let left = try SocketPair()
        let right = try SocketPair()
        let a = try TLSSession(server: files.server(["localhost"]), fileDescriptor: left.a)
        let b = try TLSSession(
            client: TLSClientContext(verify: false, versions: version...version), fileDescriptor: right.a,
            serverName: "localhost")
        var results: (server: TLSHandshakeResult, client: TLSHandshakeResult) = (.wantRead, .wantRead)
        func relay(_ from: Int32, _ to: Int32) -> Bool {
            var byte: UInt8 = 0
            return read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1
        }
        results.client = b.handshake()
        var steps = 0
        while results.server.isOpen || results.client.isOpen {
            steps += 1
            let moved = (relay(left.b, right.b), relay(right.b, left.b))
            if results.server.isOpen { results.server = a.handshake() }
            if results.client.isOpen { results.client = b.handshake() }
            if moved == (false, false), results.server.isOpen || results.client.isOpen {
                try waitUntilReady((left.b, false), (right.b, false))
            }
        }
        #expect(results.server == .done && results.client == .done)
        #expect(steps > 500)
    }

    struct Protocols: Sendable, CustomTestStringConvertible {
        var offered: [String]
        var agreed: String?
        var refusal: TLSError?
        var testDescription: String { offered.joined(separator: ", ") }
    }

    @Test(arguments: [
        Protocols(offered: []),
        Protocols(offered: ["http/1.1"], agreed: "http/1.1"),
        Protocols(offered: ["h2", "http/1.1"], agreed: "http/1.1"),
        Protocols(offered: ["h2"], refusal: .protocolUnshared(offered: "h2")),
        Protocols(offered: ["h2", "acme-tls/1"], refusal: .protocolUnshared(offered: "h2, acme-tls/1")),
        Protocols(offered: ["h 2\n"], refusal: .protocolUnshared(offered: "h?2?")),
    ])
    func `application protocols`(_ row: Protocols) throws {
        let files = try TLSFiles()
        let pair = try SocketPair()
        let a = try TLSSession(server: files.server(["localhost"]), fileDescriptor: pair.a)
        let b = try TLSSession(
            client: TLSClientContext(verify: false, alpn: row.offered), fileDescriptor: pair.b,
            serverName: "localhost")
        let results = try shakeHands(a, pair.a, b, pair.b)
        if let refusal = row.refusal {
            #expect(results.server == .failed(refusal) && refusal.code == "TLS-ALPN")
            #expect(results.client == .failed(.alert(TLSAlert(rawValue: 120))))
        } else {
            #expect(results.server == .done && results.client == .done)
            #expect(a.alpn == row.agreed && b.alpn == row.agreed)
        }
    }

    @Test func `no version in common`() throws {
        let files = try TLSFiles()
        let identity = try files.identity(.make(names: ["localhost"]))
        let pair = try SocketPair()
        let server = try TLSServerContext(identities: [identity], versions: .v1_3 ... .v1_3)
        let a = try TLSSession(server: server, fileDescriptor: pair.a)
        let b = try TLSSession(
            client: TLSClientContext(verify: false, versions: .v1_2 ... .v1_2), fileDescriptor: pair.b,
            serverName: "localhost")
        let results = try shakeHands(a, pair.a, b, pair.b)
        #expect(results.server == .failed(.versionUnshared))
        #expect(results.client == .failed(.alert(TLSAlert(rawValue: 70))))
    }

    @Test func `a reload leaves the sessions that live alone`() throws {
        let files = try TLSFiles()
        let pair = try SocketPair()
        let next = try SocketPair()
        var server: TLSServerContext? = try files.server(["old.example"])
        let client = try TLSClientContext(verify: false)
        let a = try TLSSession(server: #require(server), fileDescriptor: pair.a)
        let b = try TLSSession(client: client, fileDescriptor: pair.b, serverName: "old.example")
        // Begun but not finished when the certificate changes: it goes on with the old one.
        #expect(b.handshake() == .wantRead)
        #expect(a.handshake() == .wantRead)
        server = try files.server(["new.example"])
        try shakeHands(a, pair.a, b, pair.b)
        let c = try TLSSession(server: #require(server), fileDescriptor: next.a)
        let d = try TLSSession(client: client, fileDescriptor: next.b, serverName: "new.example")
        try shakeHands(c, next.a, d, next.b)
        server = nil
        #expect(b.peerCertificate?.names == ["old.example"] && d.peerCertificate?.names == ["new.example"])
        try b.sendAll([1, 2, 3], on: pair.b)
        #expect(try a.receiveSome(on: pair.a) == [1, 2, 3])
    }
}
