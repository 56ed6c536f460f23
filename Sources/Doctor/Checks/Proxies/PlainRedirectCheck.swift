import HTTPWire

/// `ws://` to a proxy other than nginx that sends plain requests to https: the handshake gets a redirect.
struct PlainRedirectCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let url = examination.subject.url
        guard !url.scheme.isSecure, url.port == 80, !HostName.isPrivate(url.host) else { return [] }
        let found =
            caddy(examination) ?? route(examination) ?? traefik(examination) ?? apache(examination)
            ?? haproxy(examination)
        guard let (proxy, evidence) = found else { return [] }
        return [
            Finding(
                .redirect301OnHandshake, confidence: 0.88,
                title: say(
                    "\(proxy) sends ws:// to https, and the handshake gets a redirect",
                    "\(proxy) 把 ws:// 重定向到 https，握手得到重定向"),
                explanation: say(
                    "Browsers and most libraries do not follow redirects for WebSockets: anything but 101 fails the connection.",
                    "浏览器和大多数库不会为 WebSocket 跟随重定向：除 101 之外的应答都会使连接失败。"),
                evidence: [evidence], place: evidence.place,
                fix: Fix("dial wss:// from the start", "客户端直接使用 wss://"),
                predicts: [.handshakeRedirect], excludedBy: [.upgraded])
        ]
    }

    /// A site by a public name alone gets certificates and redirects (Caddy, Automatic HTTPS).
    private func caddy(_ examination: Examination) -> (String, Evidence)? {
        let host = examination.subject.url.host
        for caddy in examination.files.caddy {
            let isOff = caddy.all("auto_https").contains {
                $0.arguments.contains { $0 == "off" || $0 == "disable_redirects" }
            }
            let isPlain = caddy.sites.contains { site in
                ([site.name] + site.arguments).contains { word in
                    let bare = word.filter { $0 != "," }
                    return bare == "http://" + host || bare == host + ":80" || bare == ":80"
                        || bare == "http://"
                }
            }
            guard !isOff, !isPlain,
                let site = caddy.sites.first(where: { site in
                    ([site.name] + site.arguments).contains { word in
                        let bare = word.filter { $0 != "," }
                        return bare == host || bare == "https://" + host
                    }
                })
            else { continue }
            return (
                "Caddy",
                .file(
                    "the site \(host) has automatic HTTPS, which redirects plain requests (308)",
                    "站点 \(host) 启用自动 HTTPS，会重定向明文请求（308）", at: site.place)
            )
        }
        return nil
    }

    private func route(_ examination: Examination) -> (String, Evidence)? {
        let subject = examination.subject
        return examination.files.routes.first {
            $0.redirectsToTLS && $0.takes(host: subject.url.host, path: subject.path)
        }.map {
            (
                $0.proxy.rawValue,
                .file("this route redirects plain requests to https", "该路由把明文请求重定向到 https", at: $0.place)
            )
        }
    }

    /// `--entrypoints.web.http.redirections.entrypoint.to=websecure`, as a flag or in the static file.
    private func traefik(_ examination: Examination) -> (String, Evidence)? {
        for service in examination.files.services {
            guard
                service.arguments.contains(where: {
                    $0.lowercased().holds(".http.redirections.entrypoint.to=")
                })
            else { continue }
            return (
                "Traefik",
                .file(
                    "its entry point redirects to https", "其入口点会重定向到 https", at: service.place)
            )
        }
        let setting = examination.files.settings.first {
            $0.name.lowercased().hasSuffix("http.redirections.entrypoint.to")
        }
        return setting.map {
            ("Traefik", .file("its entry point redirects to https", "其入口点会重定向到 https", at: $0.place))
        }
    }

    private func apache(_ examination: Examination) -> (String, Evidence)? {
        for apache in examination.files.apache {
            let line = apache.directives.first { directive in
                let isPlain =
                    directive.scope.first.map { $0.hasPrefix("virtualhost") && $0.hasSuffix(":80") } ?? false
                let text = directive.arguments.joined(separator: " ")
                switch directive.name {
                case "redirect", "redirectpermanent", "redirectmatch":
                    return isPlain && text.holds("https://")
                        && directive.arguments.contains {
                            $0 == "/" || $0 == "^/(.*)$" || $0.hasPrefix("https://")
                        }
                case "rewriterule": return isPlain && text.holds("https://") && text.holds("R")
                default: return false
                }
            }
            if let line {
                let text = ([line.name] + line.arguments).joined(separator: " ")
                return ("Apache", .file(text, text, at: line.place))
            }
        }
        return nil
    }

    private func haproxy(_ examination: Examination) -> (String, Evidence)? {
        for haproxy in examination.files.haproxy {
            for section in haproxy.entrances {
                let line = section.lines.first { line in
                    let text = line.words.joined(separator: " ")
                    return text.holds("redirect scheme https") && !text.lowercased().holds("upgrade")
                        && !text.lowercased().holds("ws")
                }
                if let line {
                    let text = line.words.joined(separator: " ")
                    return ("HAProxy", .file(text, text, at: line.place))
                }
            }
        }
        return nil
    }
}
