import CTLS

/// What became of verifying a server's certificate, in a session that would have gone on without.
public struct TLSVerification: Equatable, Sendable {
    /// The first objection to the chain by OpenSSL's number (X509_V_ERR_…); 0: none, the name apart.
    public let chainProblem: Int32
    /// The same in OpenSSL's words: `self-signed certificate`.
    public let chainProblemWords: String
    /// Whether the certificate is for the name that was asked for; true when there was none.
    public let isForName: Bool

    /// Whether a client that verifies would accept it.
    public var isAccepted: Bool { chainProblem == 0 && isForName }

    /// Whether the objection is that nobody vouches for the chain: self-signed, or of an unknown authority.
    public var isUntrusted: Bool {
        // X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, …_DEPTH_ZERO_SELF_SIGNED_CERT, …_SELF_SIGNED_CERT_IN_CHAIN,
        // …_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, …_UNABLE_TO_VERIFY_LEAF_SIGNATURE (x509_vfy.h)
        [2, 18, 19, 20, 21].contains(chainProblem)
    }
}

extension TLSSession {
    /// What a client that verifies would have said of the server's certificate; nil: there is none, or this is the server's side.
    ///
    /// Of use with ``TLSClientContext/init(observing:caFile:)``: others have refused it already.
    public var verification: TLSVerification? {
        guard let (session, name) = openSSL else { return nil }
        let server = name.map(TLSServerName.init)
        var isForName: Int32 = 0
        let problem = ctls_peer_verification(
            session, server?.text, server?.isAddress == true ? 1 : 0, &isForName)
        guard problem >= 0 else { return nil }
        return TLSVerification(
            chainProblem: problem, chainProblemWords: String(cString: ctls_verification_words(problem)),
            isForName: isForName != 0)
    }
}
