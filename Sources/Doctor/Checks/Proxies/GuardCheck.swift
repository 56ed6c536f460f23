import HTTPWire

/// Doors in front of the backend that a socket's client cannot open: forward authentication, passwords, firewalls.
struct GuardCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        doors(examination).map { door($0.kind, $0.evidence, examination) } + firewall(examination)
    }

    private enum Kind { case basic, forward }

    private func doors(_ examination: Examination) -> [(kind: Kind, evidence: Evidence)] {
        let subject = examination.subject
        var doors: [(kind: Kind, evidence: Evidence)] = []
        let matching = examination.files.routes.filter {
            $0.takes(host: subject.url.host, path: subject.path)
        }
        if let route = matching.max(by: { $0.path.utf8.count < $1.path.utf8.count }),
            let name = route.authentication
        {
            let evidence = Evidence.file(
                "\(route.proxy.rawValue) asks \(name) before this route",
                "\(route.proxy.rawValue) 在该路由前使用 \(name)", at: route.authenticationPlace ?? route.place)
            doors.append((name == "basicAuth" || name == "digestAuth" ? .basic : .forward, evidence))
        }
        for caddy in examination.files.caddy {
            for site in caddy.sites {
                if let line = (site.all("basicauth") + site.all("basic_auth")).first(where: {
                    Self.covers($0, subject.path)
                }) {
                    doors.append(
                        (
                            .basic,
                            .file(
                                "Caddy asks for a password (\(line.name))", "Caddy 要求密码（\(line.name)）",
                                at: line.place)
                        ))
                }
                if let line = site.all("forward_auth").first(where: { Self.covers($0, subject.path) }),
                    CaddyForwardAuthCheck.refusal(line, examination) == nil
                {
                    doors.append(
                        (
                            .forward,
                            .file(
                                "Caddy asks \(line.arguments.last ?? "another server") first (forward_auth)",
                                "Caddy 先询问 \(line.arguments.last ?? "另一个服务器")（forward_auth）", at: line.place)
                        ))
                }
            }
        }
        for apache in examination.files.apache {
            let line = apache.all("authtype").first { directive in
                directive.arguments.first?.lowercased() == "basic"
                    && directive.scope.allSatisfy { scope in
                        guard scope.hasPrefix("location ") else { return !scope.hasPrefix("locationmatch ") }
                        return subject.path.hasPrefix(scope.after(" ") ?? "/")
                    }
            }
            if let line { doors.append((.basic, .file("AuthType Basic", "AuthType Basic", at: line.place))) }
        }
        for haproxy in examination.files.haproxy {
            for section in haproxy.sections {
                if let line = section.lines.first(where: { $0.words.starts(with: ["http-request", "auth"]) }),
                    !line.words.contains(where: {
                        $0.lowercased().holds("websocket") || $0.lowercased().holds("is_ws")
                    })
                {
                    doors.append(
                        (
                            .basic,
                            .file(
                                line.words.joined(separator: " "), line.words.joined(separator: " "),
                                at: line.place)
                        ))
                }
            }
        }
        return doors
    }

    /// Whether a directive without a matcher, or with one that begins the path.
    static func covers(_ directive: Caddyfile.Directive, _ path: String) -> Bool {
        guard let first = directive.arguments.first else { return true }
        if first.hasPrefix("@") { return false }
        guard first.hasPrefix("/") else { return true }
        return first.hasSuffix("*") ? path.hasPrefix(String(first.dropLast())) : path == first
    }

    private func door(_ kind: Kind, _ evidence: Evidence, _ examination: Examination) -> Finding {
        switch kind {
        case .basic:
            Finding(
                .basicAuthBlocksHandshake, confidence: 0.8,
                title: say("the proxy asks for a password at the handshake", "代理在握手时要求密码"),
                explanation: say(
                    "A page cannot send credentials with new WebSocket(), and browsers do not ask for them at a handshake: without a password of the same origin in its cache the browser gets 401 and gives up.",
                    "页面无法通过 new WebSocket() 发送凭据，浏览器也不会在握手时询问密码：如果缓存中没有同源的密码，浏览器会得到 401 并放弃。"),
                evidence: [evidence], place: evidence.place,
                fix: Fix(
                    "leave the socket's path out of the password, and let the application check its own token there",
                    "对套接字路径取消密码保护，由应用校验自己的令牌"), predicts: [.handshakeStatus(401)], excludedBy: [.upgraded])
        case .forward:
            Finding(
                .authRequestBlocksHandshake, confidence: 0.75,
                title: say("a sign-on server is asked before the handshake", "握手之前会先询问登录服务"),
                explanation: say(
                    "Forward authentication lets in who has its session cookie; a client that has only the application's own token is refused with 401 or redirected to a login page, which no socket follows.",
                    "前置认证只放行持有其会话 Cookie 的客户端；只有应用令牌的客户端会得到 401 或被重定向到登录页，而套接字不会跟随重定向。"),
                evidence: [evidence], place: evidence.place,
                fix: Fix(
                    "leave the socket's path out of the forward authentication, and let the application check its own token there",
                    "对套接字路径取消前置认证，由应用校验自己的令牌"),
                predicts: [.handshakeStatus(401), .handshakeStatus(403), .handshakeRedirect],
                excludedBy: [.upgraded])
        }
    }

    // MARK: Firewalls

    private func firewall(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        let event = examination.files.events(.firewallDenied).first
        let route = examination.files.routes.first {
            $0.hasFirewall && $0.takes(host: subject.url.host, path: subject.path)
        }
        let caddy = examination.files.caddy.flatMap { $0.all("coraza_waf") }.first
        let apache = examination.files.apache.flatMap { $0.all("secruleengine") }.first {
            $0.arguments.first?.lowercased() == "on"
        }
        let place = event?.place ?? route?.place ?? caddy?.place ?? apache?.place
        guard let place else { return [] }
        var evidence: [Evidence] = []
        if let event { evidence.append(.log(event)) }
        if let route {
            evidence.append(
                .file("the ingress has ModSecurity switched on", "该 ingress 启用了 ModSecurity", at: route.place)
            )
        }
        if let caddy {
            evidence.append(
                .file("Coraza is in the way (coraza_waf)", "途中有 Coraza（coraza_waf）", at: caddy.place))
        }
        if let apache { evidence.append(.file("SecRuleEngine On", "SecRuleEngine On", at: apache.place)) }
        return [
            Finding(
                .wafModuleBlocksWs, confidence: event != nil ? 0.9 : 0.7,
                title: say("a firewall module stands in the way of the upgrade", "防火墙模块阻碍了升级"),
                explanation: say(
                    "Web application firewalls read requests and answers to their end before they pass them on; an upgraded connection has no end. They wrap the answer so that it can no longer be taken over, or refuse the handshake by a rule.",
                    "Web 应用防火墙会在转发前读完整个请求和响应，而升级后的连接没有结尾。它们会包装响应使其无法被接管，或按规则拒绝握手。"),
                evidence: evidence, place: place,
                fix: Fix(
                    "switch the module off for the socket's path (modsecurity off; / a matcher without it)",
                    "对套接字路径关闭该模块（modsecurity off; 或使用不包含它的匹配器）"),
                predicts: [.handshakeStatus(403), .handshakeStatus(500), .handshakeStatus(502)],
                excludedBy: [.upgraded])
        ]
    }
}
