/// How long an idle connection lives at each station, against the heartbeat and against each other.
struct IdleTimeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let limits = IdleLimit.all(in: examination)
        let regular = examination.files.events(.regularEnd).first
        let meets = regular?.seconds.flatMap { age in
            limits.filter { RegularEnd.isNear($0.seconds, age) }.min { $0.seconds < $1.seconds }
        }
        let cuts =
            examination.files.events(.idleCut)
            // What a balancer in front explains is no other proxy's doing.
            + (meets.map { !$0.isNginx && !$0.isOuter } == true ? [regular].compactMap(\.self) : [])
        let beat = Self.heartbeat(in: examination)
        var findings: [Finding] = []
        if let beat, let shortest = limits.min(by: { $0.seconds < $1.seconds }),
            beat.seconds >= shortest.seconds * 0.95
        {
            findings.append(slow(beat, shortest))
            return findings
        }
        // A heartbeat well below every limit keeps the connection: nothing is too short for it.
        let quickest = [beat?.seconds, ProtocolHeartbeat.quickest(in: examination)?.seconds].compactMap(
            \.self
        ).min()
        if let quickest, cuts.isEmpty, limits.allSatisfy({ quickest < $0.seconds * 0.95 }) { return [] }
        findings += outer(limits, beat)
        findings += short(limits, cuts)
        if findings.allSatisfy({ $0.severity == .info }), meets == nil, let regular,
            let age = regular.seconds,
            examination.nginx?.stream == nil, limits.allSatisfy({ $0.seconds > age })
        {
            findings.append(unknown(regular, age, limits))
        }
        return findings
    }

    // MARK: Heartbeat

    /// Any beat keeps a connection alive, so the quickest counts.
    static func heartbeat(in examination: Examination) -> Heartbeat? {
        var beats = examination.files.heartbeats
        beats += examination.files.balancers.compactMap { balancer in
            balancer.heartbeat.map {
                Heartbeat(seconds: $0, side: .server, name: "ping interval", place: balancer.place)
            }
        }
        for setting in examination.files.settings {
            let name = setting.bareName
            guard name.holds("ping") || name.holds("heartbeat") || name.holds("keepalive"),
                name.holds("interval") || name.holds("period") || name.hasSuffix("heartbeat")
            else { continue }
            guard let value = TimeText.seconds(setting.value, unit: name.hasSuffix("ms") ? 0.001 : 1),
                value > 0
            else { continue }
            // Bare numbers of a thousand and more count milliseconds, nobody beats every quarter of an hour.
            let isBare = setting.value.allSatisfy { $0.isNumber }
            beats.append(
                Heartbeat(
                    seconds: isBare && value >= 1000 ? value / 1000 : value, side: .server,
                    name: setting.name, place: setting.place))
        }
        for process in examination.files.processes {
            if let text = process.flag(
                "--ws-ping-interval", "--websocket-ping-interval", "--ping-interval", "--heartbeat"),
                let value = Double(text), value > 0
            {
                beats.append(
                    Heartbeat(
                        seconds: value, side: .server, name: "ping interval of \(process.program)",
                        place: process.place)
                )
            }
        }
        return beats.min { $0.seconds < $1.seconds }
    }

    private func slow(_ beat: Heartbeat, _ limit: IdleLimit) -> Finding {
        Finding(
            .heartbeatSlowerThanTimeout, confidence: limit.isStated ? 0.9 : 0.75,
            title: say(
                "the heartbeat comes every \(duration(beat.seconds)), and \(limit.station) closes after \(duration(limit.seconds))",
                "心跳间隔为 \(duration(beat.seconds))，而 \(limit.station) 在 \(duration(limit.seconds)) 后关闭"),
            explanation: say(
                "A heartbeat keeps a connection only when it is quicker than the shortest idle time on the way, by a good margin: delays and timers' grain make equal ones lose the race, at times.",
                "只有当心跳间隔明显小于途中最短的空闲超时时才能保持连接：由于延迟和计时器精度，两者相等时心跳有时会输。"),
            evidence: [
                .file(
                    "\(beat.name): \(duration(beat.seconds))", "\(beat.name)：\(duration(beat.seconds))",
                    at: beat.place),
                Evidence(limit.isStated ? .file : .knowledge, limit.words, at: limit.place),
            ], place: beat.place,
            fix: Fix(
                "beat every \(duration(max(1, (limit.seconds / 2.4).rounded(.down)))) at most, or raise the idle time of \(limit.station) to \(duration((beat.seconds * 3).rounded()))",
                "把心跳间隔降到 \(duration(max(1, (limit.seconds / 2.4).rounded(.down)))) 以内，或把 \(limit.station) 的空闲超时提高到 \(duration((beat.seconds * 3).rounded()))"
            ),
            predicts: [.idleCut], excludedBy: [.idleSurvived])
    }

    // MARK: Balancers

    /// Something in front that closes before the proxy that is looked at.
    private func outer(_ limits: [IdleLimit], _ beat: Heartbeat?) -> [Finding] {
        guard let outer = limits.filter(\.isOuter).min(by: { $0.seconds < $1.seconds }) else { return [] }
        let inner = limits.filter { !$0.isOuter }.min { $0.seconds < $1.seconds }
        if let inner, inner.seconds <= outer.seconds { return [] }
        guard outer.isStated || inner != nil else { return [] }
        var evidence = [Evidence(outer.isStated ? .file : .knowledge, outer.words, at: outer.place)]
        if let inner {
            evidence.append(Evidence(inner.isStated ? .file : .knowledge, inner.words, at: inner.place))
        }
        return [
            Finding(
                .outerIdleTimeout, confidence: 0.88,
                title: say(
                    "\(outer.station) closes idle connections after \(duration(outer.seconds))",
                    "\(outer.station) 在 \(duration(outer.seconds)) 后关闭空闲连接"),
                explanation: say(
                    "The shortest idle time on the way decides, and it is not that of the inner proxy\(inner.map { " (\(duration($0.seconds)))" } ?? ""): raising that again changes nothing.",
                    "起决定作用的是途中最短的空闲超时，而不是内层代理的\(inner.map { "（\(duration($0.seconds))）" } ?? "")：再提高后者没有作用。"),
                evidence: evidence, place: outer.place,
                fix: Fix(
                    "raise the idle time of \(outer.station) (AWS: idle_timeout.timeout_seconds), or beat every \(duration(max(1, (outer.seconds / 2.4).rounded(.down))))",
                    "提高 \(outer.station) 的空闲超时（AWS：idle_timeout.timeout_seconds），或每 \(duration(max(1, (outer.seconds / 2.4).rounded(.down)))) 发送一次心跳"
                ),
                hop: "balancer", predicts: [.idleCut], excludedBy: [.idleSurvived])
        ]
    }

    /// Connections end at an age that is nobody's who is known.
    private func unknown(_ event: LogEvent, _ age: Double, _ limits: [IdleLimit]) -> Finding {
        Finding(
            .outerIdleTimeout, confidence: 0.7,
            title: say(
                "something on the way closes connections at the age of \(duration(age.rounded()))",
                "途中有设备在 \(duration(age.rounded())) 后关闭连接"),
            explanation: say(
                "Connections end at the same age again and again and without a close code, so a clock ends them: the idle time of a balancer, CDN, firewall or tunnel that is not among the files. What is known of lives longer.",
                "连接一再在相同的时长后结束，且没有关闭码，说明是某个计时器所为：不在这些文件中的负载均衡、CDN、防火墙或隧道的空闲超时。已知的各环节都更长。"),
            evidence: [.log(event)]
                + limits.prefix(2).map { Evidence($0.isStated ? .file : .knowledge, $0.words, at: $0.place) },
            place: event.place,
            fix: Fix(
                "send a heartbeat every \(duration(max(1, (age / 2.4).rounded(.down)))), or find the station and raise its idle time",
                "每 \(duration(max(1, (age / 2.4).rounded(.down)))) 发送一次心跳，或找到该环节并提高其空闲超时"),
            predicts: [.idleCut], excludedBy: [.idleSurvived])
    }

    // MARK: Proxies

    /// Proxies whose limit is below what an idle socket needs; 60 s and more are usual, and only advice is given for them.
    private func short(_ limits: [IdleLimit], _ cuts: [LogEvent]) -> [Finding] {
        let own = limits.filter { !$0.isOuter && !$0.isNginx }
        guard let shortest = own.min(by: { $0.seconds < $1.seconds }) else {
            return cuts.first.map { cut in [logged(cut, limits.first { !$0.isOuter })] } ?? []
        }
        let isCut = !cuts.isEmpty
        // Timeouts made for requests are 30 s and more where somebody thought of them, and heartbeats of 25 s live with that.
        let isShort = shortest.seconds < (shortest.isImplied ? 30 : 55)
        guard isCut || isShort || shortest.seconds <= 60 else { return [] }
        var evidence = [Evidence(shortest.isStated ? .file : .knowledge, shortest.words, at: shortest.place)]
        if let other = own.first(where: { $0.seconds > shortest.seconds && $0.place != nil }) {
            evidence.append(Evidence(.file, other.words, at: other.place))
        }
        evidence += cuts.prefix(2).map { Evidence.log($0) }
        return [
            Finding(
                .readTimeoutTooShort, isCut || isShort ? .error : .info, confidence: isCut ? 0.95 : 0.85,
                title: say(
                    "\(shortest.station) closes idle sockets after \(duration(shortest.seconds))",
                    "\(shortest.station) 在 \(duration(shortest.seconds)) 后关闭空闲套接字"),
                explanation: shortest.explanation, evidence: evidence, place: shortest.place,
                fix: shortest.fix, hop: shortest.station.lowercased(), predicts: [.idleCut],
                excludedBy: [.idleSurvived])
        ]
    }

    private func logged(_ cut: LogEvent, _ limit: IdleLimit?) -> Finding {
        Finding(
            .readTimeoutTooShort, confidence: 0.9,
            title: say(
                "the proxy closes idle sockets\(cut.seconds.map { " after \(duration($0))" } ?? "")",
                "代理\(cut.seconds.map { "在 \(duration($0)) 后" } ?? "")关闭空闲套接字"),
            explanation: say(
                "The log says that the connection was upgraded and then timed out for want of traffic: it is the proxy that closes, not the application.",
                "日志表明连接已升级，之后因没有流量而超时：关闭连接的是代理，而不是应用。"),
            evidence: [.log(cut)]
                + (limit.map { [Evidence($0.isStated ? .file : .knowledge, $0.words, at: $0.place)] } ?? []),
            place: limit?.place ?? cut.place,
            fix: limit?.fix
                ?? Fix(
                    "raise the proxy's timeout for this path (nginx: proxy_read_timeout 1h), or send a heartbeat below it",
                    "提高该路径的代理超时（nginx：proxy_read_timeout 1h），或发送间隔更短的心跳"),
            predicts: [.idleCut], excludedBy: [.idleSurvived])
    }
}
