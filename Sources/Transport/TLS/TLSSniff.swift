/// Tells what a peer speaks from the first bytes it sends, so that a wrong door can answer in words.
///
/// Pure. Peek with `MSG_PEEK`, before a session is made or a parser is fed.
public enum TLSSniff: Equatable, Sendable {
    /// The first bytes allow more than one answer still.
    case needMore
    /// A request line of HTTP/1 (or the preface of HTTP/2) in plain text.
    case plainHTTP
    /// The header of the PROXY protocol, version 1 or 2: a load balancer announces its client.
    case proxyProtocol
    case tlsClientHello
    case unknown

    /// The most bytes that `classify` ever looks at.
    public static let length = 16

    /// `bytes`: the first of the stream, as many as there are.
    public static func classify(_ bytes: UnsafeRawBufferPointer) -> TLSSniff {
        guard let first = bytes.first else { return .needMore }
        if first == 0x16 { return classifyRecord(bytes) }
        var undecided = false
        for (signature, answer) in signatures {
            switch compare(bytes, with: signature) {
            case .whole: return answer
            case .part: undecided = true
            case .none: break
            }
        }
        if undecided { return .needMore }
        // A server should pass over an empty line before the request line (RFC 9112 §2.2).
        if bytes.count >= 2, first == 0x0D, bytes[1] == 0x0A { return classify(.init(rebasing: bytes[2...])) }
        return .unknown
    }

    /// What a TLS client is sent that dialled a plain port: a fatal handshake_failure (RFC 8446 §6.2), in the record version
    /// that clients accept before one is agreed on.
    ///
    /// Not protocol_version, which makes old clients dial again with a lower version; nor plain text, which they report
    /// as "wrong version number".
    public static let plainPortAlert: [UInt8] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28]

    /// Handshake record, version 3.x, length, ClientHello (RFC 8446 §5.1, §4).
    private static func classifyRecord(_ bytes: UnsafeRawBufferPointer) -> TLSSniff {
        if bytes.count > 1, bytes[1] != 0x03 { return .unknown }
        if bytes.count > 2, bytes[2] > 0x04 { return .unknown }
        guard bytes.count > 5 else { return .needMore }
        let length = Int(bytes[3]) << 8 | Int(bytes[4])
        return (4...16_384).contains(length) && bytes[5] == 0x01 ? .tlsClientHello : .unknown
    }

    private enum Match { case none, part, whole }

    private static func compare(_ bytes: UnsafeRawBufferPointer, with signature: StaticString) -> Match {
        let count = min(bytes.count, signature.utf8CodeUnitCount)
        for at in 0..<count where bytes[at] != signature.utf8Start[at] { return .none }
        return count == signature.utf8CodeUnitCount ? .whole : .part
    }

    private static let signatures: [(StaticString, TLSSniff)] = [
        ("GET ", .plainHTTP), ("HEAD ", .plainHTTP), ("POST ", .plainHTTP), ("PUT ", .plainHTTP),
        ("DELETE ", .plainHTTP), ("OPTIONS ", .plainHTTP), ("PATCH ", .plainHTTP), ("CONNECT ", .plainHTTP),
        ("TRACE ", .plainHTTP), ("PRI * HTTP/2", .plainHTTP),
        ("PROXY ", .proxyProtocol), ("\r\n\r\n\0\r\nQUIT\n", .proxyProtocol),
    ]
}
