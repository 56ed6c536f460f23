import CTLS
import Glibc

/// Why TLS did not come about, or ended.
///
/// Sorted by whose fault it is: files and settings of ours, the peer, the certificate the peer shows, the line between.
public enum TLSError: Error, Equatable, Sendable {
    // Ours: what the operator configured.
    case authoritiesMalformed(path: String, content: TLSFileContent)
    case certificateMalformed(path: String, content: TLSFileContent)
    case certificateWeak(path: String, reason: String)
    case fileUnreadable(path: String, errno: Int32)
    case fileUnwritable(path: String, errno: Int32)
    case identityMissing
    case keyEncrypted(path: String)
    case keyMalformed(path: String, content: TLSFileContent)
    /// `matching`: the position (2 = second) of the certificate in the file that the key does belong to; nil: none.
    case keyMismatch(certificate: String, key: String, matching: Int?)
    case protocolListInvalid
    case serverNameInvalid(String)

    // The peer's, by what it sends.
    case alert(TLSAlert)
    case cipherUnshared
    case notTLS
    case peerDistrustsCertificate(TLSAlert)
    case plainHTTP
    /// `offered`: the ALPN names of the client, joined by a comma.
    case protocolUnshared(offered: String)
    case protocolViolation(String)
    case versionUnshared

    // The certificate the server shows to us.
    case certificateExpired(TLSCertificate)
    case certificateInvalid(TLSCertificate, reason: String)
    case certificateNameWrong(TLSCertificate, expected: String)
    case certificateNotYetValid(TLSCertificate)
    case certificateSelfSigned(TLSCertificate)
    case certificateUnknownAuthority(TLSCertificate)

    // The line, the library.
    case connectionLost(errno: Int32)
    case endedInHandshake
    case keyWorn
    case library(String)

    /// A stable name for logs, dashboards and the manual; never changes its meaning.
    public var code: String {
        switch self {
        case .authoritiesMalformed: "TLS-CA-FORMAT"
        case .certificateMalformed: "TLS-CERT-FORMAT"
        case .certificateWeak: "TLS-CERT-WEAK"
        case .fileUnreadable, .fileUnwritable: "TLS-FILE"
        case .identityMissing: "TLS-NO-CERT"
        case .keyEncrypted: "TLS-KEY-ENCRYPTED"
        case .keyMalformed: "TLS-KEY-FORMAT"
        case .keyMismatch: "TLS-KEY-MISMATCH"
        case .protocolListInvalid: "TLS-ALPN-LIST"
        case .serverNameInvalid: "TLS-SERVER-NAME"
        case .alert: "TLS-ALERT"
        case .cipherUnshared: "TLS-CIPHER"
        case .notTLS: "TLS-NOT-TLS"
        case .peerDistrustsCertificate: "TLS-DISTRUSTED"
        case .plainHTTP: "TLS-PLAIN-HTTP"
        case .protocolUnshared: "TLS-ALPN"
        case .protocolViolation: "TLS-PROTOCOL"
        case .versionUnshared: "TLS-VERSION"
        case .certificateExpired: "TLS-CERT-EXPIRED"
        case .certificateInvalid: "TLS-CERT-INVALID"
        case .certificateNameWrong: "TLS-CERT-NAME"
        case .certificateNotYetValid: "TLS-CERT-NOT-YET"
        case .certificateSelfSigned: "TLS-CERT-SELF-SIGNED"
        case .certificateUnknownAuthority: "TLS-CERT-UNKNOWN-CA"
        case .connectionLost: "TLS-LOST"
        case .endedInHandshake: "TLS-END"
        case .keyWorn: "TLS-KEY-WORN"
        case .library: "TLS-LIBRARY"
        }
    }

    /// The nearest system error, for callers whose results carry an `errno`.
    public var errno: Int32 {
        switch self {
        case .connectionLost(let errno), .fileUnreadable(_, let errno), .fileUnwritable(_, let errno): errno
        case .endedInHandshake: ECONNRESET
        default: EPROTO
        }
    }
}

/// What a file holds that should hold PEM of another kind.
public enum TLSFileContent: Equatable, Sendable {
    case certificate, damaged, der, empty, other, privateKey, publicKey, request

    init(number: Int32) {
        switch Int(number) {
        case CTLS_CONTENT_EMPTY: self = .empty
        case CTLS_CONTENT_CERTIFICATE: self = .certificate
        case CTLS_CONTENT_PRIVATE_KEY: self = .privateKey
        case CTLS_CONTENT_PUBLIC_KEY: self = .publicKey
        case CTLS_CONTENT_REQUEST: self = .request
        case CTLS_CONTENT_DER: self = .der
        case CTLS_CONTENT_DAMAGED: self = .damaged
        default: self = .other
        }
    }
}

/// A fatal alert, as the number on the wire (RFC 8446 §6.2).
public struct TLSAlert: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    public var rawValue: UInt8

    /// Any number, named or not.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The standard's name and the number: `handshake_failure (40)`.
    public var description: String { "\(Self.names[rawValue] ?? "unnamed") (\(rawValue))" }

    /// Whether the alert says that the peer does not accept our certificate.
    public var concernsCertificate: Bool { (42...46).contains(rawValue) || rawValue == 48 }

    static let names: [UInt8: String] = [
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow",
        40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate",
        44: "certificate_revoked",
        45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
        49: "access_denied", 50: "decode_error", 51: "decrypt_error", 70: "protocol_version",
        71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
        100: "no_renegotiation",
        109: "missing_extension", 110: "unsupported_extension", 112: "unrecognized_name",
        113: "bad_certificate_status_response", 115: "unknown_psk_identity", 116: "certificate_required",
        120: "no_application_protocol",
    ]
}
