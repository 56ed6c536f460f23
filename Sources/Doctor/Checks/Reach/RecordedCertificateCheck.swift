import HTTPWire

/// The certificate a tool was shown, against the host of the address.
struct RecordedCertificateCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard examination.subject.url.scheme.isSecure else { return [] }
        let host = examination.subject.url.host
        return logged(examination)
            + examination.files.certificates.compactMap { report in
                let isNamed = !report.commonName.isEmpty || !report.names.isEmpty
                let isOther = isNamed && !report.covers(host)
                guard isOther || !report.problems.isEmpty else { return nil }
                let name = report.names.first ?? report.commonName
                var evidence: [Evidence] = []
                if isNamed {
                    evidence.append(.file("the certificate is for \(name)", "证书属于 \(name)", at: report.place))
                }
                evidence += report.problems.prefix(2).map {
                    Evidence.file(Masking.excerpt($0), Masking.excerpt($0), at: report.place)
                }
                return Finding(
                    .certNameMismatch, confidence: 0.93,
                    title: isOther
                        ? say("the certificate is for \(name), not for \(host)", "证书属于 \(name)，而不是 \(host)")
                        : say("the certificate is not trusted", "证书不受信任"),
                    explanation: say(
                        "Browsers show no warning page for sockets: a certificate that is not for the host, or of an unknown issuer, simply makes the connection fail. A proxy without a certificate for a name serves its default one.",
                        "浏览器不会为套接字显示警告页：证书与主机不符或签发者未知时，连接直接失败。代理没有该域名的证书时会使用默认证书。"),
                    evidence: evidence, place: report.place,
                    fix: Fix(
                        "obtain a certificate that names \(host), and let the server block of that name use it (nginx-proxy: LETSENCRYPT_HOST=\(host))",
                        "申请包含 \(host) 的证书，并让对应的 server 块使用它（nginx-proxy：LETSENCRYPT_HOST=\(host)）"),
                    predicts: [.certificateRefused])
            }
    }

    /// A client that is no browser, and says in its log that it refused the certificate.
    ///
    /// Servers log the like of calls of their own; a line that names neither the host nor a socket, in a file that is no
    /// client's, is left to them.
    private func logged(_ examination: Examination) -> [Finding] {
        let host = examination.subject.url.host
        let clients: Set<String> = [
            "client", "agent", "device", "console", "browser", "runner", "bot",
        ]
        let event = examination.files.events(.certificateRefused).first { event in
            let low = event.excerpt.lowercased()
            return [host, "websocket", "wss:", "socket.io"].contains { low.holds($0) }
                || !clients.isDisjoint(with: Recogniser.words(event.place.file))
        }
        guard let event else { return [] }
        return [
            Finding(
                .certNameMismatch, confidence: 0.85,
                title: say("the client does not accept the server's certificate", "客户端不接受服务器的证书"),
                explanation: say(
                    "The TLS handshake ends before a request is sent: the certificate names another host, is out of date, or its issuer is not known to the client because the chain is not sent whole.",
                    "TLS 握手在发送请求之前就结束了：证书属于其他主机、已过期，或因证书链不完整而客户端不认识签发者。"),
                evidence: [.log(event)], place: event.place,
                fix: Fix(
                    "serve a certificate that names \(host), with its chain (fullchain.pem); a private issuer must be made known to the client",
                    "使用包含 \(host) 且带完整证书链（fullchain.pem）的证书；私有签发者须导入客户端"),
                predicts: [.certificateRefused])
        ]
    }
}

/// The PROXY protocol, sent by one proxy's settings and not read by the next.
struct ProxyLineCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        for haproxy in examination.files.haproxy {
            for section in haproxy.sections {
                guard
                    let server = haproxy.servers(section).first(where: {
                        $0.options.contains { $0.hasPrefix("send-proxy") }
                    })
                else { continue }
                let port = ServerProcess.ListenAddress(server.address)?.port
                let reads = haproxy.entrances.contains { entrance in
                    haproxy.binds(entrance).contains {
                        ServerProcess.ListenAddress($0.address)?.port == port
                            && $0.options.contains("accept-proxy")
                    }
                }
                if reads || examination.files.nginx?.proxyProtocolPorts.contains(port ?? 0) == true {
                    continue
                }
                // Without a description of the next station nobody knows whether it reads the line.
                let isKnown =
                    examination.files.nginx?.listenPorts.contains(port ?? 0) == true
                    || haproxy.entrances.contains {
                        haproxy.binds($0).contains { ServerProcess.ListenAddress($0.address)?.port == port }
                    }
                    || examination.files.processes.contains { $0.bind?.port == port }
                guard isKnown else { continue }
                return [
                    finding(
                        .file(
                            "server \(server.name) \(server.address) says send-proxy",
                            "server \(server.name) \(server.address) 使用 send-proxy", at: server.place),
                        server.place)
                ]
            }
        }
        // An ingress controller and the balancer in front of it, by their manifests.
        let sent = examination.files.settings.last { $0.name == "proxy-protocol.sent" }
        let read = examination.files.settings.last { $0.name == "proxy-protocol.read" }
        if let sent, let read, read.value != "true" {
            return [
                finding(
                    .file(
                        "the balancer sends the PROXY protocol, and use-proxy-protocol is not set",
                        "负载均衡发送 PROXY 协议，而未设置 use-proxy-protocol", at: sent.place), read.place)
            ]
        }
        for tunnel in examination.files.tunnels {
            guard let proxy = tunnel.proxies.first(where: { $0.proxyProtocol != nil }),
                let nginx = examination.files.nginx
            else { continue }
            guard let port = proxy.localPort, !nginx.proxyProtocolPorts.contains(port),
                nginx.listenPorts.contains(port) || nginx.proxyProtocolPorts.isEmpty
            else { continue }
            return [
                finding(
                    .file(
                        "frp sends the PROXY protocol (\(proxy.proxyProtocol ?? ""))",
                        "frp 发送 PROXY 协议（\(proxy.proxyProtocol ?? "")）", at: proxy.place), proxy.place)
            ]
        }
        return []
    }

    private func finding(_ evidence: Evidence, _ place: FilePlace) -> Finding {
        Finding(
            .proxyProtocolMismatch, confidence: 0.85,
            title: say(
                "a PROXY line is sent to a listener that does not read it", "向不读取 PROXY 行的监听端口发送了 PROXY 行"),
            explanation: say(
                "The first bytes of the connection are \"PROXY TCP4 …\"; a listener that does not expect them takes them for a broken request and answers 400, or closes.",
                "连接的首字节是 “PROXY TCP4 …”；不期待它的监听端口会当作错误请求并返回 400 或直接关闭。"),
            evidence: [evidence], place: place,
            fix: Fix(
                "let the listener read it (nginx: listen … proxy_protocol; HAProxy: bind … accept-proxy), or do not send it",
                "让监听端口读取它（nginx：listen … proxy_protocol；HAProxy：bind … accept-proxy），或不发送"),
            predicts: [.noAnswer, .handshakeStatus(400)], excludedBy: [.upgraded])
    }
}
