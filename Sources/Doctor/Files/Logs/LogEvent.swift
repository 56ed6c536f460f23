/// A line of a log that means something, with how often its like stands there.
package struct LogEvent: Equatable, Sendable {
    /// What happened, whoever logged it.
    package enum Kind: String, CaseIterable, Sendable {
        case apacheNoHandler
        case audienceRefused
        case certificateOfUpstream
        case certificateRefused
        case certificateRequired
        case connected
        case connectionRefused
        case edgeWithoutHost
        case firewallDenied
        case firewallDropped
        case firstMessageRefused
        case handshakeRejected
        case headerLineInvalid
        case headerLineTooLong
        case hostNotFound
        case hostRefused
        /// The backend misses a field of the handshake that every client sends.
        case handshakeFieldMissing
        case idleCut
        case issuerRefused
        case limitConnections
        case limitRequests
        case mapNotAllowed
        case namespaceUnknown
        case noRoute
        case noWebSocketLibrary
        case originRefused
        case outOfConnections
        case permissionDenied
        case plainToTLS
        case protocolTooOld
        case proxyHeaderBroken
        case proxyLineReceived
        /// HAProxy: the request waited in the queue of a full server until its time was over.
        case queueTimedOut
        /// Connections end at the same age again and again.
        case regularEnd
        case reservedBits
        case responseHeaderTooBig
        case serverNameUnknown
        case sessionUnknown
        case signatureRefused
        case subprotocolRefused
        case tlsToPlain
        case tokenExpired
        case tokenMalformed
        case tokenMissing
        case tokenNotYetValid
        /// The token is quoted with the word of a scheme before it.
        case tokenPrefixed
        case tokenSpaced
        case tokenTypeRefused
        case unsupportedEngineVersion
        case unsupportedUpgrade
        case upgradeMissing
        case upgradeOverHTTP2
        /// The backend closed before it answered.
        case upstreamReset
        case upstreamTimedOut
        case variableUnknown
    }

    package let kind: Kind
    /// The first such line, secrets masked, at most 240 characters.
    package let excerpt: String
    /// The address of the backend the line names: `http://172.19.0.7:4402/mcp/ws`.
    package let upstream: String?
    /// An origin or a host the line names, as written.
    package let value: String?
    /// What the server would accept, as the line names it.
    package let accepted: String?
    /// The path of the request the line names.
    package let path: String?
    /// The age at which a connection was cut, in seconds.
    package let seconds: Double?
    /// How many such lines there are, at least 1.
    package var count: Int
    package let place: FilePlace
}

/// Requests of one method, path and status in access logs.
package struct AccessGroup: Equatable, Sendable {
    package let method: String
    /// Without its query.
    package let path: String
    package let status: Int
    /// `HTTP/1.1`; empty: not told.
    package let version: String
    /// The query of the first one, secrets masked.
    package let query: String
    package var count: Int
    /// The first one.
    package let place: FilePlace

    /// Whether the answer says that nobody has this path: 404, or the 403 by which ASGI servers answer a handshake of no route.
    package var isOfNoRoute: Bool { status == 404 || status == 403 && method == "WebSocket" }
}

extension FileEvidence {
    /// Events of these kinds.
    package func events(_ kinds: LogEvent.Kind...) -> [LogEvent] {
        logEvents.filter { kinds.contains($0.kind) }
    }
}
