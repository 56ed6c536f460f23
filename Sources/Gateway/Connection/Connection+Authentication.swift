import Bytes
import Configuration
import JSON
import PubSub
import Tokens
import WebSocketWire

// Tokens in messages: the first makes the session, a later one renews it, and each ends some day.
extension Connection {
    /// A token in a message: the first makes the session, a later one renews it.
    func authenticate(_ token: JSONString, id: UnsafeRawBufferPointer) {
        guard loop.shared.endpoints.endpoints[Int(endpoint)].tokenPlaces.contains(.message) else {
            return refuse(.authenticationElsewhere, id: id)
        }
        let token = token.string
        do throws(TokenError) {
            authenticated(.success(try loop.acceptance.verify(token, now: loop.unixTime)), id: id)
        } catch {
            if loop.shared.tokens.knowsMore(than: error) {
                return awaitIdentity(PresentedToken(text: token, refusal: error), id: [UInt8](id))
            }
            authenticated(.failure(error), id: id)
        }
    }

    /// What became of a token in a message.
    func authenticated(_ result: Result<Identity, TokenError>, id: UnsafeRawBufferPointer) {
        let endpoint = loop.shared.endpoints.endpoints[Int(endpoint)]
        do throws(TokenError) {
            let identity = try result.get()
            guard endpoint.admits(identity.user, pathValues) else {
                refuse(.wrongPathUser, id: id)
                if !session.isAuthenticated { close(.tokenRefused) }
                return
            }
            if !session.isAuthenticated, isAsked(.connect) {
                return askToConnect(identity, at: endpoint, [UInt8](id))
            }
            take(identity, at: endpoint, id)
        } catch {
            refuse(.token(error), id: id)
            loop.keep(loop.shared.admission.tokenRefused(error, from: origin))
            // A session that was renewed in vain lives on until its own token ends.
            if session.isAuthenticated { return }
            if error.isTransient {
                close(.tryAgainLater, reason: "the token could not be checked")
            } else {
                close(.tokenRefused)
            }
        }
    }

    /// Makes the session of a good token, or renews it.
    func take(_ identity: Identity, at endpoint: Endpoint, _ id: UnsafeRawBufferPointer) {
        let isNew = !session.isAuthenticated
        if isNew, loop.shared.limited.contains(.connect),
            let excess = userExcess(.connect, identity.user, at: Int(self.endpoint))
        {
            refuse(.rateLimited(excess.subject.rawValue, wait: excess.wait), id: id)
            return close(.tryAgainLater, reason: "too many connections at once")
        }
        guard begin(identity, at: endpoint) else { return refuse(.otherUser, id: id) }
        say {
            SockeyeEncoder.appendAuthenticated(
                user: identity.user, expiresAt: identity.expiresAt, id: id, to: $0)
        }
        authenticationDue = false
        beBackForToken()
        loop.shared.log.authenticated(self, identity)
        guard isNew else { return }
        subscribeFromTheStart()
        tell(.connect) { Self.describe(endpoint, pathValues, identity, to: &$0) }
    }

    /// The token will end soon: time for another.
    func warnOfEnd() {
        let end = session.expiresAt &- loop.acceptance.verifier.policy.leeway
        session.didWarn()
        say { SockeyeEncoder.appendTokenExpiring(at: end, to: $0) }
    }

    /// The token or its user was withdrawn: the client is told, and it is over.
    func withdraw(_ error: TokenError) {
        refuse(.token(error), id: UnsafeRawBufferPointer(start: nil, count: 0))
        close(.tokenRevoked)
    }
}
