import Testing

@testable import Transport

@Suite struct `The first bytes of a connection` {
    static let hello: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03]

    static let cases: [([UInt8], TLSSniff)] = [
        ([], .needMore), (hello, .tlsClientHello), ([0x16, 0x03, 0x03, 0x00, 0x10, 0x01], .tlsClientHello),
        (Array("GET / HTTP/1.1\r\n".utf8), .plainHTTP), (Array("OPTIONS * HTTP/1.1".utf8), .plainHTTP),
        (Array("\r\nPOST / HTTP/1.1".utf8), .plainHTTP), (Array("PRI * HTTP/2.0\r\n\r\nSM".utf8), .plainHTTP),
        (Array("PROXY TCP4 1.2.3.4".utf8), .proxyProtocol),
        (Array("\r\n\r\n\0\r\nQUIT\n\u{21}".utf8), .proxyProtocol),
        (Array("P".utf8), .needMore), (Array("PRO".utf8), .needMore), (Array("\r\n".utf8), .needMore),
        (Array("\r\n\r\n".utf8), .needMore), (Array("GETS ".utf8), .unknown),
        (Array("get / HTTP/1.1".utf8), .unknown),
        (Array("SSH-2.0-".utf8), .unknown), (Array("{\"type\"".utf8), .unknown),
        ([0x16, 0x02], .unknown), ([0x16, 0x03, 0x05], .unknown),
        ([0x16, 0x03, 0x01, 0x02, 0x00, 0x02], .unknown),
        ([0x16, 0x03, 0x01, 0xFF, 0xFF, 0x01], .unknown), ([0x15, 0x03, 0x01, 0x00, 0x02], .unknown),
        ([0x80, 0x2E, 0x01, 0x03, 0x01], .unknown), ([0x00], .unknown), ([0xFF, 0xFF], .unknown),
    ]

    @Test(arguments: cases)
    func `tell what it speaks`(bytes: [UInt8], expected: TLSSniff) {
        #expect(bytes.withUnsafeBytes { TLSSniff.classify($0) } == expected)
        // No prefix says anything else: it asks for more, or knows already.
        for count in 0..<bytes.count {
            let early = bytes.prefix(count).withUnsafeBytes { TLSSniff.classify($0) }
            #expect(early == .needMore || early == expected, "after \(count) bytes")
        }
        if bytes.count >= TLSSniff.length { #expect(expected != .needMore) }
    }
}
