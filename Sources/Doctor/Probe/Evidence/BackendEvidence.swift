/// What the backend's own address said to handshakes as the proxy sends them, and to some that differ in one thing.
package struct BackendEvidence: Sendable {
    /// Where it is: `127.0.0.1:8000`.
    package let address: String
    /// What the port speaks, when it is not what the proxy speaks to it.
    package var speech: PortSpeech?
    /// Why it could not be connected to; nil: it could.
    package var fault: ConnectFault?
    /// The handshake as the proxy would send it.
    package var asSent: HandshakeAttempt?
    /// Each change alone, and what came of it.
    package var changes: [(change: BackendChange, attempt: HandshakeAttempt)] = []
    /// All changes of the handshake's own fields together.
    package var asBrowser: HandshakeAttempt?

    package init(address: String) { self.address = address }

    /// Whether the handshake works with this change and fails without.
    package func isMended(by change: BackendChange) -> Bool {
        asSent?.isUpgraded == false && changes.contains { $0.change == change && $0.attempt.isUpgraded }
    }
}

/// One thing in which a handshake differs from what the proxy sends.
package enum BackendChange: String, CaseIterable, Hashable, Sendable {
    /// `Upgrade: websocket` and `Connection: Upgrade` are there.
    case upgradeFields
    /// HTTP/1.1 instead of 1.0.
    case http11
    /// Both.
    case upgradeFieldsAndHTTP11
    /// The public name and port as Host.
    case publicHost
    /// The path as the client sends it.
    case publicPath
    /// Origin as if the page lay on the backend itself.
    case ownOrigin
    /// No Origin.
    case withoutOrigin
    /// `X-Forwarded-Proto` as the public scheme is.
    case forwardedProto
}
