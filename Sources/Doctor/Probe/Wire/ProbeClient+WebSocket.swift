import Bytes
import EventLoop
import HTTPWire
import Transport
import WebSocketWire

extension ProbeClient {
    /// What the deflate probes offer: windows kept, as browsers do.
    static let deflatePolicy = DeflatePolicy(mode: .contextTakeover)

    /// Asks for a WebSocket; when it is open the socket comes along, to be closed by the caller.
    func handshake(
        _ wanted: HandshakeRequest, within time: Duration? = nil
    ) async -> (attempt: HandshakeAttempt, socket: ProbeSocket?) {
        var random = SystemRandomNumberGenerator()
        let key = Handshake.key(from: (random.next(), random.next()))
        let offer = wanted.offersDeflate ? DeflateNegotiation.offer(policy: Self.deflatePolicy) : nil
        let request = request(for: wanted, key: key, extensions: offer)
        return await upgrade(request, wanted, key: key, offer: offer, within: time)
    }

    /// Sends a handshake that is made up already, and judges what comes back by `key`.
    func upgrade(
        _ request: ProbeRequest, _ wanted: HandshakeRequest, key: String, offer: String? = nil,
        within time: Duration? = nil
    ) async -> (attempt: HandshakeAttempt, socket: ProbeSocket?) {
        func refused(_ exchange: HTTPExchange) -> HandshakeAttempt {
            HandshakeAttempt(request: wanted, exchange: exchange, verdict: .refused)
        }
        switch await open() {
        case .failure(let fault):
            return (refused(HTTPExchange(request: request, outcome: fault.outcome)), nil)
        case .success(let stream):
            let (exchange, reader) = await converse(stream, request, within: time)
            guard let head = reader.head, head.status == 101 else {
                await stream.close()
                return (refused(exchange), nil)
            }
            let (verdict, deflate) = Self.judge(head, key: key, wanted: wanted, offer: offer)
            let attempt = HandshakeAttempt(request: wanted, exchange: exchange, verdict: verdict)
            guard attempt.isUpgraded else {
                await stream.close()
                return (attempt, nil)
            }
            let socket = ProbeSocket(
                stream, leftover: reader.leftover, deflate: deflate, policy: Self.deflatePolicy,
                openedAt: EventLoop.now())
            return (attempt, socket)
        }
    }

    /// The same, for probes that only want to know whether it opens.
    func attempt(_ wanted: HandshakeRequest, within time: Duration? = nil) async -> HandshakeAttempt {
        let (attempt, socket) = await handshake(wanted, within: time)
        await socket?.close()
        return attempt
    }

    /// The request in the order and spelling of a browser.
    private func request(for wanted: HandshakeRequest, key: String, extensions: String?) -> ProbeRequest {
        var fields = [
            WireField("Host", wanted.host ?? endpoint.authority), WireField("Connection", "Upgrade"),
            WireField("Pragma", "no-cache"), WireField("Cache-Control", "no-cache"),
            WireField("User-Agent", Self.userAgent), WireField("Upgrade", "websocket"),
        ]
        if let origin = wanted.origin { fields.append(WireField("Origin", origin)) }
        fields += [WireField("Sec-WebSocket-Version", "13"), WireField("Sec-WebSocket-Key", key)]
        if let extensions { fields.append(WireField("Sec-WebSocket-Extensions", extensions)) }
        if !wanted.subprotocols.isEmpty {
            fields.append(
                WireField("Sec-WebSocket-Protocol", wanted.subprotocols.joined(separator: ", ")))
        }
        let replaced = Set(wanted.fields.map { $0.name.lowercased() })
        fields.removeAll {
            wanted.leftOut.contains($0.name.lowercased()) || replaced.contains($0.name.lowercased())
        }
        var request = ProbeRequest("GET", wanted.target, fields: fields + wanted.fields)
        request.version = wanted.version
        return request
    }

    private static func judge(
        _ head: ResponseHead, key: String, wanted: HandshakeRequest, offer: String?
    ) -> (HandshakeAttempt.Verdict, DeflateParameters?) {
        let agreement: Handshake.Agreement
        do {
            agreement = try Handshake.verify(
                head, key: key, subprotocols: wanted.subprotocols, extensions: offer)
        } catch {
            return (.invalid(code: error.code, words: "\(error)"), nil)
        }
        var deflate: DeflateParameters?
        if let extensions = agreement.extensions {
            do {
                deflate = try DeflateNegotiation.confirm(response: extensions, offered: deflatePolicy)
            } catch {
                return (.invalid(code: error.code, words: "\(error)"), nil)
            }
        }
        return (.upgraded(subprotocol: agreement.subprotocol, deflate: deflate), deflate)
    }
}
