import CTLS
import Glibc

/// What a certificate says about itself.
public struct TLSCertificate: Equatable, Sendable {
    /// The subject as one line, RFC 2253: `CN=example.com`.
    public var subject: String
    /// Who signed it, as one line.
    public var issuer: String
    /// The DNS names and IP addresses it is for; the common name when it carries none (RFC 6125 §6.4.4).
    public var names: [String]
    /// Unix seconds.
    public var notBefore: Int64
    /// Unix seconds.
    public var notAfter: Int64
    /// Whether subject and issuer are the same.
    public var isSelfSigned: Bool
    /// Certificates that came with it, itself included.
    public var chainLength: Int

    init(_ certificate: ctls_certificate) {
        (subject, issuer, names) = withUnsafePointer(to: certificate) {
            (
                String(cString: ctls_certificate_subject($0)), String(cString: ctls_certificate_issuer($0)),
                String(cString: ctls_certificate_names($0)).split(separator: "\n").map(String.init)
            )
        }
        notBefore = certificate.not_before
        notAfter = certificate.not_after
        isSelfSigned = certificate.is_self_signed != 0
        chainLength = Int(certificate.chain_length)
    }

    /// `2026-03-01 12:00:00 UTC`.
    public var notBeforeDate: String { Self.date(notBefore) }
    /// `2026-03-01 12:00:00 UTC`.
    public var notAfterDate: String { Self.date(notAfter) }

    /// The first names, and how many more there are.
    var namesInWords: String {
        if names.isEmpty { return "no name at all" }
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }

    static func date(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds)" }
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(parts.tm_year &+ 1900)-\(padded(parts.tm_mon &+ 1))-\(padded(parts.tm_mday))"
        return "\(day) \(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec)) UTC"
    }
}
