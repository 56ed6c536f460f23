import EngineIOWire
import HTTPWire

/// Requests of Engine.IO that are turned away.
extension Admission {
    /// A request of the transport that fits neither the protocol nor the session.
    func engineRefused(_ error: EngineRefusal, _ head: RequestHead, from peer: Peer) -> Refusal {
        let (code, message): (RefusalCode, String) =
            switch error {
            case .unsupportedVersion(let version):
                (
                    .engineVersion,
                    version.isEmpty
                        ? "a request without EIO, which every Socket.IO client sends"
                        : "a Socket.IO client speaks Engine.IO \(PlainText.line(version)), and this server version 4"
                )
            case .unknownSession: (.engineSession, "no session has the id that the client sent")
            case .unknownTransport: (.engineTransport, "the transport asked for is not offered here")
            case .badHandshakeMethod: (.engineRequest, "a session is opened with GET")
            case .badRequest(let detail): (.engineRequest, "a bad request: \(detail.rawValue)")
            case .forbidden: (.origin, "the request is not allowed")
            }
        return Refusal(
            code: code.rawValue, status: error.status, summary(head, peer), message: message,
            remedy: error.remedy)
    }

    /// The body of a POST is longer than the endpoint takes.
    func payloadTooLarge(_ head: RequestHead, limit: Int, from peer: Peer) -> Refusal {
        Refusal(
            .enginePayload, summary(head, peer), message: "the body of a POST has more than \(limit) bytes",
            remedy: "send less at a time, or raise endpoint.max_payload")
    }
}
