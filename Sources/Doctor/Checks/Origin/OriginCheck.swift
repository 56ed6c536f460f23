/// Origins the backend lets in, against the page's: by its settings, its source, and what its log refused.
struct OriginCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let refused = logged(examination)
        var findings = refused
        for list in OriginList.all(in: examination) {
            findings += malformed(list, examination, isLogged: !refused.isEmpty)
            if let finding = unlisted(list, examination) { findings.append(finding) }
        }
        if let finding = development(examination) { findings.append(finding) }
        if let finding = channels(examination) { findings.append(finding) }
        return findings
    }

    /// Django Channels: AllowedHostsOriginValidator holds the Origin's host against ALLOWED_HOSTS.
    private func channels(_ examination: Examination) -> Finding? {
        guard let page = examination.likelyPage,
            let validator = examination.files.settings.last(where: { $0.name == "channels.origin_validator" }
            )?.place
                ?? examination.files.events(.handshakeRejected).first?.place,
            let list = examination.files.settings.last(where: { $0.name == "ALLOWED_HOSTS" })
        else { return nil }
        let hosts = list.value.filter { !"[]\"'()".contains($0) }.split { ", ;".contains($0) }
            .map { $0.lowercased() }
        let isListed = hosts.contains { host in
            host == "*" || host == page.host
                || (host.hasPrefix(".") && (page.host.hasSuffix(host) || page.host == host.dropFirst()))
        }
        guard !hosts.isEmpty, !isListed else { return nil }
        return Finding(
            .originRejected, confidence: 0.85,
            title: say(
                "Channels refuses the origin \(page): its host is not in ALLOWED_HOSTS",
                "Channels 拒绝来源 \(page)：其主机不在 ALLOWED_HOSTS 中"),
            explanation: say(
                "AllowedHostsOriginValidator lets only pages through whose host is in ALLOWED_HOSTS, and refuses the handshakes of others with 403.",
                "AllowedHostsOriginValidator 只允许主机在 ALLOWED_HOSTS 中的页面，其余页面的握手以 403 拒绝。"),
            evidence: [
                .file("ALLOWED_HOSTS = \(list.value)", "ALLOWED_HOSTS = \(list.value)", at: list.place),
                .file("the validator is in use", "使用了该校验器", at: validator),
            ], place: list.place,
            fix: Fix("add \(page.host) to ALLOWED_HOSTS", "把 \(page.host) 加入 ALLOWED_HOSTS"), hop: "backend",
            predicts: [.originDecides, .handshakeStatus(403)])
    }

    static func code(_ examination: Examination) -> CauseCode {
        examination.isSocketIO ? .corsOriginNotAllowed : .originRejected
    }

    // MARK: Log

    private func logged(_ examination: Examination) -> [Finding] {
        examination.files.events(.originRefused).prefix(3).flatMap { event -> [Finding] in
            let origin = event.value ?? examination.page?.description
            let accepted = event.accepted.flatMap { WebOrigin($0) }
            if let accepted, let origin, let own = WebOrigin(origin), own == accepted,
                let text = event.accepted
            {
                // The two are one origin, and the server compares texts.
                return [malformedFinding(text, own, [.log(event)], event.place, 0.93)]
            }
            let shown = origin ?? "the page"
            return [
                Finding(
                    Self.code(examination), confidence: 0.9,
                    title: say("the backend refuses the origin \(shown)", "后端拒绝了来源 \(shown)"),
                    explanation: say(
                        "Browsers send the page's origin with every handshake, and the backend accepts only origins it knows. The refusal is the application's own: proxies and the network have done their part.",
                        "浏览器在每次握手时都会发送页面的来源，而后端只接受它认识的来源。拒绝来自应用本身，代理和网络没有问题。"),
                    evidence: [.log(event)], place: event.place,
                    fix: Fix(
                        "add \(shown) to the backend's list of allowed origins, exactly as a browser writes it: scheme, host, and the port only when it is not the default",
                        "把 \(shown) 加入后端允许的来源列表，写法须与浏览器完全一致：协议、主机，仅在非默认端口时写端口"),
                    hop: "backend", predicts: [.originDecides, .handshakeStatus(403)])
            ]
        }
    }

    // MARK: Settings

    private func malformed(_ list: OriginList, _ examination: Examination, isLogged: Bool) -> [Finding] {
        list.entries.compactMap { entry in
            guard let fault = OriginList.fault(of: entry), let own = OriginList.meant(entry) else {
                return nil
            }
            // Where a good entry stands beside it, or it means another page, the bad one hurts nobody here.
            if let page = examination.likelyPage {
                if list.admits(page) { return nil }
                if own.host != page.host, examination.page != nil { return nil }
            }
            return malformedFinding(
                entry, own,
                [
                    .file(
                        "\(list.name) holds \"\(entry)\", \(fault.en)",
                        "\(list.name) 中有“\(entry)”，\(fault.zh)", at: list.place)
                ], list.place, 0.85)
        }
    }

    private func malformedFinding(
        _ entry: String, _ own: WebOrigin, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double
    ) -> Finding {
        Finding(
            .originAllowlistMalformed, confidence: confidence,
            title: say("the allowed origin \"\(entry)\" can never match", "允许的来源“\(entry)”永远不会匹配"),
            explanation: say(
                "A browser sends \"\(own)\": scheme, host, the port only when it is not the scheme's default, and no path (RFC 6454 §6.2). The backend compares texts, so any other spelling of the same origin is another one.",
                "浏览器发送的是“\(own)”：协议、主机，仅非默认端口时带端口，且不带路径（RFC 6454 §6.2）。后端按文本比较，因此同一来源的其他写法都视为不同。"),
            evidence: evidence + [.knowledge("the browser's form is \(own)", "浏览器的写法是 \(own)")], place: place,
            fix: Fix("write it as \(own)", "改写为 \(own)"), hop: "backend",
            predicts: [.originDecides, .handshakeStatus(403)])
    }

    private func unlisted(_ list: OriginList, _ examination: Examination) -> Finding? {
        guard let page = examination.likelyPage, !list.entries.isEmpty, !list.admits(page) else { return nil }
        // An entry that means the page and is misspelt is the other finding.
        if list.entries.contains(where: {
            OriginList.fault(of: $0) != nil && OriginList.meant($0)?.host == page.host
        }) {
            return nil
        }
        if HostName.isPrivate(page.host), list.entries.contains(where: { WebOrigin($0)?.isLoopback == true })
        {
            return nil
        }
        let isSure = examination.page != nil
        return Finding(
            list.isCORS && examination.isSocketIO ? .corsOriginNotAllowed : Self.code(examination),
            isSure ? .error : .warning,
            confidence: isSure ? 0.85 : 0.55,
            title: say("the page's origin \(page) is not among the allowed ones", "页面来源 \(page) 不在允许列表中"),
            explanation: say(
                "\(list.name) admits \(list.entries.joined(separator: ", ")). A page of any other origin is refused: the handshake with 403, or Socket.IO's polling by the browser for want of a matching Access-Control-Allow-Origin.",
                "\(list.name) 只允许 \(list.entries.joined(separator: "、"))。来自其他来源的页面会被拒绝：握手返回 403，或 Socket.IO 轮询因缺少匹配的 Access-Control-Allow-Origin 被浏览器拦截。"
            ),
            evidence: [
                .file(
                    "\(list.name) = \(list.entries.joined(separator: ", "))",
                    "\(list.name) = \(list.entries.joined(separator: "、"))", at: list.place),
                .argument("the page is \(page)", "页面为 \(page)"),
            ], place: list.place, fix: Fix("add \(page) to \(list.name)", "把 \(page) 加入 \(list.name)"),
            hop: "backend",
            predicts: [.originDecides, .handshakeStatus(403)], excludedBy: isSure ? [] : [.upgraded])
    }

    // MARK: Mode

    /// A backend in development mode on a public host: the usual set-up admits the origins of developers alone.
    private func development(_ examination: Examination) -> Finding? {
        guard let page = examination.likelyPage, !HostName.isPrivate(page.host) else { return nil }
        let names: Set<String> = [
            "NODE_ENV", "APP_ENV", "RAILS_ENV", "FLASK_ENV", "ENVIRONMENT", "ASPNETCORE_ENVIRONMENT",
            "APP_MODE", "GO_ENV", "MIX_ENV",
        ]
        let values: Set<String> = ["development", "dev", "local"]
        guard
            let mode = examination.files.settings.last(where: {
                names.contains($0.name) && $0.side != .frontend
            }),
            values.contains(mode.value.lowercased())
        else { return nil }
        // The public origin stands beside it for the other mode.
        let publicOrigin = examination.files.settings.first { setting in
            setting.place.file == mode.place.file
                && WebOrigin(setting.value).map { $0.host == page.host } == true
        }
        guard let publicOrigin else { return nil }
        return Finding(
            Self.code(examination), confidence: 0.75,
            title: say(
                "the backend runs in development mode, where \(page) is not admitted",
                "后端运行在开发模式，不接受来源 \(page)"),
            explanation: say(
                "\(mode.name) chooses whose origins are let in: in development those of localhost, in production that of \(publicOrigin.name). Set to \"\(mode.value)\" on a public host, it refuses the very page it is for.",
                "\(mode.name) 决定允许哪些来源：开发模式只允许 localhost，生产模式允许 \(publicOrigin.name)。在公网主机上设为“\(mode.value)”会拒绝它本应服务的页面。"
            ),
            evidence: [
                .file("\(mode.name)=\(mode.value)", "\(mode.name)=\(mode.value)", at: mode.place),
                .file(
                    "\(publicOrigin.name)=\(publicOrigin.value)",
                    "\(publicOrigin.name)=\(publicOrigin.value)", at: publicOrigin.place),
            ], place: mode.place,
            fix: Fix(
                "set \(mode.name)=production and restart the backend", "设置 \(mode.name)=production 并重启后端"),
            hop: "backend",
            predicts: [.originDecides, .handshakeStatus(403)])
    }
}
