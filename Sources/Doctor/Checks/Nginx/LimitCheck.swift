import NginxRouting
import NginxSyntax

/// `limit_conn` and `limit_req` in front of the socket.
struct LimitCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        var findings: [Finding] = []
        for trace in nginx.handshakes {
            let gates =
                trace.gates
                + (trace.request.target == nginx.handshake.request.target ? nginx.polling?.gates ?? [] : [])
            for gate in gates {
                guard case .limit(let statement) = gate else { continue }
                let finding =
                    statement.name == "limit_conn"
                    ? connections(statement, trace, nginx, examination)
                    : requests(statement, trace, nginx, examination)
                if let finding, !findings.contains(where: { $0.place == finding.place }) {
                    findings.append(finding)
                }
            }
        }
        return findings
    }

    /// Connections count from the request's arrival to the end of the socket: those of one address, or of
    /// all.
    private func connections(
        _ statement: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence, _ examination: Examination
    ) -> Finding? {
        guard let number = NginxValue.number(statement.text(1)), !trace.isOn("limit_conn_dry_run") else {
            return nil
        }
        let zone = zone(named: statement.text(0), "limit_conn_zone", nginx)
        let isByClient = zone.map { isClientKey($0.text(0)) } ?? true
        let status = trace.level?.value("limit_conn_status")?.text(0) ?? "503"
        let logged = examination.ownEvents(.limitConnections)
        let refused = refusals(status, examination)
        let (low, doubtful) = isByClient ? (10, 30) : (100, 1000)
        let severity: Severity
        var confidence: Double
        if !logged.isEmpty {
            (severity, confidence) = (.error, 0.95)
        } else if !refused.isEmpty, number < doubtful {
            (severity, confidence) = (.error, 0.85)
        } else if number <= low {
            (severity, confidence) = (.error, 0.7)
        } else if number <= doubtful {
            (severity, confidence) = (.info, 0.4)
        } else {
            return nil
        }
        if zone == nil { confidence = min(confidence, 0.6) }
        let whose =
            isByClient
            ? Phrase(en: "one address", zh: "一个地址") : Phrase(en: "all clients together", zh: "所有客户端合计")
        return Finding(
            .limitConnTooLow, severity, confidence: confidence,
            title: Phrase(
                en: "limit_conn lets \(whose.en) hold \(number) connection\(number == 1 ? "" : "s")",
                zh: "limit_conn 只允许\(whose.zh)保持 \(number) 个连接"),
            explanation: Phrase(
                en: """
                    A WebSocket counts as long as it is open, not for the instant of a request. With \(number) for \(whose.en), \
                    some tabs, an office behind one address, or a reconnect before the old socket is noticed dead use the \
                    limit up, and further handshakes get \(status).
                    """,
                zh:
                    "WebSocket 在打开期间一直计数，而不是只在请求瞬间计数。\(whose.zh)只有 \(number) 个时，几个标签页、同一出口地址的办公室，或旧连接未释放时的重连就会用完，之后的握手得到 \(status)。"
            ),
            evidence: logged.prefix(2).map { .logged($0) } + refused + [nginx.quoted(statement)]
                + (zone.map { [nginx.quoted($0)] } ?? []),
            place: nginx.place(statement),
            fix: Fix(
                en:
                    "raise it for the socket, e.g. limit_conn \(statement.text(0)) \(isByClient ? 100 : 10_000);, or keep it out of that location",
                zh:
                    "为该 location 提高限制，例如 limit_conn \(statement.text(0)) \(isByClient ? 100 : 10_000);，或不在该 location 使用",
                patch: nginx.patch(statement, argument: 1, to: isByClient ? "100" : "10000")),
            hop: "nginx", predicts: [.handshakeStatus(Int(status) ?? 503)])
    }

    /// Requests come in bursts: a Socket.IO client makes five in its first second, and after an outage
    /// everybody comes at once.
    private func requests(
        _ statement: Statement, _ trace: RequestTrace, _ nginx: NginxEvidence, _ examination: Examination
    ) -> Finding? {
        guard !trace.isOn("limit_req_dry_run") else { return nil }
        let options = statement.arguments.map(\.text)
        let name = options.first { $0.hasPrefix("zone=") }.map { String($0.dropFirst(5)) } ?? ""
        let burst = options.first { $0.hasPrefix("burst=") }.flatMap { Int($0.dropFirst(6)) } ?? 0
        let zone = zone(named: name, "limit_req_zone", nginx)
        guard let rate = zone.flatMap({ rate($0) }) else { return nil }
        let isByClient = zone.map { isClientKey($0.text(0)) } ?? true
        let isPolling: Bool
        if case .socketIO = examination.subject.dialect { isPolling = true } else { isPolling = false }
        // What one client, or a crowd, may ask within a second.
        let perSecond = Double(burst + 1) + rate
        let needed: Double = (isPolling ? 6 : 4) * (isByClient ? 1 : 10)
        let status = trace.level?.value("limit_req_status")?.text(0) ?? "503"
        let logged = examination.ownEvents(.limitRequests)
        let refused = refusals(status, examination)
        let severity: Severity
        let confidence: Double
        if !logged.isEmpty {
            (severity, confidence) = (.error, 0.95)
        } else if !refused.isEmpty {
            (severity, confidence) = (.error, 0.8)
        } else if perSecond < needed {
            (severity, confidence) = (.error, 0.65)
        } else {
            return nil
        }
        return Finding(
            .limitReqTooLow, severity, confidence: confidence,
            title: Phrase(
                en:
                    "limit_req refuses bursts of handshakes (\(zone.map { parameter("rate=", $0) } ?? ""), burst \(burst))",
                zh: "limit_req 会拒绝突发的握手 (\(zone.map { parameter("rate=", $0) } ?? "")，burst \(burst))"),
            explanation: Phrase(
                en: """
                    \(isPolling ? "A Socket.IO client makes about five requests in its first second." : "Pages with several sockets, reconnects and people behind one address come in bursts.") \
                    The limit takes \(burst + 1) at once and then \(spellRate(rate)); the rest gets \(status), and the client's retries keep it there.
                    """,
                zh: """
                    \(isPolling ? "Socket.IO 客户端第一秒大约发出五个请求。" : "多个连接的页面、重连以及同一出口的多个用户会同时到来。")\
                    该限制一次只接受 \(burst + 1) 个，之后为 \(spellRate(rate))；其余得到 \(status)，客户端的重试会使其持续。
                    """),
            evidence: logged.prefix(2).map { .logged($0) } + refused + [nginx.quoted(statement)]
                + (zone.map { [nginx.quoted($0)] } ?? []),
            place: nginx.place(statement),
            fix: Fix(
                en:
                    "allow bursts: limit_req zone=\(name) burst=\(isByClient ? 20 : 200) nodelay;, or keep the limit out of the socket's location",
                zh: "允许突发：limit_req zone=\(name) burst=\(isByClient ? 20 : 200) nodelay;，或不在该 location 使用限制",
                patch: nginx.patch {
                    $0.replace(
                        statement.directive,
                        with: ["limit_req zone=\(name) burst=\(isByClient ? 20 : 200) nodelay;"])
                }),
            hop: "nginx", predicts: [.handshakeStatus(Int(status) ?? 503)])
    }

    private func zone(named name: String, _ directive: String, _ nginx: NginxEvidence) -> Statement? {
        nginx.router.http.own(directive).first { line in
            line.arguments.contains { $0.text.hasPrefix("zone=\(name):") }
        }
    }

    /// Whether each client address has a count of its own.
    private func isClientKey(_ key: String) -> Bool {
        [
            "remote_addr", "x_forwarded_for", "realip", "x_real_ip", "cookie_", "remote_user",
            "proxy_protocol_addr",
        ]
        .contains { key.contains($0) }
    }

    /// Requests a second.
    private func rate(_ zone: Statement) -> Double? {
        let text = parameter("rate=", zone)
        guard let number = Double(text.prefix { $0.isNumber }) else { return nil }
        return text.hasSuffix("r/m") ? number / 60 : number
    }

    private func parameter(_ prefix: String, _ zone: Statement) -> String {
        zone.arguments.map(\.text).first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
            ?? ""
    }

    private func spellRate(_ rate: Double) -> String {
        rate >= 1 ? "\(Int(rate)) r/s" : "\(Int((rate * 60).rounded())) r/m"
    }

    /// Requests of the subject's path that an access log shows with the status of the limit.
    private func refusals(_ status: String, _ examination: Examination) -> [Evidence] {
        if let code = Int(status), let seen = examination.probes?.symptoms[.handshakeStatus(code)] {
            return [seen]
        }
        return examination.files.accesses.filter {
            "\($0.status)" == status && $0.path == examination.subject.path
        }
        .prefix(1).map {
            Evidence(
                .log,
                Phrase(
                    en: "\($0.path) was answered \($0.status) \($0.count) times",
                    zh: "\($0.path) 有 \($0.count) 次返回 \($0.status)"),
                at: $0.place)
        }
    }
}
