import NginxRouting
import NginxSyntax

/// How long nginx lets a quiet connection live, against how often somebody speaks.
///
/// After the upgrade each read from the backend is given `proxy_read_timeout`; traffic in either direction
/// starts the time anew (`ngx_http_upstream_process_upgraded`). In a stream it is `proxy_timeout`.
struct NginxIdleTimeCheck: Check {
    /// The shortest time of all servers on the way.
    private struct Limit {
        let seconds: Double
        let directive: String
        let statement: Statement?
        let block: Statement?
        let hop: String
    }

    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let limits = limits(nginx)
        guard let limit = limits.min(by: { $0.seconds < $1.seconds }) else { return [] }
        var beat = heartbeat(examination)
        // What a protocol does by itself keeps a connection; that it is too slow is told by its short time alone.
        if let known = ProtocolHeartbeat.quickest(in: examination), known.seconds < limit.seconds,
            known.seconds < beat?.seconds ?? .infinity
        {
            beat = Beat(seconds: known.seconds, evidence: known.evidence)
        }
        if let beat {
            if beat.seconds >= limit.seconds { return [slow(beat, limit, nginx)] }
            // Somebody speaks often enough, unless a log proves otherwise.
            if cuts(examination, limit).isEmpty { return [] }
        }
        return [short(limit, nginx, cuts(examination, limit))].compactMap(\.self)
    }

    private func limits(_ nginx: NginxEvidence) -> [Limit] {
        var limits: [Limit] = []
        if let stream = nginx.stream, stream.pass != nil {
            let line = stream.level.value("proxy_timeout")
            if let value = NginxValue.milliseconds(line?.text(0) ?? "10m") {
                limits.append(
                    Limit(
                        seconds: Double(value) / 1000, directive: "proxy_timeout", statement: line,
                        block: stream.statement, hop: "nginx"))
            }
        }
        for trace in nginx.handshakes {
            guard let proxied = trace.proxied else { continue }
            // A request that is not upgraded at all has other worries.
            guard let value = trace.effective("proxy_read_timeout", release: nginx.router.release),
                let time = NginxValue.milliseconds(value.value)
            else { continue }
            limits.append(
                Limit(
                    seconds: Double(time) / 1000, directive: "proxy_read_timeout", statement: value.statement,
                    block: trace.block ?? proxied.pass, hop: "nginx"))
        }
        return limits
    }

    private struct Beat {
        let seconds: Double
        let evidence: Evidence
    }

    /// The interval of the most frequent heartbeat that is known: written in a file, or that of the protocol.
    private func heartbeat(_ examination: Examination) -> Beat? {
        if let written = IdleTimeCheck.heartbeat(in: examination) {
            return Beat(
                seconds: written.seconds,
                evidence: Evidence(
                    .file,
                    Phrase(
                        en: "a heartbeat every \(spell(written.seconds)) (\(written.name))",
                        zh: "每 \(spell(written.seconds)) 一次心跳 (\(written.name))"),
                    at: written.place))
        }
        if case .socketIO(let address) = examination.subject.dialect {
            return Beat(
                seconds: 25,
                evidence: .known(
                    "Engine.IO \(address.engineVersion) pings every 25 s unless told otherwise (pingInterval)",
                    "Engine.IO \(address.engineVersion) 默认每 25 秒 ping 一次 (pingInterval)"))
        }
        return nil
    }

    /// Lines of logs that tell of a quiet connection cut by nginx.
    private func cuts(_ examination: Examination, _ limit: Limit) -> [LogEvent] {
        examination.files.events(.idleCut).filter { event in
            event.excerpt.contains("upgraded connection")
                || event.seconds.map { abs($0 - limit.seconds) <= 2 } ?? false
        }
            + examination.files.events(.regularEnd).filter {
                $0.seconds.map { RegularEnd.isNear($0, limit.seconds) } ?? false
            }
    }

    private func slow(_ beat: Beat, _ limit: Limit, _ nginx: NginxEvidence) -> Finding {
        let time = spell(limit.seconds)
        return Finding(
            .heartbeatSlowerThanTimeout, confidence: 0.9,
            title: Phrase(
                en: "the heartbeat (\(spell(beat.seconds))) is not faster than \(limit.directive) (\(time))",
                zh: "心跳间隔 (\(spell(beat.seconds))) 不短于 \(limit.directive) (\(time))"),
            explanation: Phrase(
                en: """
                    nginx closes an upgraded connection on which nothing was said for \(time). The heartbeat comes only every \
                    \(spell(beat.seconds)), so a quiet connection dies before it, or in a race with it.
                    """,
                zh: "升级后的连接若 \(time) 内没有数据，nginx 就会关闭它。心跳每 \(spell(beat.seconds)) 才一次，空闲连接会在心跳之前（或与其同时）被切断。"),
            evidence: [beat.evidence, seen(limit, nginx)], place: limit.statement.map { nginx.place($0) },
            fix: Fix(
                en: """
                    send a heartbeat at less than half of \(time), or set \(limit.directive) well above the heartbeat, e.g. \
                    \(limit.directive) \(longer(beat.seconds));
                    """,
                zh:
                    "把心跳间隔设为 \(time) 的一半以下，或将 \(limit.directive) 设得远大于心跳，例如 \(limit.directive) \(longer(beat.seconds));",
                patch: patch(limit, longer(beat.seconds), nginx)),
            hop: limit.hop, predicts: [.idleCut], excludedBy: [.idleSurvived])
    }

    private func short(_ limit: Limit, _ nginx: NginxEvidence, _ cuts: [LogEvent]) -> Finding? {
        // Ten minutes and more is what anybody would call long, unless a log says that it cuts.
        guard limit.seconds < 90 || !cuts.isEmpty else { return nil }
        let (severity, confidence): (Severity, Double) =
            !cuts.isEmpty
            ? (.error, 0.9)
            : limit.statement == nil || limit.seconds >= 60
                ? (.info, 0.5) : limit.seconds < 30 ? (.error, 0.65) : (.warning, 0.6)
        let time = spell(limit.seconds)
        return Finding(
            .readTimeoutTooShort, severity, confidence: confidence,
            title: Phrase(
                en: "nginx closes a quiet connection after \(time)", zh: "nginx 在空闲 \(time) 后关闭连接"),
            explanation: Phrase(
                en: """
                    After the upgrade \(limit.directive) is the time a connection may be silent in both directions; here it is \
                    \(time). Unless client or server says something more often, the socket closes with 1006.
                    """,
                zh: "升级后，\(limit.directive) 是连接双向静默的最长时间，此处为 \(time)。若双方不更频繁地发送数据，连接会以 1006 关闭。"),
            evidence: [seen(limit, nginx)]
                + cuts.prefix(2).map { event in
                    Evidence(
                        .log, Phrase(en: "the log says: \(event.excerpt)", zh: "日志：\(event.excerpt)"),
                        at: event.place)
                }, place: limit.statement.map { nginx.place($0) },
            fix: Fix(
                en: "in the location of the socket: \(limit.directive) 1h; and a heartbeat every 25 to 30 s",
                zh: "在该 location 中设置 \(limit.directive) 1h;，并每 25 到 30 秒发送一次心跳",
                patch: patch(limit, "1h", nginx)),
            hop: limit.hop, predicts: [.idleCut], excludedBy: [.idleSurvived])
    }

    private func seen(_ limit: Limit, _ nginx: NginxEvidence) -> Evidence {
        if let statement = limit.statement {
            return nginx.seen(statement, nginx.line(statement), nginx.line(statement))
        }
        return .known(
            "\(limit.directive) is not set, so the default of \(spell(limit.seconds)) applies",
            "未设置 \(limit.directive)，默认 \(spell(limit.seconds))")
    }

    private func longer(_ beat: Double) -> String {
        let wanted = max(3600, beat * 3)
        return wanted <= 3600 ? "1h" : wanted <= 86_400 ? "1d" : "7d"
    }

    /// The time raised at every server that closes no later than this one.
    private func patch(_ limit: Limit, _ value: String, _ nginx: NginxEvidence) -> String? {
        nginx.patch { patch in
            var isChanged = false
            for other in limits(nginx) where other.seconds <= limit.seconds {
                if let statement = other.statement, let word = statement.directive.arguments.first {
                    isChanged = patch.replace(word, of: statement.directive, with: value) || isChanged
                } else if let block = other.block?.directive, block.hasBlock {
                    isChanged = patch.insert(["\(other.directive) \(value);"], .endOf(block)) || isChanged
                }
            }
            return isChanged
        }
    }
}
