import Configuration
public import HTTPWire
public import Telemetry
import Transport

/// Decides whether a request may become a WebSocket, and explains it when it may not.
///
/// Pure: it reads the request and the configuration, and what it finds goes out as a value. Made once, used by all loops.
public struct Admission: Sendable {
    let paths: [String]
    private let origins: OriginPolicy
    let redaction: Redaction
    let namespaces: [SocketPlace]

    /// An admission for endpoints with these path patterns, such as `/ws/{user}`.
    ///
    /// - Parameters:
    ///   - redaction: masks what is kept of a request; give it the query names of the endpoints.
    ///   - namespaces: of Socket.IO, with the paths of their endpoints: they are dialled as if they were paths.
    public init(
        paths: [String], origins: OriginPolicy, redaction: Redaction = Redaction(),
        namespaces: [SocketPlace] = []
    ) {
        self.paths = paths
        self.namespaces = namespaces
        self.origins = origins
        self.redaction = redaction
    }

    /// What became of a request.
    public enum Verdict: Sendable {
        case accepted(Handshake.Accepted)
        case refused(Refusal)
    }

    /// Judges a request for an endpoint: method, handshake, origin, in this order.
    ///
    /// Tokens are judged later.
    ///
    /// Costs no allocation for a client without Origin whose handshake is right; `peer` is then not evaluated.
    ///
    /// - Parameter judgingOrigin: false where the endpoint has rules of its own for origins.
    public func admit(
        _ head: RequestHead, from peer: @autoclosure () -> Peer, judgingOrigin: Bool = true
    ) -> Verdict {
        if head.method != .get { return .refused(methodRefused(head, peer())) }
        switch Handshake.validate(head) {
        case .refused(let refusals): return .refused(handshakeRefused(head, refusals, peer()))
        case .accepted(let accepted):
            guard judgingOrigin, head.fields.contains("origin") else { return .accepted(accepted) }
            switch origins.judge(head.fields.values(of: "origin")) {
            case .allowed: return .accepted(accepted)
            case .refused(let inputs): return .refused(originRefused(head, inputs, from: peer()))
            }
        }
    }

    /// Why a page of this origin may not connect; nil when it may, and without Origin.
    func judgeOrigin(of head: RequestHead, from peer: @autoclosure () -> Peer) -> Refusal? {
        guard head.fields.contains("origin"),
            case .refused(let inputs) = origins.judge(head.fields.values(of: "origin"))
        else { return nil }
        return originRefused(head, inputs, from: peer())
    }

    /// What is to be said of the page a request comes from.
    func judgeOrigin(of head: RequestHead) -> OriginPolicy.Verdict {
        origins.judge(head.fields.values(of: "origin"))
    }

    /// Whether a page of this origin may connect; true without Origin.
    ///
    /// For the answers to its other requests.
    public func allowsOrigin(of head: RequestHead) -> Bool {
        origins.judge(head.fields.values(of: "origin")) == .allowed
    }
}

extension Admission {
    private func methodRefused(_ head: RequestHead, _ peer: Peer) -> Refusal {
        let name = PlainText.line(head.method.name, limit: 32)
        var refusal = Refusal(
            .method, summary(head, peer),
            message: "\(name) is not possible here: a WebSocket is opened with GET",
            remedy: "use GET, or another path if this was meant for the HTTP API")
        refusal.fields = [("Allow", "GET")]
        return refusal
    }

    private func handshakeRefused(_ head: RequestHead, _ refusals: [Handshake.Refusal], _ peer: Peer)
        -> Refusal
    {
        let diagnosis = HandshakeDiagnosis(head: head, refusals: refusals)
        let code = diagnosis.code
        let trace = HandshakeDiagnosis.isHopsFault(code) ? HopTrace(head, redaction: redaction) : nil
        var refusal = Refusal(
            code, summary(head, peer), message: diagnosis.message(code),
            remedy: trace?.onlyProduct?.remedy ?? diagnosis.remedy(code))
        refusal.missing = diagnosis.missing
        refusal.problems = diagnosis.problems
        if let trace {
            refusal.blame(trace)
        } else if code == .noUpgrade {
            refusal.nginx = HandshakeDiagnosis.nginxLines
        }
        return refusal
    }

    func originRefused(_ head: RequestHead, _ inputs: OriginInputs, from peer: Peer) -> Refusal {
        var refusal = Refusal(
            .origin, summary(head, peer), message: "pages from '\(inputs.received)' may not connect",
            remedy: OriginAdvice.remedy(inputs))
        refusal.origin = inputs
        return refusal
    }

    func summary(_ head: RequestHead?, _ peer: Peer) -> RequestSummary {
        var summary = RequestSummary(peer)
        guard let head else { return summary }
        func text(_ name: String) -> String? {
            head.fields[name].map { PlainText.line($0, redaction) }
        }
        summary.method = PlainText.line(head.method.name, limit: 32)
        summary.target = PlainText.line(head.target, redaction, limit: 300)
        summary.version = head.version.description
        summary.host = text("host")
        summary.origin = text("origin")
        summary.userAgent = text("user-agent")
        let client = head.fields.elements(of: "x-forwarded-for").first ?? head.fields["x-real-ip"]
        summary.forwardedFor = client.map { PlainText.line($0, redaction, limit: 64) }
        summary.requestID = text("x-request-id")
        return summary
    }
}
