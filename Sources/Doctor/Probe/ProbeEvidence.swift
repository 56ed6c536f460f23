import Transport

/// What the probes saw.
package struct ProbeEvidence: Testimony, Sendable {
    /// What was seen from outside, with the sentence that says so.
    package var symptoms: [Symptom: Evidence] = [:]
    /// The public path.
    package var path: HopEvidence?
    /// The hops of `--hop`, in the order given: from the backend outward.
    package var inner: [HopEvidence] = []
    /// The backend's own address, where a file tells it and it can be reached from here: handshakes that differ from what the proxy
    /// sends in one thing each.
    package var backend: BackendEvidence?
    /// Where the path breaks, when several hops were asked.
    package var comparison: HopComparison?

    package init() {}

    package var hops: [Hop] {
        var all: [Hop] = []
        if let network = (path?.handshake?.exchange.answer ?? path?.page?.answer)?.network {
            all.append(Hop(network, .cdn))
        }
        for hop in inner.reversed() {
            let state: Hop.State =
                hop.handshake.map { $0.isUpgraded ? .passes : .suspect }
                ?? (hop.isReachable ? .unknown : .suspect)
            let kind: Hop.Kind = hop.name.lowercased().contains("backend") ? .backend : .proxy
            all.append(
                Hop(
                    hop.name, kind, address: "\(hop.endpoint.dialledHost):\(hop.endpoint.dialledPort)",
                    state: state))
        }
        return all
    }

    package var verified: [Evidence] { path.map(Self.verified) ?? [] }

    private static func verified(_ path: HopEvidence) -> [Evidence] {
        var all: [Evidence] = []
        func add(_ en: String, _ zh: String) { all.append(Evidence(.probe, Phrase(en: en, zh: zh))) }
        if let seen = path.tls?.observation, seen.verification?.isAccepted == true {
            add(
                "TLS: \(seen.version), the certificate is trusted and is for \(path.endpoint.host)",
                "TLS：\(seen.version)，证书受信任且适用于 \(path.endpoint.host)")
        }
        if path.handshake?.isUpgraded == true {
            add(
                "the handshake for \(path.handshake?.request.target.pathOnly ?? "") was answered with a valid 101",
                "对 \(path.handshake?.request.target.pathOnly ?? "") 的握手得到了有效的 101 应答")
        }
        if let pong = path.conversation?.pong {
            add("a ping came back after \(pong.milliseconds) ms", "ping 在 \(pong.milliseconds) 毫秒后返回")
        }
        if let compressed = path.compressed, compressed.attempt.isUpgraded,
            compressed.conversation?.end == .byUs
        {
            if case .upgraded(_, .some) = compressed.attempt.verdict {
                add("permessage-deflate was agreed on and works", "permessage-deflate 已协商并正常工作")
            }
        }
        if let engine = path.engine, !engine.sessions.isEmpty,
            engine.sessions.allSatisfy({ $0.connect == .connected })
        {
            add(
                "\(engine.sessions.count) Socket.IO sessions by polling went through, each request on a connection of its own",
                "\(engine.sessions.count) 个 Socket.IO 轮询会话全部成功，每个请求使用独立连接")
        }
        if path.engine?.sessions.contains(where: { $0.isProbeAnswered == true }) == true {
            add("the upgrade from polling to WebSocket works", "从轮询升级到 WebSocket 正常")
        }
        if let size = path.sizes?.echoed, path.sizes?.lost == nil {
            add("messages of \(size >> 10) KiB come back whole", "\(size >> 10) KiB 的消息可完整返回")
        }
        if let idle = path.idle, idle.end == nil, idle.limit > .zero {
            add(
                "an idle connection stayed open for \(idle.limit.components.seconds) s",
                "空闲连接保持了 \(idle.limit.components.seconds) 秒")
        }
        return all
    }
}

extension String {
    /// Without the query, which may hold a token.
    var pathOnly: String { String(prefix { $0 != "?" }) }
}

extension Duration {
    /// Whole milliseconds, rounded down, never negative.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return max(
            0,
            seconds.multipliedReportingOverflow(by: 1_000).partialValue + attoseconds / 1_000_000_000_000_000)
    }

    /// `59.9 s`, `350 ms`.
    var short: String {
        let time = milliseconds
        if time < 1_000 { return "\(time) ms" }
        let tenths = time / 100
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }
}
