import Bytes
import Configuration
import HTTPWire
import PubSub
import Telemetry
import Tokens
import WebSocketWire

// Who may open a WebSocket, and how those who may not are told why.
extension Connection {
    /// What becomes of a request to an endpoint.
    enum Admitted {
        /// Without a handshake it is a request for server-sent events.
        case accepted(Handshake.Accepted?, Identity?, DeflateParameters?)
        /// The token is not known here, and somebody else is asked.
        case asked(AwaitedHandshake, PresentedToken)
        case refused(Refusal)
    }

    /// Checks a handshake: the protocol first, then where the page comes from, then who the user is.
    func admit(_ head: RequestHead, to index: Int) -> Admitted {
        let endpoint = loop.shared.endpoints.endpoints[index]
        let handshake: Handshake.Accepted
        switch loop.shared.admission.admit(head, from: origin) {
        case .refused(let refusal): return .refused(refusal)
        case .accepted(let accepted): handshake = accepted
        }
        loop.shared.lookForProxy(head, briefly: true)
        let deflate =
            endpoint.deflate.mode == .off
            ? nil : DeflateNegotiation.accept(offers: handshake.extensions, policy: endpoint.deflate)
        guard endpoint.dialect == .sockeye else { return .accepted(handshake, nil, deflate) }
        return admit(head, handshake, endpoint, index, deflate: deflate)
    }

    /// Checks who the user is.
    ///
    /// - Parameter handshake: nil for a request that wants server-sent events.
    func admit(
        _ head: RequestHead, _ handshake: Handshake.Accepted?, _ endpoint: Endpoint, _ index: Int,
        deflate: DeflateParameters?
    ) -> Admitted {
        let presented = presentedToken(head, handshake, endpoint)
        loop.shared.log.presented(presented, self, head, endpoint)
        guard let token = presented else {
            if handshake != nil, endpoint.tokenPlaces.contains(.message) {
                return .accepted(handshake, nil, deflate)
            }
            return .refused(
                loop.shared.admission.tokenMissing(head, from: origin, places: endpoint.tokenPlaceWords))
        }
        do throws(TokenError) {
            let identity = try loop.acceptance.verify(token, now: loop.unixTime)
            guard endpoint.admits(identity.user, endpoint.pattern.values(in: head.path)) else {
                return .refused(loop.shared.admission.otherUsersPath(head, from: origin))
            }
            if loop.shared.limited.contains(.connect),
                let excess = userExcess(.connect, identity.user, at: index)
            {
                return .refused(loop.shared.admission.tooFast(excess, head, from: origin))
            }
            return .accepted(handshake, identity, deflate)
        } catch {
            if loop.shared.tokens.knowsMore(than: error) {
                return .asked(
                    AwaitedHandshake(handshake: handshake, endpoint: index, deflate: deflate),
                    PresentedToken(text: token, refusal: error))
            }
            return .refused(loop.shared.admission.tokenRefused(error, head, from: origin))
        }
    }

    /// The token a handshake carries, from the first of the allowed places that has one; nil when none has.
    private func presentedToken(
        _ head: RequestHead, _ handshake: Handshake.Accepted?, _ endpoint: Endpoint
    ) -> String? {
        if endpoint.tokenPlaces.contains(.query), let token = head.query(endpoint.tokenParameter) {
            return token
        }
        if endpoint.tokenPlaces.contains(.header),
            let token = head.fields["Authorization"].flatMap(Self.bearer)
        {
            return token
        }
        if endpoint.tokenPlaces.contains(.cookie),
            let token = Self.cookie(endpoint.cookieName, in: head.fields)
        {
            return token
        }
        if endpoint.tokenPlaces.contains(.subprotocol), let handshake {
            return handshake.offeredProtocols.first { $0.hasPrefix(Self.tokenProtocol) }
                .map { String($0.dropFirst(Self.tokenProtocol.count)) }
        }
        return nil
    }

    /// The value of a cookie (RFC 6265 §4.2.1), nil where there is none of that name or it is empty.
    static func cookie(_ name: String, in fields: Fields) -> String? {
        for field in fields.values(of: "cookie") {
            for pair in field.split(separator: ";") {
                let pair = pair.drop { $0 == " " }
                guard let equals = pair.firstIndex(of: "="), pair[..<equals].utf8.elementsEqual(name.utf8)
                else { continue }
                var value = pair[pair.index(after: equals)...]
                if value.count > 1, value.hasPrefix("\""), value.hasSuffix("\"") {
                    value = value.dropFirst().dropLast()
                }
                if !value.isEmpty { return String(value) }
            }
        }
        return nil
    }

    private static let tokenProtocol = "sockeye.token."
}

extension Endpoint {
    /// The places a token may stand, in words, for who has none.
    fileprivate var tokenPlaceWords: [String] {
        var words: [String] = []
        if tokenPlaces.contains(.query) { words.append("as ?\(tokenParameter)=TOKEN") }
        if tokenPlaces.contains(.header) { words.append("as Authorization: Bearer TOKEN") }
        if tokenPlaces.contains(.subprotocol) {
            words.append("as subprotocol sockeye.token.TOKEN beside sockeye")
        }
        if tokenPlaces.contains(.cookie) { words.append("in the cookie \(cookieName)") }
        return words
    }
}
