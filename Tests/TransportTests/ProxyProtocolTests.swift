import Bytes
import Testing

@testable import Transport

@Suite("PROXY protocol (HAProxy, versions 1 and 2)")
struct ProxyProtocolTests {
    typealias Outcome = ProxyProtocol.Outcome

    private func parse(_ bytes: [UInt8], limit: Int = 4_096) throws(ProxyProtocolError) -> Outcome {
        let result: Result<Outcome, ProxyProtocolError> = bytes.withUnsafeBytes { bytes in
            Result { () throws(ProxyProtocolError) in try ProxyProtocol.parse(bytes, limit: limit) }
        }
        return try result.get()
    }

    private static func line(
        _ consumed: Int, _ source: SocketAddress?, _ destination: SocketAddress?
    ) -> Outcome {
        .header(
            ProxyHeader(
                version: 1, consumed: consumed, isLocal: false, source: source, destination: destination,
                fields: []))
    }

    private static let source4 = SocketAddress.v4(0xC000_0201, port: 56_324)
    private static let destination4 = SocketAddress.v4(0xC000_0202, port: 443)
    private static let source6 = SocketAddress.v6(.init(high: 0x2001_0DB8_0000_0000, low: 1), port: 56_324)
    private static let destination6 = SocketAddress.v6(.init(high: 0x2001_0DB8_0000_0000, low: 2), port: 443)
    private static let longest =
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65534\r\n"

    // MARK: Version 1

    private static let goodLines: [(String, Outcome)] = [
        ("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", line(42, source4, destination4)),
        ("PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", line(46, source6, destination6)),
        ("PROXY UNKNOWN\r\n", line(15, nil, nil)),
        ("PROXY UNKNOWN ffff::1 whatever  they say 0\r\n", line(44, nil, nil)),
        (
            "PROXY TCP4 0.0.0.0 255.255.255.255 0 65535\r\n",
            line(44, .v4(0, port: 0), .v4(.max, port: 65_535))
        ),
        (
            longest,
            line(
                104, .v6(.init(high: .max, low: .max), port: 65_535),
                .v6(.init(high: .max, low: .max - 1), port: 65_534))
        ),
    ]

