import Glibc
import Testing

@testable import Transport

@Suite struct `TLS verification by the client` {
    enum Shown: Sendable { case authority, expired, future, good, other, selfSigned }

    struct Case: Sendable, CustomTestStringConvertible {
        var shown: Shown
        var trusted: Shown?
        var name = "localhost"
        /// nil: accepted.
        var code: String?
        /// The alert the server gets to see.
        var alert: UInt8 = 0
        var testDescription: String {
            "\(shown) for \(name), trusting \(trusted.map { "\($0)" } ?? "the system")"
        }
    }

    static let cases = [
        Case(shown: .good, trusted: .authority),
        Case(shown: .good, trusted: .authority, name: "127.0.0.1"),
        Case(shown: .good, trusted: .authority, name: "[::1]"),
        Case(shown: .good, trusted: .authority, name: "LOCALHOST."),
        Case(shown: .good, trusted: .authority, name: "api.wild.test"),
        Case(shown: .selfSigned, trusted: .selfSigned),
        Case(shown: .good, trusted: .authority, name: "other.test", code: "TLS-CERT-NAME", alert: 42),
        Case(shown: .good, trusted: .authority, name: "10.0.0.1", code: "TLS-CERT-NAME", alert: 42),
        Case(shown: .good, trusted: .authority, name: "a.b.wild.test", code: "TLS-CERT-NAME", alert: 42),
        Case(shown: .expired, trusted: .authority, code: "TLS-CERT-EXPIRED", alert: 45),
        Case(shown: .future, trusted: .authority, code: "TLS-CERT-NOT-YET", alert: 42),
        Case(shown: .selfSigned, trusted: nil, code: "TLS-CERT-SELF-SIGNED", alert: 48),
        Case(shown: .good, trusted: nil, code: "TLS-CERT-UNKNOWN-CA", alert: 48),
        Case(shown: .good, trusted: .other, code: "TLS-CERT-UNKNOWN-CA", alert: 48),
    ]

    @Test(arguments: cases)
    func `says what is wrong`(_ row: Case) throws {
        let files = try TLSFiles()
        let now = Int64(time(nil))
        let authority = try SelfSignedCertificate.makeAuthority(name: "Authority")
        let names = ["localhost", "127.0.0.1", "::1", "*.wild.test"]
        func certificate(_ which: Shown) throws -> SelfSignedCertificate {
            switch which {
            case .authority: authority
            case .expired:
                try authority.issue(names: names, validity: .seconds(3_600), notBefore: now - 7_200)
            case .future: try authority.issue(names: names, notBefore: now + 7_200)
            case .good: try authority.issue(names: names)
            case .other: try .makeAuthority(name: "Another")
            case .selfSigned: try .make(names: names)
            }
        }
        let shown = try certificate(row.shown)
        let server = try TLSServerContext(identities: [files.identity(shown)])
        var caFile: String?
        if let trusted = row.trusted {
            let text = trusted == row.shown ? shown.certificate : try certificate(trusted).certificate
            caFile = try files.write(text, to: "ca.pem")
        }
        let pair = try SocketPair()
        let a = try TLSSession(server: server, fileDescriptor: pair.a)
        let b = try TLSSession(
            client: TLSClientContext(caFile: caFile), fileDescriptor: pair.b, serverName: row.name)
        let results = try shakeHands(a, pair.a, b, pair.b)
        guard let code = row.code else {
            #expect(results.client == .done)
            return
        }
        guard case .failed(let error) = results.client else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == code)
        #expect(!error.description.isEmpty && !error.remedy.isEmpty)
        // In TLS 1.3 the server learns of it after the handshake is over for it, or instead.
        var learnt: TLSError?
        if case .failed(let error) = results.server { learnt = error }
        if results.server == .done { #expect(throws: TLSError.self) { try a.receiveSome(on: pair.a) } }
        if let learnt { #expect(learnt == .peerDistrustsCertificate(TLSAlert(rawValue: row.alert))) }
        if case .certificateNameWrong(let certificate, let expected) = error {
            #expect(certificate.names == names && expected == TLSServerName(row.name).text)
        }
    }

    @Test func `can be switched off`() throws {
        let files = try TLSFiles()
        let pair = try SocketPair()
        let a = try TLSSession(server: files.server(["elsewhere"]), fileDescriptor: pair.a)
        let b = try TLSSession(
            client: TLSClientContext(verify: false), fileDescriptor: pair.b, serverName: nil)
        #expect(try shakeHands(a, pair.a, b, pair.b).client == .done)
        #expect(a.serverName == nil)
    }

    @Test func `does not go without a name`() throws {
        let pair = try SocketPair()
        let client = try TLSClientContext()
        #expect(throws: TLSError.serverNameInvalid("")) {
            try TLSSession(client: client, fileDescriptor: pair.a, serverName: nil)
        }
        #expect(throws: TLSError.self) {
            try TLSSession(client: client, fileDescriptor: pair.a, serverName: "")
        }
    }

    @Test func `refuses an authority file that is none`() throws {
        let files = try TLSFiles()
        let missing = files.path("missing")
        #expect(throws: TLSError.fileUnreadable(path: missing, errno: ENOENT)) {
            try TLSClientContext(caFile: missing)
        }
        let empty = try files.write("", to: "empty.pem")
        #expect(throws: TLSError.authoritiesMalformed(path: empty, content: .empty)) {
            try TLSClientContext(caFile: empty)
        }
        // One that can be read does not make up for one that cannot.
        let good = try SelfSignedCertificate.makeAuthority(name: "Authority").certificate
        let broken = try files.write(good + good.replacing("\nMII", with: "\n!!!"), to: "broken.pem")
        #expect(throws: TLSError.authoritiesMalformed(path: broken, content: .damaged)) {
            try TLSClientContext(caFile: broken)
        }
    }
}
