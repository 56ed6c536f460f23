import HTTPWire

/// Handshakes that arrive without their Upgrade: a CDN or something at the client's side took it out.
struct StrippedUpgradeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        for request in examination.files.requests where request.isHandshake && !Self.upgrades(request) {
            // A request as the client sent it says nothing about the way; marks of a way do.
            if let mark = Self.cdn(in: request.fields) { return [cdn(mark, request, examination)] }
            if let mark = Self.intermediary(request) { return [network(mark, request)] }
        }
        // In plain text whatever stands on the way answers in its own name.
        if !examination.subject.url.scheme.isSecure, let answer = officeAnswer(examination) {
            return [answer]
        }
        if let seen = sighted(examination) { return [seen] }
        if let off = switchedOff(examination) { return [off] }
        for response in examination.files.responses where response.status != 101 && response.status >= 400 {
            guard let mark = Self.cdn(in: response.fields) else { continue }
            let wasWhole = examination.files.requests.contains { $0.isHandshake && Self.upgrades($0) }
            let isChallenge =
                response["cf-mitigated"] != nil || response.body.holds("Attention Required")
                || response.body.lowercased().holds("challenge")
            let speaksOfUpgrade = [400, 426, 501].contains(response.status)
            if speaksOfUpgrade || (response.status == 403 && (isChallenge || wasWhole)) {
                return [blocked(mark, response)]
            }
        }
        return []
    }

    /// Handshakes of an access log that names Upgrade: some arrive without it and are refused, others with it and open.
    private func sighted(_ examination: Examination) -> Finding? {
        let host = examination.subject.url.host
        let here = examination.files.sightings.filter { $0.path == examination.subject.path }
        let lost = here.filter { !$0.hasUpgrade && $0.status >= 400 }
        let passed = here.filter { $0.hasUpgrade && $0.status == 101 }
        guard let first = lost.first(where: { $0.via != nil }) ?? (passed.isEmpty ? nil : lost.first) else {
            return nil
        }
        let clients = Set(passed.map(\.client))
        guard !lost.contains(where: { clients.contains($0.client) }) else { return nil }
        let low = first.via?.lowercased() ?? ""
        let isCDN =
            ["cloudfront", "varnish", "akamai", "cloudflare", "fastly", "cdn", "edge", "kunlun"].contains {
                low.holds($0)
            } || Self.isAlibaba(low)
        // By the very name that is asked about others come through: then it is not what stands in front of the name.
        let isSameName = passed.contains { $0.text.holds(host) } || !lost.contains { $0.text.holds(host) }
        var evidence = [
            Evidence(
                .log,
                say("a handshake arrived without Upgrade: \(first.text)", "到达的握手没有 Upgrade：\(first.text)"),
                at: first.place)
        ]
        if let other = passed.first {
            evidence.append(
                Evidence(
                    .log, say("others arrive with it and open: \(other.text)", "其他握手带有它并成功：\(other.text)"),
                    at: other.place))
        }
        return isCDN || !isSameName || passed.isEmpty
            ? cdnFinding(first.via ?? "what stands in front", evidence, first.place, 0.85)
            : networkFinding(evidence, first.place)
    }

    /// Cloudflare's zone setting, as Terraform writes it (`websockets = "off"`) or its API answers (`"id": "websockets"`).
    private func switchedOff(_ examination: Examination) -> Finding? {
        let settings = examination.files.settings
        let off = settings.first { setting in
            guard ["off", "false"].contains(setting.value.lowercased()) else { return false }
            if setting.name == "cloudflare.websockets" { return true }
            guard let base = setting.name.before(".value") ?? (setting.name == "value" ? "" : nil) else {
                return false
            }
            let id = base.isEmpty ? "id" : base + ".id"
            return settings.contains {
                $0.name == id && $0.value == "websockets" && $0.place.file == setting.place.file
            }
        }
        return off.map {
            cdnFinding(
                "Cloudflare",
                [.file("WebSockets are switched off for the zone", "该区域关闭了 WebSocket", at: $0.place)],
                $0.place, 0.92)
        }
    }

    /// `cache22.l2cn3130[120,0], cache7.cn2041[31,0]`: caches of Alibaba Cloud's CDN with their times.
    private static func isAlibaba(_ via: String) -> Bool {
        via.split(separator: ",").contains { part in
            let words = part.trimmed.split(separator: ".", maxSplits: 1)
            return words.count == 2 && words[0].hasPrefix("cache")
                && words[0].dropFirst(5).allSatisfy(\.isNumber)
                && words[0].utf8.count > 5 && words[1].contains("[")
        }
    }

    static func upgrades(_ request: RecordedRequest) -> Bool {
        request["Upgrade"]?.lowercased().holds("websocket") == true
            && request["Connection"]?.lowercased().holds("upgrade") == true
    }

    /// Header fields by which CDNs mark what passes them.
    private static let marks: [(field: String, name: String)] = [
        ("cf-ray", "Cloudflare"), ("cf-connecting-ip", "Cloudflare"), ("cdn-loop", "a CDN"),
        ("x-amz-cf-id", "Amazon CloudFront"), ("fastly-client-ip", "Fastly"),
        ("x-akamai-", "Akamai"), ("akamai-", "Akamai"), ("true-client-ip", "Akamai"),
        ("x-azure-ref", "Azure Front Door"), ("x-fd-healthprobe", "Azure Front Door"),
        ("x-sucuri-", "Sucuri"), ("x-cdn", "a CDN"), ("ali-cdn-real-ip", "Alibaba Cloud CDN"),
        ("x-tencent-", "Tencent Cloud CDN"), ("incap-client-ip", "Imperva"),
        ("x-vercel-", "Vercel"), ("x-nf-", "Netlify"), ("bunny-", "bunny.net"),
    ]

    static func cdn(in fields: [RecordedRequest.Field]) -> (field: RecordedRequest.Field, name: String)? {
        for field in fields {
            let name = field.name.lowercased()
            if let mark = marks.first(where: { name.hasPrefix($0.field) }) { return (field, mark.name) }
            if name == "server", field.value.lowercased().holds("cloudflare") { return (field, "Cloudflare") }
            if name == "via",
                ["cloudfront", "varnish", "akamai"].contains(where: { field.value.lowercased().holds($0) })
            {
                return (field, "a CDN")
            }
        }
        return nil
    }

    /// Marks of a proxy or firewall between the client and the outermost server.
    private static func intermediary(_ request: RecordedRequest) -> RecordedRequest.Field? {
        let names: Set<String> = [
            "via", "proxy-connection", "x-bluecoat-via", "x-proxy-id", "x-squid-error", "x-iwproxy",
            "x-zscaler-", "x-forcepoint",
        ]
        return request.fields.first { field in
            let name = field.name.lowercased()
            return names.contains(name) || names.contains { $0.hasSuffix("-") && name.hasPrefix($0) }
        }
    }

    /// A refusal that came through a proxy of the kind companies and schools have.
    private func officeAnswer(_ examination: Examination) -> Finding? {
        let products = [
            "squid", "zscaler", "bluecoat", "blue coat", "forcepoint", "websense", "mcafee", "web gateway",
            "ironport",
            "fortinet", "fortigate", "sophos", "kerio", "smoothwall", "lightspeed",
        ]
        for response in examination.files.responses where response.status >= 400 {
            let mark = response.fields.first { field in
                let name = field.name.lowercased()
                return name == "x-squid-error"
                    || ["via", "server", "x-cache"].contains(name)
                        && products.contains { field.value.lowercased().holds($0) }
            }
            guard let mark else { continue }
            return networkFinding(
                [
                    .file(
                        "the answer is \(response.status)", "响应状态为 \(response.status)", at: response.place),
                    .file(
                        "\(mark.name): \(Masking.excerpt(mark.value, 100))",
                        "\(mark.name): \(Masking.excerpt(mark.value, 100))", at: mark.place),
                ], response.place)
        }
        return nil
    }

    private func cdn(
        _ mark: (field: RecordedRequest.Field, name: String), _ request: RecordedRequest,
        _ examination: Examination
    ) -> Finding {
        var evidence = [
            Evidence.file(
                "a handshake arrived without Upgrade (Connection: \(request["Connection"] ?? "none"))",
                "到达的握手没有 Upgrade（Connection: \(request["Connection"] ?? "无")）", at: request.place),
            Evidence.file(
                "\(mark.field.name) says that it came through \(mark.name)",
                "\(mark.field.name) 表明它经过了 \(mark.name)", at: mark.field.place),
        ]
        if let event = examination.files.events(.upgradeMissing).first { evidence.append(.log(event)) }
        return cdnFinding(mark.name, evidence, request.place, 0.93)
    }

    private func cdnFinding(_ name: String, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double)
        -> Finding
    {
        Finding(
            .cdnBlocksWebsocket, confidence: confidence,
            title: say("\(name) takes the upgrade out of the handshake", "\(name) 去掉了握手中的升级头"),
            explanation: say(
                "The request left the browser as a handshake; Upgrade and Connection are gone before the outermost server of yours sees it. What it then forwards cannot be an upgrade, however it is configured.",
                "请求离开浏览器时是握手；但在到达你最外层的服务器之前 Upgrade 和 Connection 已被去掉。此后无论如何配置都不可能完成升级。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "switch WebSockets on for this host at \(name), or let the name bypass it (Cloudflare: Network → WebSockets, or a grey cloud)",
                "在 \(name) 为该主机开启 WebSocket，或让该域名绕过它（Cloudflare：Network → WebSockets，或灰色云朵）"),
            hop: "cdn",
            predicts: [.handshakeStatus(400), .handshakeStatus(426)])
    }

    private func network(_ mark: RecordedRequest.Field, _ request: RecordedRequest) -> Finding {
        networkFinding(
            [
                .file("a handshake arrived without Upgrade", "到达的握手没有 Upgrade", at: request.place),
                .file(
                    "\(mark.name): \(Masking.excerpt(mark.value, 100))",
                    "\(mark.name): \(Masking.excerpt(mark.value, 100))", at: mark.place),
            ], request.place)
    }

    private func networkFinding(_ evidence: [Evidence], _ place: FilePlace?) -> Finding {
        Finding(
            .clientNetworkStripsUpgrade, confidence: 0.85,
            title: say(
                "a proxy on the client's side takes the upgrade out of the handshake", "客户端一侧的代理去掉了握手中的升级头"),
            explanation: say(
                "The handshake arrived without Upgrade, and a proxy on the way is named, or others come through. Company proxies and virus scanners treat Upgrade as a hop-by-hop field they need not know (RFC 9110 §7.6.1). Inside TLS they cannot see it.",
                "到达的握手没有 Upgrade，且有迹象表明途中有代理，或其他客户端可以连接。企业代理和杀毒软件会把 Upgrade 当作可以丢弃的逐跳字段（RFC 9110 §7.6.1）。在 TLS 中它们看不到该字段。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "use wss:// on port 443, so that proxies on the way tunnel the connection unseen",
                "使用 443 端口上的 wss://，让途中的代理以隧道方式透传"), hop: "network")
    }

    private func blocked(_ mark: (field: RecordedRequest.Field, name: String), _ response: RecordedResponse)
        -> Finding
    {
        Finding(
            .cdnBlocksWebsocket, confidence: 0.7,
            title: say(
                "\(mark.name) answers the handshake with \(response.status)",
                "\(mark.name) 以 \(response.status) 回应握手"),
            explanation: say(
                "The answer to the handshake carries the mark of \(mark.name): either it refuses upgrades for this host, or what lies behind it does.",
                "握手的响应带有 \(mark.name) 的标记：要么它拒绝该主机的升级，要么其后的服务器拒绝。"),
            evidence: [
                .file(
                    "\(mark.field.name): \(Masking.excerpt(mark.field.value, 100))",
                    "\(mark.field.name): \(Masking.excerpt(mark.field.value, 100))", at: mark.field.place)
            ],
            place: response.place,
            fix: Fix(
                "switch WebSockets on for this host at \(mark.name), and compare with a handshake sent past it (--connect-to)",
                "在 \(mark.name) 为该主机开启 WebSocket，并与绕过它的握手比较（--connect-to）"), hop: "cdn",
            excludedBy: [.upgraded])
    }
}
