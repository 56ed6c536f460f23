import Bytes
import Configuration
import JSON
import PubSub
import Tokens
import WebSocketWire

// Commands about which a backend is asked first: what it is told, and what becomes of the command when it has decided.
extension Connection {
    func askToPublish(_ topic: String, _ data: [UInt8], _ key: [UInt8]?, _ id: [UInt8]) {
        ask(.publish, user: session.user) { object in
            object.member("topic", topic)
            data.withUnsafeBytes { object.member("data", raw: $0) }
        } then: { connection, decision in
            var data = data
            if case .allowed(let wishes) = decision, let replacement = wishes.data { data = replacement }
            let limit = connection.loop.shared.limits.publishLimit
            id.withUnsafeBytes { id in
                if let error = SockeyeError(decision) { return connection.refuse(error, id: id) }
                guard data.count <= limit else {
                    return connection.refuse(.dataTooLong(count: data.count, limit: limit), id: id)
                }
                data.withUnsafeBytes { connection.publish(topic, $0, key, id) }
            }
        }
    }

    func askToSubscribe(_ topic: String, _ wish: SubscribeWish, _ id: [UInt8]) {
        ask(.subscribe, user: session.user) {
            $0.member("topic", topic)
        } then: { connection, decision in
            if let error = SockeyeError(decision) {
                id.withUnsafeBytes { connection.refuse(error, id: $0) }
            } else {
                connection.subscribe(to: topic, wish, id)
            }
            if connection.eventStream != nil { connection.subscribeMore() }
        }
    }

    func askToConnect(_ identity: Identity, at endpoint: Endpoint, _ id: [UInt8]) {
        ask(.connect, user: identity.user) {
            Self.describe(endpoint, pathValues, identity, to: &$0)
        } then: { connection, decision in
            id.withUnsafeBytes { id in
                if let error = SockeyeError(decision) {
                    connection.refuse(error, id: id)
                    if error != .backendUnavailable { return connection.close(.denied) }
                    return connection.close(.tryAgainLater, reason: "the backend could not be asked")
                }
                // Something may have been withdrawn while the backend thought.
                if case .failure(let error) = connection.loop.confirmed(.success(identity)) {
                    return connection.authenticated(.failure(error), id: id)
                }
                connection.take(identity, at: endpoint, id)
                connection.subscribe(decision)
            }
        }
    }
}

extension SockeyeError {
    /// Why a backend's decision forbids it; nil when it does not.
    init?(_ decision: Decision) {
        switch decision {
        case .allowed, .unknown(_, _, isAllowed: true): return nil
        case .denied(let code, let message): self = .denied(code: code, message: message)
        case .unknown: self = .backendUnavailable
        }
    }
}
