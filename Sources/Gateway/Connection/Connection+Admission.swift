import Bytes
import HTTPWire
import PubSub
import Synchronization
import Telemetry
import Tokens
import Transport
import WebSocketWire

// Who may open a WebSocket, and how those who may not are told why.
extension Connection {
    /// What becomes of a request to an endpoint.
    enum Admission {
        case accepted(Handshake.Accepted, Identity?, DeflateParameters?)
        case refused(Refusal)
    }

    /// Checks a handshake: the protocol first, then where the page comes from, then who the user is.
    func admit(_ head: RequestHead, to index: Int, parameters: [String: String]) -> Admission {
        let endpoint = loop.shared.endpoints.endpoints[index]
        guard case .accepted(let handshake) = Handshake.validate(head) else {
            return .refused(loop.shared.diagnose(head, self))
        }
        if let refusal = loop.shared.originRefusal(handshake.origin, head, self) { return .refused(refusal) }
        let deflate = endpoint.deflate.mode == .off
            ? nil : DeflateNegotiation.accept(offers: handshake.extensions, policy: endpoint.deflate)
        guard endpoint.dialect == .sockeye, let token = presentedToken(head, handshake, endpoint) else {
            return .accepted(handshake, nil, deflate)
        }
        do throws(TokenError) {
            return .accepted(handshake, try loop.shared.verifier.verify(token, now: loop.unixTime), deflate)
        } catch {
            return .refused(loop.shared.tokenRefusal(error, head, self))
        }
    }

    /// The token a handshake carries, from the first of the allowed places that has one; nil when none has.
    private func presentedToken(
        _ head: RequestHead, _ handshake: Handshake.Accepted, _ endpoint: Endpoint
    ) -> String? {
        if endpoint.tokenPlaces.contains(.query), let token = head.query(endpoint.tokenParameter) { return token }
        if endpoint.tokenPlaces.contains(.header), let token = head.fields["Authorization"].flatMap(Self.bearer) {
            return token
        }
        if endpoint.tokenPlaces.contains(.subprotocol) {
            return handshake.offeredProtocols.first { $0.hasPrefix(Self.tokenProtocol) }
                .map { String($0.dropFirst(Self.tokenProtocol.count)) }
        }
        return nil
    }

    // MARK: Refusing

    /// Answers with the diagnosis, logs it in one line, and keeps it for the operator.
    func refuse(_ refusal: Refusal, _ head: RequestHead) {
        loop.shared.keep(refusal, at: loop.unixMilliseconds)
        respond(Response(refusal), to: head)
    }

    /// A request that is not HTTP, or not within the limits: nothing after it can be understood.
    func refuse(_ error: HTTPError) {
        let body = #"{"code":"\#(error.code)","message":"\#(error.description.jsonEscaped)","remedy":"\#(error.remedy.jsonEscaped)"}"#
        loop.shared.log.log(
            .warning, "request-refused", error.description, ["code": "\(error.code)", "peer": "\(peer)"])
        ResponseWriter.append(
            status: error.status, fields: [("Content-Type", "application/json")], body: Array(body.utf8),
            keepAlive: false, omitBody: false, to: loop.reply)
        flushReplyNow()
        endAfterFlush()
    }

    /// A TLS client dialled a plain port: the one answer it understands is an alert.
    func becomeTLSOnPlainPort() {
        loop.shared.keep(loop.shared.transportRefusal(.tlsOnPlainPort, self), at: loop.unixMilliseconds)
        TLSSniff.plainPortAlert.withUnsafeBytes { emit($0) }
        endAfterFlush()
    }

    /// A plain HTTP client dialled a TLS port: it is answered in plain HTTP, once.
    func becomePlainOnTLSPort() {
        socket.waitForAtLeast(1)
        let refusal = loop.shared.transportRefusal(.plainOnTLSPort, self)
        loop.shared.keep(refusal, at: loop.unixMilliseconds)
        let response = Response(refusal)
        ResponseWriter.append(
            status: response.status, fields: response.fields, body: response.body, keepAlive: false, omitBody: false,
            to: loop.reply)
        flushReplyNow()
        endAfterFlush()
    }

    private static let tokenProtocol = "sockeye.token."
}
