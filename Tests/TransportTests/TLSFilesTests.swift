import Glibc
import Testing

@testable import Transport

@Suite struct `TLS certificates from files` {
    /// An encrypted P-256 key; its passphrase is irrelevant, the header is what counts.
    static let lockedKey = """
        -----BEGIN EC PRIVATE KEY-----
        Proc-Type: 4,ENCRYPTED
        DEK-Info: AES-128-CBC,5C1C7F4E4F2E0F0B5D0E3C3A2B1A0908

        q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=
        -----END EC PRIVATE KEY-----

        """

    @Test func `every way to get it wrong has its own words`() throws {
        let files = try TLSFiles()
        let one = try SelfSignedCertificate.make(names: ["one.test"])
        let two = try SelfSignedCertificate.make(names: ["two.test"])
        let certificate = try files.write(one.certificate, to: "one.crt")
        let key = try files.write(one.privateKey, to: "one.key")
        let otherKey = try files.write(two.privateKey, to: "two.key")
        let reversed = try files.write(two.certificate + one.certificate, to: "reversed.crt")
        let empty = try files.write(" \n", to: "empty.pem")
        let der = try files.write("\u{30}\u{82}\u{01}\u{22}", to: "der.crt")
        let request = try files.write("-----BEGIN CERTIFICATE REQUEST-----\nAA==\n", to: "request.pem")
        let publicKey = try files.write(
            "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n", to: "public.pem")
        let locked = try files.write(Self.lockedKey, to: "locked.key")
        let damaged = try files.write(
            String(one.certificate.prefix(200)) + "\n-----END CERTIFICATE-----\n", to: "damaged.crt")
        let chain = try files.write(one.certificate + String(two.certificate.prefix(200)), to: "chain.crt")
        let missing = files.path("missing.pem")
        let big = try files.write(String(repeating: "x", count: 1_048_577), to: "big.crt")

        let cases: [(certificate: String, key: String, error: TLSError, code: String)] = [
            (missing, key, .fileUnreadable(path: missing, errno: ENOENT), "TLS-FILE"),
            (certificate, missing, .fileUnreadable(path: missing, errno: ENOENT), "TLS-FILE"),
            (files.directory, key, .fileUnreadable(path: files.directory, errno: EISDIR), "TLS-FILE"),
            (big, key, .fileUnreadable(path: big, errno: EFBIG), "TLS-FILE"),
            (empty, key, .certificateMalformed(path: empty, content: .empty), "TLS-CERT-FORMAT"),
            (key, certificate, .certificateMalformed(path: key, content: .privateKey), "TLS-CERT-FORMAT"),
            (der, key, .certificateMalformed(path: der, content: .der), "TLS-CERT-FORMAT"),
            (request, key, .certificateMalformed(path: request, content: .request), "TLS-CERT-FORMAT"),
            (damaged, key, .certificateMalformed(path: damaged, content: .damaged), "TLS-CERT-FORMAT"),
            (chain, key, .certificateMalformed(path: chain, content: .damaged), "TLS-CERT-FORMAT"),
            (certificate, empty, .keyMalformed(path: empty, content: .empty), "TLS-KEY-FORMAT"),
            (
                certificate, certificate, .keyMalformed(path: certificate, content: .certificate),
                "TLS-KEY-FORMAT"
            ),
            (certificate, publicKey, .keyMalformed(path: publicKey, content: .publicKey), "TLS-KEY-FORMAT"),
            (certificate, locked, .keyEncrypted(path: locked), "TLS-KEY-ENCRYPTED"),
            (
                certificate, otherKey, .keyMismatch(certificate: certificate, key: otherKey, matching: nil),
                "TLS-KEY-MISMATCH"
            ),
            (reversed, key, .keyMismatch(certificate: reversed, key: key, matching: 2), "TLS-KEY-MISMATCH"),
        ]
        for row in cases {
            do {
                _ = try TLSServerContext(identities: [TLSIdentity(certificate: row.certificate, key: row.key)]
                )
                Issue.record("accepted \(row.certificate)")
            } catch {
                #expect(error == row.error)
                #expect(error.code == row.code)
                #expect(!error.description.isEmpty && !error.remedy.isEmpty)
            }
        }
        #expect(throws: TLSError.identityMissing) { try TLSServerContext(identities: []) }
        #expect(throws: TLSError.protocolListInvalid) {
            try TLSServerContext(identities: [TLSIdentity(certificate: certificate, key: key)], alpn: [""])
        }
    }

    @Test func `what is not meant is warned of`() throws {
        let files = try TLSFiles()
        let now: Int64 = 1_900_000_000
        let authority = try SelfSignedCertificate.makeAuthority(name: "authority", notBefore: now)
        func warnings(_ certificate: SelfSignedCertificate, keyMode: mode_t = 0o600) throws -> [TLSWarning] {
            let identity = TLSIdentity(
                certificate: try files.write(certificate.certificate, to: "a.crt"),
                key: try files.write(certificate.privateKey, to: "a.key", mode: keyMode))
            return try TLSServerContext(identities: [identity], now: now).warnings
        }
        let (path, key) = (files.path("a.crt"), files.path("a.key"))
        let day = Duration.seconds(86_400)
        #expect(try warnings(.make(names: ["a"], notBefore: now - 10)) == [])
        #expect(
            try warnings(.make(names: ["a"], validity: day, notBefore: now - 86_400))
                == [.expired(path: path, on: "2030-03-17 17:46:40 UTC")])
        #expect(
            try warnings(.make(names: ["a"], notBefore: now + 1))
                == [.notYetValid(path: path, from: "2030-03-17 17:46:41 UTC")])
        #expect(
            try warnings(.make(names: ["a"], validity: day * 90, notBefore: now - 80 * 86_400))
                == [.expiresSoon(path: path, days: 10)])
        #expect(try warnings(.make(names: ["a"], validity: day * 6, notBefore: now)) == [])
        #expect(
            try warnings(authority.issue(names: ["a"], notBefore: now))
                == [.intermediateMissing(path: path, issuer: "CN=authority")])
        #expect(
            try warnings(.make(names: ["a"], notBefore: now), keyMode: 0o644) == [
                .keyReadableByAll(path: key)
            ])
    }

    @Test func `development certificates are written with care`() throws {
        let files = try TLSFiles()
        let (certificate, key) = (
            try files.write("", to: "a.crt"), try files.write("", to: "a.key", mode: 0o644)
        )
        let made = try SelfSignedCertificate.make(names: ["a.test", "*.a.test", "10.0.0.1", "fe80::1"])
        try made.write(certificate: certificate, key: key)
        var status = stat()
        #expect(stat(key, &status) == 0 && status.st_mode & 0o777 == 0o600)
        let context = try TLSServerContext(identities: [TLSIdentity(certificate: certificate, key: key)])
        #expect(context.certificates.first?.names == ["a.test", "*.a.test", "10.0.0.1", "fe80::1"])
        #expect(context.certificates.first?.chainLength == 1)
        for names in [[], [""], ["a b"], ["a\nb"], ["ä.test"], [String(repeating: "x", count: 300)]] {
            #expect(throws: TLSError.self, "\(names)") { try SelfSignedCertificate.make(names: names) }
        }
        #expect(throws: TLSError.fileUnwritable(path: "/nowhere/a.key", errno: ENOENT)) {
            try made.write(certificate: "/nowhere/a.crt", key: "/nowhere/a.key")
        }
    }
}
