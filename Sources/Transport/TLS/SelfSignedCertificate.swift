import CTLS
import Glibc

/// Certificates for development and tests, made on the spot: EC P-256, SHA-256.
///
/// No client trusts one unless told to. `make` gives a lone self-signed certificate; `makeAuthority` and `issue` give a
/// small authority and what it signs, for clients that should be told once.
public struct SelfSignedCertificate: Sendable {
    /// PEM.
    public let certificate: String
    /// PKCS #8 in PEM, not locked.
    public let privateKey: String

    /// - Parameters:
    ///   - names: host names (`*.` allowed) and IP addresses, at least one; the first is the common name too.
    ///   - validity: how long from `notBefore` on; 90 days by default.
    ///   - notBefore: unix seconds; one hour ago by default, for clocks that are behind.
    public static func make(
        names: [String], validity: Duration = .seconds(90 * 86_400), notBefore: Int64? = nil
    ) throws(TLSError) -> SelfSignedCertificate {
        try make(names: names, validity: validity, notBefore: notBefore, isAuthority: false, issuer: nil)
    }

    /// An authority: its certificate goes to the clients as CA file, its key signs what `issue` makes.
    public static func makeAuthority(
        name: String, validity: Duration = .seconds(90 * 86_400), notBefore: Int64? = nil
    ) throws(TLSError) -> SelfSignedCertificate {
        try make(names: [name], validity: validity, notBefore: notBefore, isAuthority: true, issuer: nil)
    }

    /// A certificate signed by this one, which must be an authority.
    public func issue(
        names: [String], validity: Duration = .seconds(90 * 86_400), notBefore: Int64? = nil
    ) throws(TLSError) -> SelfSignedCertificate {
        try Self.make(
            names: names, validity: validity, notBefore: notBefore, isAuthority: false, issuer: self)
    }

    /// Writes both files, the key readable by this user alone.
    public func write(certificate certificatePath: String, key keyPath: String) throws(TLSError) {
        try Self.write(privateKey, to: keyPath, mode: 0o600)
        try Self.write(certificate, to: certificatePath, mode: 0o644)
    }

    private static func make(
        names: [String], validity: Duration, notBefore: Int64?, isAuthority: Bool,
        issuer: SelfSignedCertificate?
    ) throws(TLSError) -> SelfSignedCertificate {
        for name in names where name.utf8.isEmpty || name.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
            throw .serverNameInvalid(name)
        }
        guard !names.isEmpty else { throw .serverNameInvalid("") }
        let notBefore = notBefore ?? Int64(time(nil)) - 3_600
        var certificate = [CChar](repeating: 0, count: 16_384)
        var key = [CChar](repeating: 0, count: 4_096)
        let made = ctls_make_certificate(
            names.joined(separator: "\n"), notBefore, notBefore &+ validity.components.seconds,
            isAuthority ? 1 : 0,
            issuer?.certificate, issuer?.privateKey, &certificate, certificate.count, &key, key.count)
        guard made == 1 else { throw .library("the certificate could not be made") }
        return SelfSignedCertificate(certificate: text(certificate), privateKey: text(key))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func write(_ text: String, to path: String, mode: mode_t) throws(TLSError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .fileUnwritable(path: path, errno: errno) }
        defer { close(descriptor) }
        // A file that was there keeps its mode unless told.
        guard fchmod(descriptor, mode) == 0 else { throw .fileUnwritable(path: path, errno: errno) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .fileUnwritable(path: path, errno: errno) }
            rest = rest.dropFirst(count)
        }
    }
}
