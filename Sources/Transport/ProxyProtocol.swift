/// The PROXY protocol, in which a proxy says ahead of the first byte for whom it connects.
///
/// Source: HAProxy, "The PROXY protocol, versions 1 & 2" (2.1 human-readable, 2.2 binary). Opt-in per
/// listener and never guessed: on a port that expects it every connection must begin with it, and a port that
/// does not expect it must not read it, or any client could pretend to be any other.
public enum ProxyProtocol {
    /// What the bytes so far hold.
    public enum Outcome: Equatable, Sendable {
        /// A beginning that is right so far.
        ///
        /// Nothing is kept: offer the same bytes again with more behind.
        case needMore
        /// A whole header; what follows `consumed` is the stream.
        case header(ProxyHeader)
    }

    /// Reads a header from the first bytes of a connection.
    ///
    /// Sans-IO.
    ///
    /// - Parameter limit: The longest version 2 header taken, in bytes; 16 ... 65,551. Proxies send under 600
    ///   unless they pass on certificates.
    /// - Throws: `ProxyProtocolError` at the first byte that cannot be right.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, limit: Int = 4_096
    ) throws(ProxyProtocolError) -> Outcome {
        guard let first = bytes.first else { return .needMore }
        if first == signature[0] { return try parseBinary(bytes, limit: limit) }
        if first == UInt8(ascii: "P") { return try parseLine(bytes) }
        throw .missing
    }

    /// The first bytes of version 2: chosen so that HTTP, TLS and version 1 all choke on them.
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// The longest line of version 1, its CR LF included (2.1).
    static let lineLimit = 107
}

/// For whom a proxy connects, and what it knows about them.
public struct ProxyHeader: Equatable, Sendable {
    /// 1 (a line) or 2 (binary).
    public let version: Int
    /// Bytes of the header, all of them.
    public let consumed: Int
    /// Whether the proxy connects for itself, for a health check say (`LOCAL`): the addresses are those of
    /// the socket.
    public let isLocal: Bool
    /// The client's address; nil for `LOCAL` and `UNKNOWN`: then the socket's own holds.
    public let source: SocketAddress?
    /// The address the client connected to.
    public let destination: SocketAddress?
    /// The fields of version 2 (TLVs) in their order, without padding and checksum.
    public let fields: [Field]

    /// A type-length-value of version 2 (2.2.1 to 2.2.7).
    public struct Field: Equatable, Sendable {
        /// The type: 0x01 ALPN, 0x02 authority, 0x05 unique id, 0x20 TLS, 0x30 network namespace, from 0xE0
        /// on private.
        public let type: UInt8
        /// The value as sent.
        public let value: [UInt8]
    }

    /// The application protocol the client and the proxy agreed on (ALPN): `http/1.1`.
    public var alpn: String? { text(0x01) }
    /// The host name the client asked for (SNI).
    public var authority: String? { text(0x02) }
    /// What names the connection in the proxy's own log.
    public var uniqueID: [UInt8]? { fields.first { $0.type == 0x05 }?.value }

    /// What the proxy says about TLS between the client and itself, nil when it says nothing.
    public var tls: TLS? {
        guard let value = fields.first(where: { $0.type == 0x20 })?.value, value.count >= 5 else {
            return nil
        }
        let verify = value[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let inner = (try? ProxyProtocol.fields(in: value[5...])) ?? []
        func text(_ type: UInt8) -> String? {
            inner.first { $0.type == type }.map { String(decoding: $0.value, as: UTF8.self) }
        }
        return TLS(
            isEncrypted: value[0] & 0x01 != 0, hasVerifiedCertificate: value[0] & 0x06 != 0 && verify == 0,
            version: text(0x21), commonName: text(0x22), cipher: text(0x23))
    }

    /// TLS as the proxy saw it (2.2.6).
    public struct TLS: Equatable, Sendable {
        /// The client connected over TLS.
        public let isEncrypted: Bool
        /// The client showed a certificate and the proxy found it valid.
        public let hasVerifiedCertificate: Bool
        /// `TLSv1.3`.
        public let version: String?
        /// The common name of the client's certificate.
        public let commonName: String?
        /// `TLS_AES_128_GCM_SHA256`, or what OpenSSL calls it.
        public let cipher: String?
    }

    private func text(_ type: UInt8) -> String? {
        fields.first { $0.type == type }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}

/// Why the first bytes of a connection are no PROXY header.
///
/// The peer's fault, or that of who configured it.
public enum ProxyProtocolError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The connection begins with something else.
    case missing
    /// Version 1: no line end within 107 bytes.
    case lineTooLong
    /// Version 1: the line is not `PROXY TCP4|TCP6|UNKNOWN source destination port port`.
    case badLine(LinePart)
    /// Version 2: of a version that is not 2.
    case unsupportedVersion(UInt8)
    /// Version 2: neither LOCAL (0) nor PROXY (1).
    case unsupportedCommand(UInt8)
    /// Version 2: not a stream over IPv4, IPv6 or Unix sockets; the byte as sent.
    case unsupportedFamily(UInt8)
    /// Version 2: announced longer than we take; both in bytes, the 16 of the fixed part included.
    case tooLong(length: Int, limit: Int)
    /// Version 2: shorter than the addresses it must hold.
    case addressesTruncated(length: Int, needed: Int)
    /// Version 2: a field reaches beyond the header.
    case fieldTruncated
    /// Version 2: the CRC-32C does not match, or is not four bytes, or comes twice.
    case badChecksum

    /// Where a line of version 1 goes wrong.
    public enum LinePart: Equatable, Sendable {
        case family, source, destination, sourcePort, destinationPort, end
    }

    /// Stable for logs and documentation.
    public var code: String {
        switch self {
        case .missing: "PROXY-001"
        case .lineTooLong: "PROXY-002"
        case .badLine: "PROXY-003"
        case .unsupportedVersion: "PROXY-004"
        case .unsupportedCommand: "PROXY-005"
        case .unsupportedFamily: "PROXY-006"
        case .tooLong: "PROXY-007"
        case .addressesTruncated: "PROXY-008"
        case .fieldTruncated: "PROXY-009"
        case .badChecksum: "PROXY-010"
        }
    }

    /// What happened and what to do, in words.
    public var description: String {
        switch self {
        case .missing:
            "the connection does not begin with a PROXY header: turn it on in the proxy, or off here"
        case .lineTooLong: "the PROXY line does not end within \(ProxyProtocol.lineLimit) bytes"
        case .badLine(let part): "the PROXY line has a bad \(Self.words(part))"
        case .unsupportedVersion(let version):
            "the PROXY header is of version \(version); 1 and 2 are understood"
        case .unsupportedCommand(let command): "the PROXY header has the unknown command \(command)"
        case .unsupportedFamily(let family):
            "the PROXY header is for protocol 0x\(String(family, radix: 16)), not a stream"
        case .tooLong(let length, let limit):
            "the PROXY header has \(length) bytes; at most \(limit) are taken"
        case .addressesTruncated(let length, let needed):
            "the PROXY header has \(length) bytes for its addresses and needs \(needed)"
        case .fieldTruncated: "a field of the PROXY header reaches beyond its end"
        case .badChecksum: "the checksum of the PROXY header is wrong"
        }
    }

    private static func words(_ part: LinePart) -> String {
        switch part {
        case .family: "protocol family"
        case .source: "source address"
        case .destination: "destination address"
        case .sourcePort: "source port"
        case .destinationPort: "destination port"
        case .end: "end"
        }
    }
}
