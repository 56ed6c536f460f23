import Configuration
import Outgoing
import PubSub
import SocketIOWire

/// A namespace of Socket.IO, as configured.
final class EventNamespace: Sendable {
    /// Its place among all namespaces of all endpoints: each loop has a hub for each.
    let number: Int
    let name: String
    /// The name as packets have it.
    let octets: [UInt8]
    /// Whether nobody is asked for a token.
    let isOpen: Bool
    let rights: TopicRights
    /// The topic that every socket hears.
    let topic: String
    let greeting: String?
    let greetsWithAuth: Bool
    /// How long after it was told that it is connected a client is greeted, in nanoseconds.
    let greetingDelay: UInt64
    /// The event that a message becomes which is none, as JSON text.
    let messageEvent: String
    let rules: [EventRule]
    /// The claims that templates of its rules ask for.
    let claims: [String]
    /// Whether sockets that were cut off may come back.
    let keepsState: Bool

    init(
        _ option: NamespaceOptions, number: Int, at endpoint: EndpointOptions, _ options: Options,
        over http: OutgoingHTTP?
    ) throws(ServeError) {
        self.number = number
        name = option.name
        octets = Array(option.name.utf8)
        isOpen = option.open
        do throws(RightsError) {
            rights = try options.rights(of: endpoint, in: option)
        } catch {
            throw .badEndpoint(endpoint.path, "the pattern \(error.pattern): \(error.error)")
        }
        topic = option.topic ?? option.name
        greeting = option.greeting
        greetsWithAuth = option.greetingData == .auth
        greetingDelay = option.greetingDelay.wholeNanoseconds
        messageEvent = option.messageEvent
        var rules: [EventRule] = []
        for event in options.events
        where (event.endpoint ?? endpoint.path) == endpoint.path
            && (event.namespace ?? option.name) == option.name
        {
            rules.append(try EventRule(event, over: http))
        }
        self.rules = rules
        claims = Array(Set(rules.flatMap(\.claims))).sorted()
        keepsState = endpoint.engine.recovery > .zero
    }
}

/// What all Socket.IO sessions of an endpoint have in common.
final class EventSpace: Sendable {
    let namespaces: [EventNamespace]
    let tokenPlaces: Endpoint.TokenPlaces
    /// The name of the token in `auth` and in the query.
    let tokenName: String
    let cookieName: String
    /// In nanoseconds.
    let connectTimeout: UInt64
    /// For how long the state of a socket is kept, in milliseconds; 0 for not at all.
    let recovery: Int64
    let limits: SocketDecoder.Limits
    /// Whether what a client came with is needed until it is connected at least.
    let asksForTokens: Bool
    let notifies: Bool

    /// - Parameter number: that of the first namespace.
    init(
        _ endpoint: EndpointOptions, from number: Int, _ options: Options, over http: OutgoingHTTP?
    ) throws(ServeError) {
        var namespaces: [EventNamespace] = []
        for option in options.namespaces(of: endpoint) {
            namespaces.append(
                try EventNamespace(
                    option, number: number + namespaces.count, at: endpoint, options, over: http))
        }
        self.namespaces = namespaces
        tokenPlaces = Endpoint.TokenPlaces(endpoint.authentication)
        tokenName = endpoint.queryName
        cookieName = endpoint.cookieName
        connectTimeout = endpoint.engine.connectTimeout.wholeNanoseconds
        recovery = Int64(clamping: endpoint.engine.recovery.wholeNanoseconds / 1_000_000)
        limits = SocketDecoder.Limits(
            attachments: endpoint.engine.attachments, attachmentBytes: endpoint.engine.maxPayload * 10)
        asksForTokens = namespaces.contains { !$0.isOpen }
        notifies = endpoint.notifications
    }

    /// The namespace that a packet names.
    func namespace(of packet: SocketPacket) -> EventNamespace? {
        namespaces.first { namespace in
            namespace.octets.withUnsafeBytes { packet.isIn($0) }
        }
    }
}
