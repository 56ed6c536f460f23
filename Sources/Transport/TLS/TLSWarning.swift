/// A certificate that works, but probably not as meant.
public enum TLSWarning: Equatable, Sendable, CustomStringConvertible {
    case expired(path: String, on: String)
    case expiresSoon(path: String, days: Int)
    /// The chain holds the server's own certificate alone, though somebody else signed it.
    case intermediateMissing(path: String, issuer: String)
    case keyReadableByAll(path: String)
    /// An earlier certificate has the name already, and is the one that is shown.
    case nameTaken(path: String, name: String)
    case nameless(path: String)
    case notYetValid(path: String, from: String)

    /// A stable name; see `TLSError.code`.
    public var code: String {
        switch self {
        case .expired: "TLS-WARN-EXPIRED"
        case .expiresSoon: "TLS-WARN-EXPIRES"
        case .intermediateMissing: "TLS-WARN-CHAIN"
        case .keyReadableByAll: "TLS-WARN-KEY-MODE"
        case .nameTaken: "TLS-WARN-NAME-TAKEN"
        case .nameless: "TLS-WARN-NAMELESS"
        case .notYetValid: "TLS-WARN-NOT-YET"
        }
    }

    /// What is the matter, in one sentence without a full stop.
    public var description: String {
        switch self {
        case .expired(let path, let date):
            "the certificate in \(path) expired on \(date): clients will refuse it"
        case .expiresSoon(let path, let days): "the certificate in \(path) expires in \(days) days"
        case .intermediateMissing(let path, let issuer):
            "\(path) holds no intermediate certificate, but was signed by \(issuer): many clients will refuse it"
        case .keyReadableByAll(let path): "every user of this machine can read the private key in \(path)"
        case .nameTaken(let path, let name):
            "\(path) is not used for \(name): an earlier certificate has that name"
        case .nameless(let path): "the certificate in \(path) carries no name: clients will refuse it"
        case .notYetValid(let path, let date): "the certificate in \(path) is valid only from \(date) on"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .expired, .expiresSoon: "renew it, then send the server SIGHUP"
        case .intermediateMissing:
            "give the full chain (certbot: fullchain.pem, not cert.pem); for an authority of your own this may be right"
        case .keyReadableByAll(let path): "chmod 600 \(path)"
        case .nameTaken: "put the certificate that should serve the name first"
        case .nameless: "have it reissued with a subject alternative name"
        case .notYetValid: "check this machine's clock"
        }
    }

    /// Two weeks: certbot renews at thirty days, so something has failed several times by then.
    static let soonDays: Int64 = 14

    static func about(
        _ certificate: TLSCertificate, identity: TLSIdentity, keyMode: UInt32, shadowed: [String], now: Int64
    ) -> [TLSWarning] {
        var warnings: [TLSWarning] = []
        let path = identity.certificate
        if certificate.notBefore > now {
            warnings.append(.notYetValid(path: path, from: certificate.notBeforeDate))
        }
        if certificate.notAfter <= now {
            warnings.append(.expired(path: path, on: certificate.notAfterDate))
        } else if certificate.notAfter - now < soonDays * 86_400,
            certificate.notAfter - certificate.notBefore > 2 * soonDays * 86_400
        {
            // Not for the certificates of a few days that some authorities give out: they are always about to expire.
            warnings.append(.expiresSoon(path: path, days: Int((certificate.notAfter - now) / 86_400)))
        }
        if certificate.chainLength == 1, !certificate.isSelfSigned {
            warnings.append(.intermediateMissing(path: path, issuer: certificate.issuer))
        }
        if certificate.names.isEmpty { warnings.append(.nameless(path: path)) }
        if keyMode & 0o004 != 0 { warnings.append(.keyReadableByAll(path: identity.key)) }
        return warnings + shadowed.map { .nameTaken(path: path, name: $0) }
    }
}
