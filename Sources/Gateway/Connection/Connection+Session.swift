import Configuration
import PubSub
import Telemetry
import Tokens

// From a verified token to a session at an endpoint.
extension Connection {
    /// Takes an identity on, with what the endpoint's rights want to know of it.
    ///
    /// - Returns: false when the session belongs to somebody else.
    func begin(_ identity: Identity, at endpoint: Endpoint) -> Bool {
        let values = pathValues
        let rights = endpoint.rights.session(user: identity.user) { placeholder in
            switch placeholder {
            case .user: identity.user
            case .claim(let name): identity.claim(name)
            case .parameter(let name): values?[name]
            }
        }
        guard
            session.authenticate(
                identity, rights, leeway: loop.acceptance.verifier.policy.leeway,
                warning: loop.shared.limits.tokenWarning, now: loop.unixTime)
        else { return false }
        if loop.shared.keepsClaims { claims = identity.claims }
        return true
    }

    /// Subscribes a new session to what its endpoint gives everybody, each told like a subscription that was asked for.
    func subscribeFromTheStart() {
        // Behind the subscriptions, whatever becomes of them.
        defer { loop.welcome(self) }
        let endpoint = loop.shared.endpoints.endpoints[Int(endpoint)]
        for expansion in endpoint.rights.autoSubscriptions(for: session.rights) {
            switch expansion {
            case .topic(let name): subscribe(to: name, SubscribeWish(), [], isAutomatic: true)
            case .refused(let template, let reason):
                loop.shared.log.log(
                    .debug, "auto-subscription-skipped", "\(template): \(reason)",
                    ["connection": "\(token)", "user": "\(session.user)"])
            }
        }
    }
}

extension Endpoint {
    /// Whether a user may come in by a path with these values.
    func admits(_ user: String, _ values: [String: String]?) -> Bool {
        guard let userParameter else { return true }
        // By octets: names that only look the same are different users.
        return values?[userParameter].map { $0.utf8.elementsEqual(user.utf8) } ?? false
    }
}
