import Bytes
import Configuration
import HTTPWire
import Synchronization
import Testing
import Transport

@testable import Gateway

/// Whose word about a client's address is believed.
@Suite struct ProxyTrustTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var proxies = ["10.0.0.0/8", "loopback"]
        var field = Options.ClientAddressField.xForwardedFor
        var peer = "10.0.0.1:5000"
        var fields: [String]
        /// The client's address without port; nil: the peer is the client.
        var client: String?
        var testDescription: String { "\(field.rawValue) \(fields) from \(peer)" }
    }

    static let cases = [
        Case(fields: ["X-Forwarded-For: 203.0.113.9"], client: "203.0.113.9"),
        Case(fields: ["X-Forwarded-For: 203.0.113.9:51544"], client: "203.0.113.9"),
        Case(fields: ["X-Forwarded-For: [2001:db8::1]:443"], client: "2001:db8::1"),
        Case(fields: ["X-Forwarded-For: 2001:db8::1"], client: "2001:db8::1"),
        // What stands before the first that is not trusted may be anybody's invention.
        Case(fields: ["X-Forwarded-For: 1.2.3.4, 203.0.113.9"], client: "203.0.113.9"),
        Case(
            fields: ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 203.0.113.9, 10.9.9.9"],
            client: "203.0.113.9"),
        Case(fields: ["X-Forwarded-For: 10.1.1.1, 10.2.2.2"], client: "10.1.1.1"),
        Case(fields: ["X-Forwarded-For: 203.0.113.9, nonsense, 10.2.2.2"], client: "10.2.2.2"),
        Case(fields: ["X-Forwarded-For: unknown"], client: nil),
        Case(fields: ["X-Forwarded-For: localhost:1"], client: nil),
        Case(fields: ["X-Forwarded-For: unix:/x"], client: nil),
        Case(fields: ["X-Forwarded-For: "], client: nil),
        Case(fields: ["X-Real-IP: 203.0.113.9"], client: nil),
        Case(peer: "203.0.113.1:1", fields: ["X-Forwarded-For: 1.2.3.4"], client: nil),
        Case(proxies: [], fields: ["X-Forwarded-For: 1.2.3.4"], client: nil),
        Case(proxies: ["loopback"], peer: "unix:/s", fields: ["X-Forwarded-For: 1.2.3.4"], client: "1.2.3.4"),
        Case(proxies: ["10.0.0.0/8"], peer: "unix:/s", fields: ["X-Forwarded-For: 1.2.3.4"], client: nil),
        Case(
            proxies: ["10.0.0.0/8"], peer: "[::ffff:10.0.0.1]:1", fields: ["X-Forwarded-For: 1.2.3.4"],
            client: "1.2.3.4"),
        Case(field: .xRealIP, fields: ["X-Real-IP: 203.0.113.9"], client: "203.0.113.9"),
        Case(
            field: .xRealIP, fields: ["X-Real-IP: 1.2.3.4", "X-Real-IP: 203.0.113.9"], client: nil),
        Case(field: .xRealIP, fields: ["X-Forwarded-For: 203.0.113.9"], client: nil),
        Case(field: .forwarded, fields: ["Forwarded: for=203.0.113.9;proto=https"], client: "203.0.113.9"),
        Case(
            field: .forwarded,
            fields: [#"Forwarded: for=1.2.3.4, For="[2001:db8:cafe::17]:4711";by=10.0.0.1"#],
            client: "2001:db8:cafe::17"),
        Case(field: .forwarded, fields: ["Forwarded: proto=https; for=203.0.113.9"], client: "203.0.113.9"),
        Case(field: .forwarded, fields: ["Forwarded: for=203.0.113.9, for=_hidden"], client: nil),
        Case(field: .forwarded, fields: ["Forwarded: by=203.0.113.9"], client: nil),
        Case(field: .forwarded, fields: ["X-Forwarded-For: 203.0.113.9"], client: nil),
    ]

    @Test(arguments: cases) func `the client is the last who is not trusted`(_ row: Case) throws {
        let peer: SocketAddress = try SocketAddress(parsing: row.peer)
        var bytes = Array(
            "GET / HTTP/1.1\r\nHost: x\r\n\(row.fields.map { $0 + "\r\n" }.joined())\r\n".utf8)
        let head = try bytes.withUnsafeMutableBytes { bytes in
            var parser = RequestParser()
            return try #require(try parser.parse(UnsafeRawBufferPointer(bytes))).head
        }
        let trust = ProxyTrust(row.proxies, row.field)
        #expect(trust.client(of: head, from: peer)?.ip == row.client)
    }

    @Test func `limits go by the client and not by the proxy, request by request`() throws {
        let server = try TestServer(loops: 1) {
            $0.trustedProxies = ["loopback"]
            var rate = RateOptions(limit: "1/h")
            (rate.operations, rate.per) = ([.connect], .address)
            $0.rates = [rate]
        }
        func dial(_ address: String) throws -> String {
            try TestClient(
                port: server.port, path: "/ws?token=\(try server.token("ada"))",
                fields: ["X-Forwarded-For: \(address)"]
            ).response
        }
        #expect(try dial("203.0.113.9").hasPrefix("HTTP/1.1 101 "))
        #expect(try dial("203.0.113.9").hasPrefix("HTTP/1.1 429 "))
        #expect(try dial("203.0.113.10").hasPrefix("HTTP/1.1 101 "))
        #expect(try dial("203.0.113.9, 127.0.0.1").hasPrefix("HTTP/1.1 429 "))
    }

    @Test func `nobody is believed who is not named`() throws {
        let server = try TestServer(loops: 1) {
            var rate = RateOptions(limit: "1/h")
            (rate.operations, rate.per) = ([.connect], .address)
            $0.rates = [rate]
        }
        for (address, status) in [("203.0.113.9", "101"), ("203.0.113.10", "429")] {
            let client = try TestClient(
                port: server.port, path: "/ws?token=\(try server.token("ada"))",
                fields: ["X-Forwarded-For: \(address)"])
            #expect(client.response.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test func `a PROXY header that is none is among the refusals`() throws {
        let server = try TestServer(loops: 1) { $0.proxyProtocol = true }
        let text = try TestClient(port: server.port, request: "GET / HTTP/1.1\r\nHost: x\r\n\r\n").readAll()
        #expect(text.isEmpty)
        #expect(server.shared.refusals.withLock { $0.totals }["PROXY-PROTOCOL-HEADER"] == 1)
    }
}
