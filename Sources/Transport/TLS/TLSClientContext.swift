import CTLS

/// How a client speaks TLS and whom it trusts; shared by all its connections.
///
/// Unchecked: OpenSSL's context counts its references atomically, and nothing writes to it after `init`.
public final class TLSClientContext: @unchecked Sendable {
    let context: OpaquePointer
    /// Whether certificates are verified.
    public let verifies: Bool

    /// - Parameters:
    ///   - verify: chain, validity and name of the server's certificate; on by default. Off, anybody in between can read
    ///     and change everything: for diagnosis only.
    ///   - caFile: a PEM file with the only authorities to trust; nil: those of the system (SSL_CERT_FILE and SSL_CERT_DIR
    ///     are honoured).
    ///   - alpn: names to offer, by preference; empty: none.
    ///   - versions: TLS 1.2 and 1.3 by default.
    public init(
        verify: Bool = true, caFile: String? = nil, alpn: [String] = ["http/1.1"],
        versions: ClosedRange<TLSVersion> = .v1_2 ... .v1_3
    ) throws(TLSError) {
        let names = try TLSServerContext.wireForm(alpn)
        var failure = ctls_failure()
        guard
            let context = ctls_client_context_new(
                verify ? 1 : 0, caFile, names, UInt32(names.count), versions.lowerBound.rawValue,
                versions.upperBound.rawValue, &failure)
        else { throw TLSError(failure, certificate: caFile ?? "") }
        self.context = context
        verifies = verify
    }

    /// A context that refuses no certificate, and lets ``TLSSession/verification`` say what there was to refuse.
    ///
    /// For diagnosis only.
    /// - Parameters:
    ///   - alpn: names to offer, by preference; empty: none.
    ///   - caFile: as in the other initialiser.
    public init(observing alpn: [String], caFile: String? = nil) throws(TLSError) {
        let names = try TLSServerContext.wireForm(alpn)
        var failure = ctls_failure()
        guard
            let context = ctls_client_context_new(
                Int32(CTLS_VERIFY_OBSERVE), caFile, names, UInt32(names.count), TLSVersion.v1_2.rawValue,
                TLSVersion.v1_3.rawValue, &failure)
        else { throw TLSError(failure, certificate: caFile ?? "") }
        self.context = context
        verifies = false
    }

    /// Offers less than we could, to see how a server takes it.
    ///
    /// Before the first session. `suites`: of the version it speaks, joined by colons; `fragment`: RFC 6066 §4, 1 for 512 bytes … 4 for
    /// 4,096.
    func narrow(suites: String? = nil, fragment: Int32 = 0) -> Bool {
        ctls_client_context_narrow(context, suites, fragment) == 1
    }

    deinit { ctls_context_free(context) }
}

/// What lets the next handshake with the same server be a short one (RFC 8446 §2.2).
///
/// Unchecked: OpenSSL counts its references atomically, and nothing writes to it.
public final class TLSTicket: @unchecked Sendable {
    let ticket: OpaquePointer

    init(_ ticket: OpaquePointer) { self.ticket = ticket }

    deinit { ctls_ticket_free(ticket) }
}
