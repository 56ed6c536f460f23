package import Transport

/// What the backend's own address said to handshakes as the proxy sends them, and to some that differ in one thing.
package struct BackendEvidence: Sendable {
    /// As the proxy dials it: `127.0.0.1:8000`.
    package let address: String
    /// The addresses of that name that take connections, and those that do not.
    package var reachable: [SocketAddress] = []
    package var unreachable: [SocketAddress] = []
    /// What the port speaks, when it is not what the proxy speaks to it.
    package var speech: PortSpeech?
    /// Whether it answers only without the PROXY line that the proxy sends ahead.
    package var isPrefaceRefused = false
    /// Why it could not be connected to; nil: it could.
    package var fault: ConnectFault?
    /// The handshake as the proxy would send it.
    package var asSent: HandshakeAttempt?
    /// Each change alone, and what came of it.
    package var changes: [(change: BackendChange, attempt: HandshakeAttempt)] = []
    /// All that a right proxy would send, together.
    package var asBrowser: HandshakeAttempt?

    package init(address: String) { self.address = address }

    /// Whether the handshake works with this change and fails without.
    package func isMended(by change: BackendChange) -> Bool {
        asSent?.isUpgraded == false && changes.contains { $0.change == change && $0.attempt.isUpgraded }
    }

    /// The changes that mend it alone.
    package var remedies: [BackendChange] { BackendChange.allCases.filter(isMended) }
}

/// One thing in which a handshake differs from what the proxy sends.
package enum BackendChange: String, CaseIterable, Hashable, Sendable {
    /// `Upgrade: websocket` and `Connection: upgrade` are there.
    case upgradeFields
    /// HTTP/1.1 instead of 1.0.
    case http11
    /// Both.
    case upgradeFieldsAndHTTP11
    /// The public name and port as Host.
    case publicHost
    /// Path and query as the client sends them.
    case publicPath
    /// Origin as if the page lay on the backend itself.
    case ownOrigin
    /// No Origin.
    case withoutOrigin
    /// `X-Forwarded-Proto` as the public scheme is.
    case forwardedProto
    /// Names of fields as browsers spell them: `Sec-WebSocket-Key`.
    case spelling

    /// In half a line: what was changed.
    package var words: Phrase {
        switch self {
        case .upgradeFields: Phrase(en: "with Upgrade and Connection", zh: "带上 Upgrade 和 Connection")
        case .http11: Phrase(en: "as HTTP/1.1", zh: "使用 HTTP/1.1")
        case .upgradeFieldsAndHTTP11:
            Phrase(en: "as HTTP/1.1 with Upgrade and Connection", zh: "使用 HTTP/1.1 并带上 Upgrade 和 Connection")
        case .publicHost: Phrase(en: "with the public name as Host", zh: "以公开主机名作为 Host")
        case .publicPath: Phrase(en: "with the path as the client sends it", zh: "使用客户端原本的路径")
        case .ownOrigin: Phrase(en: "with its own address as Origin", zh: "以自身地址作为 Origin")
        case .withoutOrigin: Phrase(en: "without Origin", zh: "不带 Origin")
        case .forwardedProto: Phrase(en: "with X-Forwarded-Proto", zh: "带上 X-Forwarded-Proto")
        case .spelling:
            Phrase(en: "with field names as browsers spell them", zh: "使用浏览器的字段名大小写")
        }
    }
}
