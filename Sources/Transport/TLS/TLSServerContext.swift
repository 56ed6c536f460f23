import CTLS
import Glibc

/// A TLS version this side may speak.
///
/// Older ones are broken (RFC 8996).
public enum TLSVersion: Int32, Comparable, Sendable {
    case v1_2 = 2
    case v1_3 = 3

    /// By age.
    public static func < (a: TLSVersion, b: TLSVersion) -> Bool { a.rawValue < b.rawValue }
}

/// Where a certificate chain and its key lie, both in PEM.
///
/// The server's own certificate comes first in its file.
public struct TLSIdentity: Hashable, Sendable {
    /// Path of the chain.
    public var certificate: String
    /// Path of the private key, not locked by a passphrase.
    public var key: String

    /// Two paths; nothing is read yet.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// The certificates of a server and how it speaks TLS; shared by all its loops.
///
/// Immutable: to reload, make a new one, and begin new sessions with it. Sessions that live keep the one they began
/// with. A new context has new ticket keys, so clients that come back after a reload shake hands in full.
public final class TLSServerContext: Sendable {
    /// One per identity, in order; the first is shown to clients that ask for no name, or for an unknown one.
    public let certificates: [TLSCertificate]
    /// What is legal but probably not meant; to be logged.
    public let warnings: [TLSWarning]
    let directory: TLSServerDirectory

    /// Reads all files at once.
    ///
    /// - Parameters:
    ///   - identities: at least one. SNI picks by the names in the certificates: exact first, then a wildcard of one label.
    ///   - alpn: names by preference; a client that offers ALPN but none of these is refused (RFC 7301 §3.2).
    ///     HTTP/1.1 alone by default: WebSockets over HTTP/2 are another protocol.
    ///   - versions: TLS 1.2 and 1.3 by default.
    ///   - usesKernel: whether the kernel encrypts where it can. Such a session keeps OpenSSL's 13 KiB; others need 400 bytes.
    ///   - now: unix seconds, for the warnings; nil: the clock's.
    /// - Throws: by file: unreadable, not PEM, locked, weak, or key and certificate of different origin.
    public init(
        identities: [TLSIdentity], alpn: [String] = ["http/1.1"],
        versions: ClosedRange<TLSVersion> = .v1_2 ... .v1_3, usesKernel: Bool = false, now: Int64? = nil
    ) throws(TLSError) {
        guard !identities.isEmpty else { throw .identityMissing }
        let wireNames = try TLSServerContext.wireForm(alpn)
        let directory = TLSServerDirectory(alpn: wireNames)
        var certificates: [TLSCertificate] = []
        var warnings: [TLSWarning] = []
        for identity in identities {
            var summary = ctls_certificate()
            var failure = ctls_failure()
            var keyMode: UInt32 = 0
            guard
                let context = ctls_server_context_new(
                    identity.certificate, identity.key, versions.lowerBound.rawValue,
                    versions.upperBound.rawValue,
                    &summary, &keyMode, &failure)
            else { throw TLSError(failure, certificate: identity.certificate, key: identity.key) }
            if usesKernel { ctls_server_context_use_kernel(context) }
            let certificate = TLSCertificate(summary)
            certificates.append(certificate)
            let shadowed = directory.add(context, names: certificate.names)
            warnings += TLSWarning.about(
                certificate, identity: identity, keyMode: keyMode, shadowed: shadowed,
                now: now ?? Int64(time(nil)))
        }
        directory.finish()
        self.certificates = certificates
        self.warnings = warnings
        self.directory = directory
    }

    /// ALPN names as they travel: each after its length.
    static func wireForm(_ names: [String]) throws(TLSError) -> [UInt8] {
        var wire: [UInt8] = []
        for name in names {
            guard let length = UInt8(exactly: name.utf8.count), length > 0 else { throw .protocolListInvalid }
            wire.append(length)
            wire.append(contentsOf: name.utf8)
        }
        return wire
    }
}

/// The contexts of OpenSSL and who is served by which.
///
/// Unchecked: it is filled before `TLSServerContext.init` returns, and only read from then on; OpenSSL's contexts count
/// their references atomically and are not written to either.
final class TLSServerDirectory: @unchecked Sendable {
    private var contexts: [OpaquePointer] = []
    private var names = TLSNameTable()
    /// The ALPN names as they travel, zero-terminated; OpenSSL's callback reads them.
    private let alpn: UnsafeMutablePointer<UInt8>

    init(alpn names: [UInt8]) {
        alpn = .allocate(capacity: names.count + 1)
        for (at, octet) in names.enumerated() { alpn[at] = octet }
        alpn[names.count] = 0
    }

    deinit {
        for context in contexts { ctls_context_free(context) }
        alpn.deallocate()
    }

    /// For clients that ask for no name; never nil once the context is made.
    var first: OpaquePointer? { contexts.first }

    /// Takes the context.
    ///
    /// Returns the names that an earlier one has already.
    func add(_ context: OpaquePointer, names: [String]) -> [String] {
        contexts.append(context)
        return names.filter { !self.names.add($0, for: contexts.count - 1) }
    }

    /// Hands the callbacks their arguments: the address of this object, which every session keeps alive.
    func finish() {
        for context in contexts where alpn.pointee != 0 { ctls_server_context_set_alpn(context, alpn) }
        guard let first else { return }
        ctls_server_context_set_choice(
            first,
            { argument, name in
                guard let argument, let name else { return nil }
                let directory = Unmanaged<TLSServerDirectory>.fromOpaque(argument).takeUnretainedValue()
                return directory.context(for: UnsafeRawBufferPointer(start: name, count: strlen(name)))
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func context(for name: UnsafeRawBufferPointer) -> OpaquePointer? {
        guard let index = names.lookup(name), contexts.indices.contains(index) else { return nil }
        return contexts[index]
    }
}
