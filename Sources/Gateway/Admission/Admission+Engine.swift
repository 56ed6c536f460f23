import EngineIOWire
import HTTPWire

/// A namespace of Socket.IO and the path of its endpoint.
public struct SocketPlace: Sendable, Equatable {
    /// With its slash; never `/` alone.
    let namespace: String
    let path: String

    /// Whether a path is this namespace, mistaken for one: `/im`, `/im/` or `/im/socket.io`.
    func isDialled(by requested: String) -> Bool {
        let bare = requested.count > 1 && requested.hasSuffix("/") ? String(requested.dropLast()) : requested
        return bare == namespace || bare == namespace + path
    }
}

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

    /// A client wants to be connected to a namespace that there is not.
    func namespaceUnknown(_ name: String, among names: [String], _ head: RequestHead?, from peer: Peer)
        -> Refusal
    {
        Refusal(
            .namespaceUnknown, summary(head, peer),
            message: "there is no namespace '\(PlainText.line(name))' at this endpoint; there is "
                + names.joined(separator: ", "),
            remedy: "dial one of them, or configure it ([[namespace]])")
    }

    /// No endpoint has the path of this request, for it is the name of a namespace: 404.
    func namespaceAsPath(_ head: RequestHead, _ place: SocketPlace, from peer: Peer) -> Refusal {
        Refusal(
            .namespaceAsPath, summary(head, peer),
            message:
                "'\(place.namespace)' is a namespace of Socket.IO, not a path: Socket.IO is at '\(place.path)/'",
            remedy:
                "call io(\"https://HOST\(place.namespace)\") and leave the option path as it is; a proxy passes on "
                + "location \(place.path)/, and needs none for \(place.namespace)")
    }

    /// A client opened a session and connected to no namespace in time.
    func connectMissing(_ head: RequestHead?, from peer: Peer) -> Refusal {
        Refusal(
            .connectMissing, summary(head, peer),
            message: "a client opened a session and did not connect to any namespace",
            remedy:
                "use a Socket.IO client, which connects by itself; a bare Engine.IO or WebSocket client must send '40' first"
        )
    }

    /// The body of a POST is longer than the endpoint takes.
    func payloadTooLarge(_ head: RequestHead, limit: Int, from peer: Peer) -> Refusal {
        Refusal(
            .enginePayload, summary(head, peer), message: "the body of a POST has more than \(limit) bytes",
            remedy: "send less at a time, or raise endpoint.max_payload")
    }
}
