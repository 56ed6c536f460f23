/// Why a request to somebody else's server has no answer.
///
/// Sorted by where it went wrong: what the caller asked for, ourselves, the way there, the answer. Each case has a stable
/// ``code``, words and a remedy; programs branch on cases or codes, never on words.
public enum OutgoingError: Error, Equatable, Sendable {
    // What the caller asked for.
    /// Not a usable `http` or `https` URL; the words say why.
    case urlInvalid(String)
    /// The method is not a token.
    case methodInvalid(String)
    /// A field name that is no token or belongs to the connection, or a value with a control character.
    case headerInvalid(name: String)

    // Ourselves.
    /// As many requests as may wait do so already, overall or for this host.
    case busy(host: String, limit: Int)
    /// Cancelled by its id.
    case cancelled
    /// The sender has been shut down.
    case closed
    /// The file with trusted authorities cannot be used.
    case authoritiesUnreadable(path: String)
    /// libcurl failed in a way that no other case tells; its words.
    case library(String)

    // The way there.
    /// The name does not resolve.
    case unresolved(host: String)
    /// Nothing listens on the port.
    case refused(host: String)
    /// No route, or a router said no; the errno.
    case unreachable(host: String, errno: Int32)
    /// The proxy of the environment does not resolve, or refuses.
    case proxyFailed(String)
    /// The certificate was not accepted: OpenSSL's number, and what it means.
    case tlsUnverified(host: String, verification: Int32, reason: String)
    /// TLS could not be agreed on; OpenSSL's words.
    case tlsFailed(host: String, reason: String)
    /// A limit in time was reached in this phase.
    case timedOut(TimeoutPhase, host: String, after: Duration)
    /// The connection ended before an answer began; `sent` tells whether any of the request had gone out.
    case connectionLost(host: String, sent: Bool)

    // The answer.
    /// What came is not HTTP, or not well formed.
    case malformed(host: String, reason: String)
    /// The head is longer than allowed.
    case headTooLarge(host: String, limit: Int)
    /// The body is longer than allowed, after inflating.
    case bodyTooLarge(host: String, status: Int, limit: Int)
    /// The connection ended in the middle of the answer.
    case truncated(host: String, status: Int)
    /// Compressed in a way nobody asked for, or the compressed bytes are broken.
    case encodingUnusable(host: String, encoding: String)
    /// More redirects than allowed.
    case tooManyRedirects(host: String, limit: Int)
    /// A redirect to something else than http or https, or from TLS to no TLS.
    case redirectForbidden(host: String)
    /// A status that is no success, for those who need one.
    case status(Int, host: String)

    /// Where a limit in time was reached.
    public enum TimeoutPhase: String, Equatable, Sendable, CaseIterable {
        /// Waiting for a place among the requests under way.
        case queue = "QUEUE"
        /// Waiting for the name.
        case resolve = "RESOLVE"
        /// Waiting for the TCP connection.
        case connect = "CONNECT"
        /// In the TLS handshake.
        case tls = "TLS"
        /// Connected, and no byte of the answer in time.
        case answer = "ANSWER"
        /// In mid-answer, and no further byte in time.
        case idle = "IDLE"
        /// The total limit, wherever it fell.
        case total = "TOTAL"
    }
}

extension OutgoingError {
    /// A stable code such as `OUT-REFUSED`.
    public var code: String {
        switch self {
        case .urlInvalid: "OUT-URL"
        case .methodInvalid: "OUT-METHOD"
        case .headerInvalid: "OUT-HEADER"
        case .busy: "OUT-BUSY"
        case .cancelled: "OUT-CANCELLED"
        case .closed: "OUT-CLOSED"
        case .authoritiesUnreadable: "OUT-AUTHORITIES"
        case .library: "OUT-LIBRARY"
        case .unresolved: "OUT-RESOLVE"
        case .refused: "OUT-REFUSED"
        case .unreachable: "OUT-UNREACHABLE"
        case .proxyFailed: "OUT-PROXY"
        case .tlsUnverified: "OUT-CERTIFICATE"
        case .tlsFailed: "OUT-TLS"
        case .timedOut(let phase, _, _): "OUT-TIMEOUT-\(phase.rawValue)"
        case .connectionLost: "OUT-LOST"
        case .malformed: "OUT-MALFORMED"
        case .headTooLarge: "OUT-HEAD"
        case .bodyTooLarge: "OUT-BODY"
        case .truncated: "OUT-TRUNCATED"
        case .encodingUnusable: "OUT-ENCODING"
        case .tooManyRedirects: "OUT-REDIRECTS"
        case .redirectForbidden: "OUT-REDIRECT"
        case .status: "OUT-STATUS"
        }
    }

    /// Whether the other side may have seen and acted on the request.
    ///
    /// What is known not to have reached it can be sent again without a second thought.
    public var mayHaveArrived: Bool {
        switch self {
        case .urlInvalid, .methodInvalid, .headerInvalid, .busy, .authoritiesUnreadable, .unresolved,
            .refused,
            .unreachable, .proxyFailed, .tlsUnverified, .tlsFailed:
            false
        case .timedOut(let phase, _, _):
            switch phase {
            case .queue, .resolve, .connect, .tls: false
            case .answer, .idle, .total: true
            }
        case .connectionLost(_, let sent): sent
        case .cancelled, .closed, .library, .malformed, .headTooLarge, .bodyTooLarge, .truncated,
            .encodingUnusable,
            .tooManyRedirects, .redirectForbidden, .status:
            true
        }
    }
}
