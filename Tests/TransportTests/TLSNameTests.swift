import Testing

@testable import Transport

@Suite struct `TLS server names` {
    static let certificates = [
        ["default.example"], ["example.com", "www.example.com"], ["*.example.com", "*.Example.NET"],
        ["chat.example.com", "www.example.com"],
    ]

    static let cases: [(asked: String?, served: Int)] = [
        (nil, 0), ("default.example", 0), ("unknown.test", 0),
        ("example.com", 1), ("www.example.com", 1), ("WWW.Example.COM", 1),
        ("api.example.com", 2), ("x.example.net", 2), ("chat.example.com", 3),
        ("a.b.example.com", 0), ("example.net", 0),
    ]

    @Test(arguments: cases)
    func `choose the certificate`(asked: String?, served: Int) throws {
        let files = try TLSFiles()
        let identities = try Self.certificates.enumerated().map {
            try files.identity(.make(names: $1), "\($0)")
        }
        let server = try TLSServerContext(identities: identities)
        let pair = try SocketPair()
        let a = try TLSSession(server: server, fileDescriptor: pair.a)
        let b = try TLSSession(
            client: TLSClientContext(verify: false), fileDescriptor: pair.b, serverName: asked)
        #expect(try shakeHands(a, pair.a, b, pair.b).client == .done)
        #expect(b.peerCertificate?.names == Self.certificates[served])
        #expect(a.alpn == "http/1.1")
        #expect(server.warnings == [.nameTaken(path: identities[3].certificate, name: "www.example.com")])
    }

    /// An authority puts a hundred names into one certificate: the last must be found like the first.
    @Test func `of a certificate that has many`() throws {
        let files = try TLSFiles()
        let many = (0..<150).map { "a-long-name-for-customer-number-\($0).example.com" }
        let server = try TLSServerContext(identities: [
            files.identity(.make(names: ["default.example"]), "default"),
            files.identity(.make(names: many), "many"),
        ])
        let pair = try SocketPair()
        let a = try TLSSession(server: server, fileDescriptor: pair.a)
        let b = try TLSSession(
            client: TLSClientContext(verify: false), fileDescriptor: pair.b, serverName: many[149])
        #expect(try shakeHands(a, pair.a, b, pair.b).client == .done)
        #expect(b.peerCertificate?.names == many)
    }

    @Test func `in the table`() {
        var table = TLSNameTable()
        let names = ["example.com", "EXAMPLE.com.", "*.example.com", "*.Example.com"]
        let taken = zip(names, [0, 1, 1, 2]).map { table.add($0, for: $1) }
        #expect(taken == [true, false, true, false])
        let cases: [(String, Int?)] = [
            ("example.com", 0), ("example.com.", 0), ("a.example.com", 1), ("*.example.com", 1),
            (".example.com", nil),
            ("a.b.example.com", nil), ("com", nil), ("", nil), (".", nil), ("\u{0}.example.com", 1),
        ]
        for (name, index) in cases { #expect(table.lookup(Array(name.utf8)) == index, "\(name)") }
    }

    @Test(arguments: [
        ("example.com", "example.com", false), ("example.com.", "example.com", false), ("[::1]", "::1", true),
        ("::1", "::1", true), ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1.nip.io", "127.0.0.1.nip.io", false),
    ])
    func `as a client gives them`(given: String, text: String, isAddress: Bool) {
        let name = TLSServerName(given)
        #expect(name.text == text && name.isAddress == isAddress)
    }
}
