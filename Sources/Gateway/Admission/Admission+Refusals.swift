import Configuration
public import HTTPWire
import Telemetry
public import Tokens
import Transport

/// Refusals whose reason was found elsewhere.
extension Admission {
    /// No endpoint has the path of this request: 404, with the nearest one.
    ///
    /// What is wrong with the handshake is told too, since the next attempt will meet it.
    public func unknownPath(_ head: RequestHead, from peer: Peer) -> Refusal {
        if let place = namespaces.first(where: { $0.isDialled(by: head.path) }) {
            return namespaceAsPath(head, place, from: peer)
        }
        let path = PlainText.line(head.path, redaction, limit: 128)
        // Masked first: what stands before the known part of the path is quoted in the advice.
        let nearest = NearestPath.find(PlainText.line(head.path, redaction, limit: 1024), among: paths)
        var refusal = Refusal(
            .pathUnknown, summary(head, peer),
            message: "no endpoint has the path '\(path)'"
                + (nearest.map { "; the nearest is '\($0.pattern)'" } ?? ""),
            remedy: PathAdvice.remedy(path, nearest))
        refusal.nearestPath = nearest?.pattern
        if Handshake.isAttempt(head), case .refused(let refusals) = Handshake.validate(head) {
            let diagnosis = HandshakeDiagnosis(head: head, refusals: refusals)
            refusal.missing = diagnosis.missing
            refusal.problems = diagnosis.problems
            if HandshakeDiagnosis.isHopsFault(diagnosis.code) {
                refusal.blame(HopTrace(head, redaction: redaction))
            }
        }
        return refusal
    }

    /// The token that came with the handshake is not good: 403, or 503 when that could not be found out, with the token's own code and words.
    public func tokenRefused(_ error: TokenError, _ head: RequestHead? = nil, from peer: Peer) -> Refusal {
        var refusal = Refusal(
            code: error.code, status: error.isTransient ? 503 : 403, summary(head, peer),
            message: redaction.masked(error.description), remedy: error.remedy)
        if error.isTransient { refusal.fields = [("Retry-After", "5")] }
        return refusal
    }

    /// The endpoint wants a token with the handshake, and there is none: 401.
    ///
    /// - Parameter places: where it was looked for, in words.
    public func tokenMissing(_ head: RequestHead?, from peer: Peer, places: [String]) -> Refusal {
        var refusal = Refusal(
            .tokenMissing, summary(head, peer), message: "the handshake carries no token",
            remedy: "send a token " + places.joined(separator: ", or ") + "; 'sockeye token mint' makes one")
        refusal.fields = [("WWW-Authenticate", "Bearer")]
        return refusal
    }

    /// A request for server-sent events that names no usable topics: 400.
    func badEvents(_ error: SockeyeError, _ head: RequestHead, from peer: Peer) -> Refusal {
        Refusal(
            .eventTopics, summary(head, peer), message: redaction.masked(error.description),
            remedy: "\(error.remedy); each topic is a parameter of its own: ?topic=a&topic=b")
    }

    /// The path names another user than the token: 403.
    public func otherUsersPath(_ head: RequestHead, from peer: Peer) -> Refusal {
        Refusal(
            .pathUser, summary(head, peer), message: "the path names another user than the token",
            remedy: "dial the path of the token's own user")
    }

    /// The team's backend does not let this user in: 403.
    public func denied(_ code: String?, _ message: String?, _ head: RequestHead?, from peer: Peer) -> Refusal
    {
        let words = message.map { PlainText.line($0, redaction) } ?? "the backend said no"
        return Refusal(
            .denied, summary(head, peer), message: code.map { "\(words) (\($0))" } ?? words,
            remedy: "ask whoever runs the application; its webhook for connect decided")
    }

    /// The backend that decides who comes in could not be asked: 503.
    public func backendUnavailable(_ head: RequestHead?, from peer: Peer) -> Refusal {
        var refusal = Refusal(
            .backendUnavailable, summary(head, peer),
            message: "the backend that decides who may connect could not be asked",
            remedy: "connect again in a few seconds; the server's log tells more")
        refusal.fields = [("Retry-After", "5")]
        return refusal
    }

