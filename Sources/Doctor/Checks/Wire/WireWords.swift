import NginxRouting

/// What wire checks share.
extension Examination {
    /// Whether the configuration of a proxy on the way was handed over: then its own checks say which line does it, and the
    /// wire only confirms.
    var hasProxyFiles: Bool { nginx != nil || files.hops.contains { [.proxy, .balancer].contains($0.kind) } }

    /// Whether nginx answers the handshake by itself: then the line that does is known, and no wire need tell.
    var isAnsweredByNginx: Bool { nginx.map { $0.last.proxied == nil } ?? false }

    /// Whether the probes were sent elsewhere than a client of the URL would go.
    var isRedirected: Bool {
        guard let endpoint = probes?.path?.endpoint else { return false }
        return endpoint.dialledHost != endpoint.host || endpoint.dialledPort != endpoint.port
    }
}

extension Evidence {
    /// Something that came over the wire.
    static func seen(_ en: String, _ zh: String) -> Evidence { Evidence(.probe, Phrase(en: en, zh: zh)) }

    /// How programs and protocols work.
    static func known(_ en: String, _ zh: String) -> Evidence { Evidence(.knowledge, Phrase(en: en, zh: zh)) }

    /// The request and the answer of a handshake.
    static func handshake(_ attempt: HandshakeAttempt) -> Evidence {
        let path = attempt.request.target.pathOnly
        let words = attempt.words
        return .seen("WebSocket handshake for \(path): \(words.en)", "对 \(path) 的 WebSocket 握手：\(words.zh)")
    }
}

extension Fix {
    init(en: String, zh: String, patch: String? = nil) { self.init(Phrase(en: en, zh: zh), patch: patch) }
}
