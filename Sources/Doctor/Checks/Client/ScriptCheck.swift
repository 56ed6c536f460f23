import HTTPWire

/// What the page's own source says about the address it dials.
struct ScriptCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        var findings = examination.files.dials.flatMap { dial in self.findings(dial, examination) }
        findings += variables(examination)
        return findings
    }

    private func findings(_ dial: SocketDial, _ examination: Examination) -> [Finding] {
        guard let pieces = dial.address, let page = examination.likelyPage else { return [] }
        let shown = pieces.sketch
        let evidence = Evidence.file(
            "the page dials \(Masking.excerpt(shown))", "页面连接 \(Masking.excerpt(shown))", at: dial.place)
        // What the source says of the scheme and the host counts even when the rest is not known.
        let begin =
            pieces.first.flatMap { piece -> String? in
                if case .literal(let text) = piece { text } else { nil }
            } ?? ""
        if page.scheme == "https", examination.page != nil || examination.subject.url.scheme.isSecure,
            begin.lowercased().hasPrefix("ws://"),
            !hasLoopback(begin)
        {
            return [AddressCheck.mixed(shown, [evidence], dial.place, 0.9)]
        }
        guard let address = pieces.text(page: page, environment: { examination.buildVariable($0) }) else {
            return unset(dial, examination)
        }
        if address.isEmpty || address == "/" || address.hasPrefix("/") { return unset(dial, examination) }
        if let origin = WebOrigin(address) {
            if origin.isLoopback, !HostName.isPrivate(page.host) {
                var trail = [evidence]
                if address != shown {
                    trail.append(.file("which is \(address)", "即 \(address)", at: dial.place))
                }
                var local = AddressCheck.localhost(address, page, trail, dial.place, 0.9)
                // What stands behind `||` is dialled because the variable before it has no value.
                let missing = unset(dial, examination)
                if !missing.isEmpty { local.consequenceOf = .clientUrlEnvMissing }
                return missing + [local]
            }
            if page.scheme == "https", origin.scheme == "http", !origin.isLoopback,
                address.lowercased().hasPrefix("ws://"),
                examination.page != nil
            {
                return [AddressCheck.mixed(address, [evidence], dial.place, 0.85)]
            }
        }
        if let reading = try? Subject(address), !reading.urlFaults.isEmpty,
            dial.library != .socketIO || address.holds("://")
        {
            return AddressCheck().findings(
                Examination(subject: reading, now: examination.now)
            ).filter { $0.code == .clientUrlMalformed || $0.code == .clientUrlEnvMissing }.map { finding in
                Finding(
                    finding.code, confidence: 0.9, title: finding.title, explanation: finding.explanation,
                    evidence: [evidence],
                    place: dial.place, fix: finding.fix)
            }
        }
        return []
    }

    private func hasLoopback(_ text: String) -> Bool { WebOrigin(text)?.isLoopback ?? false }

    // MARK: Variables

    /// A variable of the address that no file gives a value, in a build whose variables are among the files.
    private func unset(_ dial: SocketDial, _ examination: Examination) -> [Finding] {
        let names = (dial.address ?? []).variables
        let isBuildKnown = examination.files.settings.contains { $0.side == .frontend }
        let isProductionFile = examination.files.settings.contains { Setting.isBuildVariable($0.name) }
        let late = examination.files.lateVariables.filter { names.contains($0.name) }
        guard isBuildKnown && isProductionFile || !late.isEmpty else { return [] }
        return names.compactMap { name in
            guard Setting.isBuildVariable(name), examination.buildVariable(name).map(\.isEmpty) ?? true else {
                return nil
            }
            let setting = examination.files.settings.last { $0.name == name } ?? late.last { $0.name == name }
            return missing(name, setting?.place, dial, examination)
        }
    }

    /// Variables for a socket's address that are there and empty, whether or not the source that reads them is among the files.
    private func variables(_ examination: Examination) -> [Finding] {
        var findings: [Finding] = []
        for setting in examination.files.settings where setting.side == .frontend {
            guard isAddressName(setting.name) else { continue }
            if setting.value.isEmpty || ["undefined", "null"].contains(setting.value) {
                guard !examination.files.dials.contains(where: { handlesEmpty($0, setting.name) }) else {
                    continue
                }
                findings.append(missing(setting.name, setting.place, nil, examination))
                continue
            }
            if let part = self.part(setting, examination) {
                findings.append(part)
                continue
            }
            guard let page = examination.likelyPage, let origin = WebOrigin(setting.value) else { continue }
            let evidence = Evidence.file(
                "\(setting.name)=\(Masking.excerpt(setting.value))",
                "\(setting.name)=\(Masking.excerpt(setting.value))", at: setting.place)
            if origin.isLoopback, !HostName.isPrivate(page.host) {
                findings.append(AddressCheck.localhost(setting.value, page, [evidence], setting.place, 0.9))
            } else if setting.value.lowercased().hasPrefix("ws://"), page.scheme == "https" {
                findings.append(AddressCheck.mixed(setting.value, [evidence], setting.place, 0.85))
            } else if origin.host == page.host, origin.port != page.port, examination.page != nil,
                !PublicPorts(examination).contains(origin.port),
                PublicPorts(examination).knowsAny
            {
                findings.append(
                    AddressCheck.bypass(origin.port, page, [evidence], setting.place, 0.8, examination))
            }
        }
        return findings
    }

    /// Host and port apart, as Laravel's and others' variables have them: `VITE_REVERB_HOST`, `VITE_WS_PORT`.
    private func part(_ setting: Setting, _ examination: Examination) -> Finding? {
        guard let page = examination.likelyPage, !HostName.isPrivate(page.host), !setting.value.holds("://")
        else { return nil }
        let name = setting.name.uppercased()
        let evidence = Evidence.file(
            "\(setting.name)=\(setting.value)", "\(setting.name)=\(setting.value)", at: setting.place)
        if name.hasSuffix("HOST"), HostName.isLoopback(setting.value) || setting.value == "0.0.0.0" {
            return AddressCheck.localhost(setting.value, page, [evidence], setting.place, 0.88)
        }
        guard name.hasSuffix("PORT"), let port = Int(setting.value), port != page.port,
            examination.page != nil,
            ![80, 443].contains(port), !PublicPorts(examination).contains(port)
        else { return nil }
        return AddressCheck.bypass(port, page, [evidence], setting.place, 0.75, examination)
    }

    private func isAddressName(_ name: String) -> Bool {
        let name = name.uppercased()
        return [
            "WSURL", "SOCKETURL", "WEBSOCKETURL", "WSENDPOINT", "SOCKETENDPOINT", "WSHOST", "SOCKETHOST",
            "WSBASE",
            "WS_URL", "SOCKET_URL", "WEBSOCKET_URL", "WS_HOST", "SOCKET_HOST", "WS_BASE", "WS_ENDPOINT",
            "SOCKET_ENDPOINT", "SOCKET_SERVER", "WSS_URL", "WEBSOCKET", "REVERB_HOST", "PUSHER_HOST",
            "REVERB_PORT", "PUSHER_PORT", "WS_PORT", "SOCKET_PORT", "WEBSOCKET_PORT",
            "SOCKETIO", "SOCKET_IO",
        ]
        .contains { name.holds($0) }
    }

    /// A source that falls back to the page's own place.
    private func handlesEmpty(_ dial: SocketDial, _ name: String) -> Bool {
        (dial.address ?? []).contains { piece in
            if case .environment(name, let fallback?) = piece {
                return fallback.contains {
                    if case .location = $0 { true } else if case .secure = $0 { true } else { false }
                }
            }
            return false
        }
    }

    private func missing(_ name: String, _ place: FilePlace?, _ dial: SocketDial?, _ examination: Examination)
        -> Finding
    {
        var evidence: [Evidence] = []
        if let place {
            evidence.append(.file("\(name) has no value", "\(name) 没有值", at: place))
        } else {
            evidence.append(
                .file("none of the environment files sets \(name)", "没有任何环境变量文件设置 \(name)", at: dial?.place))
        }
        if let dial {
            evidence.append(
                .file(
                    "the page reads it: \(dial.address?.sketch ?? "")", "页面读取它：\(dial.address?.sketch ?? "")",
                    at: dial.place))
        }
        let fallback = dial?.address?.compactMap { piece -> String? in
            if case .environment(name, let other?) = piece {
                other.text(page: examination.likelyPage) { examination.buildVariable($0) }
            } else {
                nil
            }
        }.first
        return Finding(
            .clientUrlEnvMissing, confidence: 0.9,
            title: say("\(name) is not set when the page is built", "构建页面时没有设置 \(name)"),
            explanation: say(
                "Bundlers put the value of such a variable into the page when it is built; set later, it changes nothing. Empty, the page dials \(fallback.map { "\($0), its default" } ?? "the default of its source, which is a developer's machine or port")."
                    + " The server it should reach logs nothing.",
                "打包工具在构建时把该变量的值写入页面，之后再设置没有作用。值为空时，页面会连接\(fallback.map { " \($0)（默认值）" } ?? "源码中的默认地址，通常是开发者的机器或端口")。本应连接的服务器没有任何日志。"
            ),
            evidence: evidence, place: place ?? dial?.place,
            fix: Fix(
                "set \(name)=\(examination.subject.url.scheme.isSecure ? "wss" : "ws")://\(examination.subject.url.authority) (for Socket.IO http or https) and build the page again",
                "设置 \(name)=\(examination.subject.url.scheme.isSecure ? "wss" : "ws")://\(examination.subject.url.authority)（Socket.IO 用 http 或 https）并重新构建页面"
            ))
    }
}