    @Test("reads lines, whatever follows and however they are split", arguments: goodLines)
    func lines(_ text: String, _ outcome: Outcome) throws {
        let bytes = Array(text.utf8)
        #expect(try parse(bytes) == outcome)
        #expect(try parse(bytes + Array("GET / HTTP/1.1\r\n".utf8)) == outcome)
        for end in 0..<bytes.count { #expect(try parse(Array(bytes[..<end])) == .needMore, "\(end)") }
    }

    private static let wrongLines: [(String, ProxyProtocolError)] = [
        ("GET / HTTP/1.1\r\n", .missing),
        ("PROXX", .missing),
        ("PROXY\r\n", .missing),
        ("proxy TCP4", .missing),
        ("PUT", .missing),
        ("\u{16}\u{3}\u{1}", .missing),
        ("PROXY \r\n", .badLine(.family)),
        ("PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n", .badLine(.family)),
        ("PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n", .badLine(.family)),
        ("PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n", .badLine(.family)),
        ("PROXY TCP4\r\n", .badLine(.source)),
        ("PROXY TCP4 ::1 ::1 1 1\r\n", .badLine(.source)),
        ("PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", .badLine(.source)),
        ("PROXY TCP6 fe80::1%1 ::1 1 1\r\n", .badLine(.source)),
        ("PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n", .badLine(.source)),
        ("PROXY TCP4 01.2.3.4 1.2.3.4 1 1\r\n", .badLine(.source)),
        ("PROXY TCP4 256.2.3.4 1.2.3.4 1 1\r\n", .badLine(.source)),
        ("PROXY TCP4 1.2.3.4\0 1.2.3.4 1 1\r\n", .badLine(.source)),
        ("PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", .badLine(.source)),
        ("PROXY TCP4 1.2.3.4\t1.2.3.4 1 1\r\n", .badLine(.source)),
        ("PROXY TCP4 1.2.3.4 1.2.3.x 1 1\r\n", .badLine(.destination)),
        ("PROXY TCP4 1.2.3.4\r\n", .badLine(.destination)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", .badLine(.sourcePort)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", .badLine(.sourcePort)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", .badLine(.sourcePort)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", .badLine(.destinationPort)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", .badLine(.destinationPort)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 99999999999999999999\r\n", .badLine(.destinationPort)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", .badLine(.end)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n", .badLine(.end)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", .badLine(.end)),
        ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\r\n", .badLine(.end)),
        ("PROXY UNKNOWN\rX", .badLine(.end)),
        ("PROXY UNKNOWN " + String(repeating: "x", count: 93), .lineTooLong),
        ("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "\r\n", .lineTooLong),
    ]

    @Test("refuses lines", arguments: wrongLines)
    func badLines(_ text: String, _ error: ProxyProtocolError) {
        #expect(throws: error) { try parse(Array(text.utf8)) }
        #expect(!error.description.isEmpty && error.code.hasPrefix("PROXY-0"))
    }

    @Test("a line of exactly 107 bytes is the longest")
    func longestLine() throws {
        let text = "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n"
        #expect(try parse(Array(text.utf8)) == Self.line(107, nil, nil))
    }

    // MARK: Version 2

    private static func binary(
        command: UInt8 = 0x21, family: UInt8 = 0x11, _ body: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let length = length ?? body.count
        return ProxyProtocol.signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + body
    }

    private static func field(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [type, UInt8(value.count >> 8), UInt8(value.count & 0xFF)] + value
    }

    private static let v4: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xDC, 0x04, 0x01, 0xBB]
    private static let v6: [UInt8] =
        [
            0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 2,
        ]
        + [0xDC, 0x04, 0x01, 0xBB]
    private static let unix: [UInt8] =
        Array("/run/a".utf8) + [UInt8](repeating: 0, count: 102) + [UInt8](repeating: 0x62, count: 108)

    private static func header(
        _ bytes: [UInt8], isLocal: Bool = false, _ source: SocketAddress?, _ destination: SocketAddress?,
        _ fields: [ProxyHeader.Field] = []
    ) -> ([UInt8], Outcome) {
        (
            bytes,
            .header(
                ProxyHeader(
                    version: 2, consumed: bytes.count, isLocal: isLocal, source: source,
                    destination: destination,
                    fields: fields))
        )
    }

    private static let goodHeaders: [([UInt8], Outcome)] = [
        header(binary(v4), source4, destination4),
        header(binary(family: 0x21, v6), source6, destination6),
        header(
            binary(family: 0x31, unix), .unix(path: "/run/a"), .unix(path: String(repeating: "b", count: 108))
        ),
        header(binary(command: 0x20, family: 0x00, []), isLocal: true, nil, nil),
        header(binary(command: 0x20, family: 0x11, v4), isLocal: true, nil, nil),
        header(binary(command: 0x20, family: 0xFF, [1, 2, 3]), isLocal: true, nil, nil),
        header(binary(family: 0x00, []), nil, nil),
        header(binary(family: 0x00, [9, 9, 9, 9]), nil, nil),
        header(
            binary(v4 + field(0x01, Array("h2".utf8)) + field(0x04, [0, 0, 0]) + field(0xE0, [])), source4,
            destination4,
            [.init(type: 0x01, value: Array("h2".utf8)), .init(type: 0xE0, value: [])]),
        header(binary(v4 + field(0x03, [0x87, 0x9E, 0x6D, 0xE7])), source4, destination4),
    ]

    @Test("reads headers, whatever follows and however they are split", arguments: goodHeaders)
    func headers(_ bytes: [UInt8], _ outcome: Outcome) throws {
        var bytes = bytes
        if bytes.count > 31, bytes[28] == 0x03 { Self.sign(&bytes, checksumAt: 31) }
        #expect(try parse(bytes) == outcome)
        #expect(try parse(bytes + [0x47, 0x45, 0x54]) == outcome)
        for end in 0..<bytes.count { #expect(try parse(Array(bytes[..<end])) == .needMore, "\(end)") }
    }

    private static let wrongHeaders: [([UInt8], ProxyProtocolError)] = [
        (Array("\r\n\r\nGET".utf8), .missing),
        (Array("\r\n\r\n\0\r\nQUIX".utf8), .missing),
        (binary(command: 0x11, v4), .unsupportedVersion(1)),
        (binary(command: 0x31, v4), .unsupportedVersion(3)),
        (binary(command: 0x22, v4), .unsupportedCommand(2)),
        (binary(command: 0x2F, v4), .unsupportedCommand(15)),
        (binary(family: 0x12, v4), .unsupportedFamily(0x12)),
        (binary(family: 0x10, v4), .unsupportedFamily(0x10)),
        (binary(family: 0x41, v4), .unsupportedFamily(0x41)),
        (binary(Array(v4.dropLast())), .addressesTruncated(length: 11, needed: 12)),
        (binary([], length: 0), .addressesTruncated(length: 0, needed: 12)),
        (binary(family: 0x21, v4), .addressesTruncated(length: 12, needed: 36)),
        (binary(family: 0x31, v6), .addressesTruncated(length: 36, needed: 216)),
        (binary([], length: 4_081), .tooLong(length: 4_097, limit: 4_096)),
        (binary([], length: 65_535), .tooLong(length: 65_551, limit: 4_096)),
        (binary(v4 + [0x01]), .fieldTruncated),
        (binary(v4 + [0x01, 0x00]), .fieldTruncated),
        (binary(v4 + [0x01, 0x00, 0x01]), .fieldTruncated),
        (binary(v4 + [0x01, 0xFF, 0xFF, 0x00]), .fieldTruncated),
        (binary(v4 + field(0x03, [1, 2, 3, 4])), .badChecksum),
        (binary(v4 + field(0x03, [1, 2, 3])), .badChecksum),
        (binary(v4 + field(0x03, [0, 0, 0, 0]) + field(0x03, [0, 0, 0, 0])), .badChecksum),
    ]

    @Test("refuses headers", arguments: wrongHeaders)
    func badHeaders(_ bytes: [UInt8], _ error: ProxyProtocolError) {
        #expect(throws: error) { try parse(bytes) }
        #expect(!error.description.isEmpty && error.code.hasPrefix("PROXY-0"))
    }

    @Test("the checksum is CRC-32C, and any changed bit breaks it")
    func checksum() throws {
        // RFC 3720 B.4: 32 bytes of zeros give AA 36 91 8A, sent lowest byte first there.
        #expect(Self.crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        var bytes = Self.binary(Self.v4 + Self.field(0x03, [0, 0, 0, 0]) + Self.field(0x05, [1, 2, 3]))
        Self.sign(&bytes, checksumAt: 31)
        guard case .header(let header) = try parse(bytes) else {
            Issue.record("needs more")
            return
        }
        #expect(header.uniqueID == [1, 2, 3])
        for index in [16, 20, 27, 31, 34, 38, 40] {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(throws: ProxyProtocolError.badChecksum) { try parse(damaged) }
        }
    }

    @Test("what the proxy knows about TLS")
    func tls() throws {
        let inner =
            Self.field(0x21, Array("TLSv1.3".utf8)) + Self.field(0x22, Array("alice".utf8))
            + Self.field(0x23, Array("TLS_AES_128_GCM_SHA256".utf8))
        let body =
            Self.v4 + Self.field(0x02, Array("example.org".utf8)) + Self.field(0x01, Array("http/1.1".utf8))
        guard
            case .header(let header) = try parse(
                Self.binary(body + Self.field(0x20, [0x05, 0, 0, 0, 0] + inner)))
        else {
            Issue.record("needs more")
            return
        }
        #expect(header.alpn == "http/1.1" && header.authority == "example.org" && header.uniqueID == nil)
        #expect(
            header.tls
                == ProxyHeader.TLS(
                    isEncrypted: true, hasVerifiedCertificate: true, version: "TLSv1.3", commonName: "alice",
                    cipher: "TLS_AES_128_GCM_SHA256"))
        // A failed verification, a missing certificate, and a field that is cut short.
        for (value, isEncrypted, isVerified) in [
            ([0x05, 0, 0, 0, 1], true, false), ([0x01, 0, 0, 0, 0], true, false),
            ([0x00, 0, 0, 0, 0, 0x21], false, false),
        ] as [([UInt8], Bool, Bool)] {
            guard case .header(let header) = try parse(Self.binary(Self.v4 + Self.field(0x20, value))) else {
                continue
            }
            #expect(
                header.tls?.isEncrypted == isEncrypted && header.tls?.hasVerifiedCertificate == isVerified)
            #expect(header.tls?.version == nil)
        }
        guard case .header(let short) = try parse(Self.binary(Self.v4 + Self.field(0x20, [1]))) else {
            return
        }
        #expect(short.tls == nil)
    }

    @Test("no bytes make it read beyond them: needMore, a header within them, or an error")
    func hostile() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<20_000 {
            var bytes =
                Bool.random(using: &random) ? Self.binary(family: 0x21, Self.v6) : Array(Self.longest.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            if case .header(let header)? = try? parse(bytes) {
                #expect(header.consumed <= bytes.count, "seed \(seed): \(bytes)")
            }
        }
    }

    private static func sign(_ bytes: inout [UInt8], checksumAt offset: Int) {
        for index in 0..<4 { bytes[offset + index] = 0 }
        let crc = crc32c(bytes)
        for index in 0..<4 {
            bytes[offset + index] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * index))
        }
    }

    private static func crc32c(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
    }
}