    /// As many connections are open as may be: 503.
    public func tooManyConnections(limit: Int, from peer: Peer) -> Refusal {
        var refusal = Refusal(
            .tooManyConnections, summary(nil, peer),
            message: "all \(limit) connections this server allows are taken",
            remedy:
                "try again later; whoever runs the server may raise limits.connections and the limit of open files"
        )
        refusal.fields = [("Retry-After", "10")]
        return refusal
    }

    /// One address, or one user, opens connections too often: 429.
    func tooFast(_ excess: Connection.Excess, _ head: RequestHead, from peer: Peer) -> Refusal {
        var refusal = Refusal(
            .tooFast, summary(head, peer),
            message: "too many connections at once of one \(excess.subject.rawValue)",
            remedy:
                "connect again in \(excess.seconds) s; whoever runs the server sets the limit ([[rate]])")
        refusal.fields = [("Retry-After", "\(excess.seconds)")]
        return refusal
    }

    /// The server is being stopped: 503.
    public func stopping(_ head: RequestHead?, from peer: Peer) -> Refusal {
        var refusal = Refusal(
            .stopping, summary(head, peer), message: "the server is being stopped",
            remedy: "connect again in a few seconds, at a random moment")
        refusal.fields = [("Retry-After", "5")]
        return refusal
    }

    /// The head was not whole in time: 408.
    public func timeout(_ limit: Duration, from peer: Peer) -> Refusal {
        Refusal(
            .timeout, summary(nil, peer), message: "the request did not arrive within \(limit.text)",
            remedy: "send the whole request at once; a port check that sends nothing may be ignored")
    }

    /// The bytes are no request: the HTTP parser's own code and words, or what they are instead.
    ///
    /// - Parameter bytes: what arrived, to recognise other protocols; a few are enough.
    public func malformed(_ error: HTTPError, _ bytes: UnsafeRawBufferPointer, from peer: Peer) -> Refusal {
        if case .notHTTP(0x16) = error { return tlsOnPlainPort(from: peer) }
        if TLSSniff.classify(bytes) == .proxyProtocol {
            return Refusal(
                .proxyProtocol, summary(nil, peer),
                message: "the peer sent a PROXY protocol header, which this listener does not expect",
                remedy:
                    "switch proxy_protocol on here, or off at the proxy (nginx stream: proxy_protocol; HAProxy: send-proxy)"
            )
        }
        return Refusal(
            code: error.code, status: error.status, summary(nil, peer),
            message: PlainText.line(error.description, redaction), remedy: error.remedy)
    }

    /// No PROXY protocol header came first, where one must: nothing is answered.
    ///
    /// - Parameter why: what is wrong with what came instead.
    func proxyHeaderRefused(_ why: String, from peer: Peer) -> Refusal {
        Refusal(
            .proxyHeader, summary(nil, peer), message: "no valid PROXY protocol header: \(why)",
            remedy:
                "let the proxy send the header (nginx stream: proxy_protocol on; HAProxy: send-proxy), or switch proxy_protocol off here"
        )
    }

    /// TLS came to the plain port.
    ///
    /// No HTTP can be answered: send `TLSSniff.plainPortAlert` and close.
    public func tlsOnPlainPort(from peer: Peer) -> Refusal {
        Refusal(
            .tlsOnPlainPort, summary(nil, peer),
            message: "TLS arrived on \(peer.listener), which speaks plain HTTP",
            remedy:
                "dial ws:// or http://; or give the server a certificate (tls.cert, tls.key); a proxy that ends TLS itself passes on by "
                + "http:// (nginx: proxy_pass http://…)")
    }

    /// Plain HTTP came to the TLS port: 400, sent in plain.
    public func plainOnTLSPort(from peer: Peer) -> Refusal {
        Refusal(
            .plainOnTLSPort, summary(nil, peer),
            message: "plain HTTP arrived on \(peer.listener), which speaks TLS",
            remedy:
                "dial wss:// or https://; a proxy in front passes on by https:// (nginx: proxy_pass https://…), or let it "
                + "end TLS and this server listen without a certificate")
    }
}
