import Bytes
import JSON

/// What the application itself complains about, in words that are known.
struct BackendWordsCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path else { return [] }
        var found: [Finding] = []
        if let attempt = path.handshake, case .refused = attempt.verdict, let answer = attempt.exchange.answer
        {
            if let one = finding(for: answer.complaint, [.handshake(attempt)], path, examination) {
                found.append(one)
            }
            if let unknown = unknownPath(attempt, answer) {
                found.append(unknown)
            } else if let echo = pathEcho(attempt, answer, path, examination) {
                found.append(echo)
            }
        }
        if let conversation = path.conversation, case .closed(let code, let reason) = conversation.end {
            let line = Excerpt.line(reason, limit: 123)
            let words = Evidence.seen(
                "after the 101 the server closed with \(code.map(String.init) ?? "no code") “\(line)”",
                "101 之后服务器以 \(code.map(String.init) ?? "无代码") “\(line)” 关闭连接")
            if let one = finding(for: Complaint.heard(in: reason), [words], path, examination) {
                found.append(one)
            }
        }
        // A page that asks for an upgrade it did not send: the constant `Connection: upgrade` in its location.
        if let page = path.page?.answer, page.complaint == .connectionUpgradeUnexpected,
            !examination.hasProxyFiles
        {
            found.append(hardcoded(page))
        }
        if let engine = path.engine { found += namespaces(engine, examination) }
        return found
    }

    private func finding(
        for complaint: Complaint?, _ evidence: [Evidence], _ path: HopEvidence, _ examination: Examination
    ) -> Finding? {
        guard let complaint else { return nil }
        switch complaint {
        case .hostRefused: return hostRefused(evidence, path)
        case .keyMissing: return keyMissing(evidence, path)
        case .duplicateUpgrade where !examination.hasProxyFiles: return duplicate(evidence)
        case .rateLimited: return rateLimited(evidence)
        case .tokenMissing where examination.subject.token != nil: return notFound(evidence)
        default: return TokenWords.finding(for: complaint, evidence)
        }
    }

    private func hostRefused(_ evidence: [Evidence], _ path: HopEvidence) -> Finding {
        let host = path.endpoint.authority
        return Finding(
            .backendHostNotAllowed, confidence: 0.92,
            title: Phrase(
                en: "the backend does not serve this Host", zh: "后端不接受该 Host"),
            explanation: Phrase(
                en:
                    "The backend keeps a list of host names (allowedHosts, ALLOWED_HOSTS, trusted domains) against rebinding attacks, and what arrives as Host is not on it. The client asked for \(host).",
                zh:
                    "后端为防范重绑定攻击维护主机名列表（allowedHosts、ALLOWED_HOSTS、trusted domains），收到的 Host 不在其中。客户端请求的是 \(host)。"
            ),
            evidence: evidence,
            fix: Fix(
                en:
                    "Add \(path.endpoint.host) to the backend's list of allowed hosts; and let the proxy pass the name on: proxy_set_header Host $host.",
                zh: "把 \(path.endpoint.host) 加入后端允许的主机列表，并让代理转发该名称：proxy_set_header Host $host。"))
    }

    private func keyMissing(_ evidence: [Evidence], _ path: HopEvidence) -> Finding {
        Finding(
            .headerCaseAltered, confidence: 0.7,
            title: Phrase(
                en: "the backend does not find Sec-WebSocket-Key", zh: "后端找不到 Sec-WebSocket-Key"),
            explanation: Phrase(
                en:
                    "The probe sent the key. A proxy that writes field names in its own spelling (Sec-Websocket-Key) and a backend that compares them letter by letter do not get on, though names have no case (RFC 9110 §5.1).",
                zh: "探测发送了该字段。若代理改写了字段名的大小写（Sec-Websocket-Key），而后端逐字母比较，就会出现这种情况，尽管字段名不区分大小写（RFC 9110 §5.1）。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "Let the proxy keep the spelling, put one that does in between, or mend the backend: it must compare names without regard to case.",
                zh: "让代理保留原始大小写，或改用会保留的代理；也可修正后端，使其不区分大小写地比较字段名。"))
    }

    private func duplicate(_ evidence: [Evidence]) -> Finding {
        Finding(
            .duplicateProxyHeader, confidence: 0.85,
            title: Phrase(en: "the backend gets the same field twice", zh: "后端收到重复的字段"),
            explanation: Phrase(
                en: "Upgrade or Connection arrives in two lines: the proxy sets it twice at one level.",
                zh: "Upgrade 或 Connection 出现了两行：代理在同一层级设置了两次。"),
            evidence: evidence,
            fix: Fix(en: "Keep one proxy_set_header line for each field.", zh: "每个字段只保留一条 proxy_set_header。"))
    }

    private func rateLimited(_ evidence: [Evidence]) -> Finding {
        Finding(
            .limitReqTooLow, confidence: 0.6,
            title: Phrase(en: "handshakes are refused for their rate", zh: "握手因频率过高被拒绝"),
            explanation: Phrase(
                en:
                    "The answer says that there were too many requests. Clients that reconnect make bursts of handshakes, which limits meant for pages cut off.",
                zh: "应答表示请求过多。客户端重连会产生握手突发，容易触及为网页设置的限制。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "limit_req with burst=… nodelay for the location of the socket, and clients that wait longer between attempts.",
                zh: "为套接字 location 的 limit_req 设置 burst=… nodelay，并让客户端延长重连间隔。"))
    }

    private func notFound(_ evidence: [Evidence]) -> Finding {
        Finding(
            .tokenMissing, confidence: 0.6,
            title: Phrase(en: "the server says that no token came", zh: "服务器表示没有收到 token"),
            explanation: Phrase(
                en:
                    "A token was given to the doctor, and the server did not find it: it looks in another place or under another name, or a hop dropped it.",
                zh: "诊断已获得 token，而服务器没有找到：它在别的位置或名称下查找，或途中被丢弃。"),
            evidence: evidence,
            fix: Fix(
                en: "Send the token where the server reads it; --auth says where it travels.",
                zh: "把 token 放到服务器读取的位置；用 --auth 指明其位置。"))
    }

    private func hardcoded(_ page: HTTPAnswer) -> Finding {
        let words = page.words
        return Finding(
            .connectionHeaderHardcodedUpgrade, confidence: 0.85,
            title: Phrase(
                en: "ordinary requests reach the backend as upgrades", zh: "普通请求到达后端时带有升级字段"),
            explanation: Phrase(
                en:
                    "The proxy sets Connection to the constant “upgrade” in a location that serves pages too, and the backend refuses a request that asks for an upgrade to nothing.",
                zh: "代理在同时提供网页的 location 中把 Connection 固定为 “upgrade”，后端拒绝这种没有目标的升级请求。"),
            evidence: [.seen("GET / without any upgrade: \(words.en)", "不带升级字段的 GET /：\(words.zh)")],
            fix: Fix(
                en:
                    "map $http_upgrade $connection_upgrade { default upgrade; '' close; } and proxy_set_header Connection $connection_upgrade;",
                zh:
                    "map $http_upgrade $connection_upgrade { default upgrade; '' close; } 并使用 proxy_set_header Connection $connection_upgrade;"
            ))
    }

    // MARK: The path as the backend got it

    /// A Sockeye server that has no such endpoint says so, and which one is most like it.
    private func unknownPath(_ attempt: HandshakeAttempt, _ answer: HTTPAnswer) -> Finding? {
        guard answer.sockeyeCode == "PATH-UNKNOWN" else { return nil }
        let sent = attempt.request.target.pathOnly
        let remedy = answer.json?["remedy"]?.stringValue.map { Excerpt.line($0, limit: 300) } ?? ""
        var evidence: [Evidence] = [.handshake(attempt)]
        if let nearest = answer.json?["nearestPath"]?.stringValue.map({ Excerpt.line($0, limit: 200) }) {
            evidence.append(.seen("the server has \(nearest)", "服务器有 \(nearest)"))
        }
        return Finding(
            .clientUrlWrongPath, confidence: 0.9,
            title: Phrase(en: "the server has no endpoint \(sent)", zh: "服务器没有端点 \(sent)"),
            explanation: Phrase(
                en:
                    "The request reached the server, which knows no endpoint of this path: the client dials another one, or a proxy changed it.",
                zh: "请求到达了服务器，但服务器没有该路径的端点：客户端使用了别的路径，或被代理改写。"),
            evidence: evidence,
            fix: remedy.isEmpty
                ? Fix(en: "Dial the path of an endpoint the server has.", zh: "使用服务器已有端点的路径。")
                : Fix(Phrase(remedy)))
    }

    private func pathEcho(
        _ attempt: HandshakeAttempt, _ answer: HTTPAnswer, _ path: HopEvidence, _ examination: Examination
    ) -> Finding? {
        guard answer.status == 404, let got = answer.echoedPath?.pathOnly, !examination.hasProxyFiles else {
            return nil
        }
        let sent = attempt.request.target.pathOnly
        let echo = Evidence.seen("the backend says it got \(got)", "后端表示收到的路径是 \(got)")
        if got == sent {
            return Finding(
                .clientUrlWrongPath, confidence: 0.7,
                title: Phrase(en: "the backend has no \(sent)", zh: "后端没有路径 \(sent)"),
                explanation: Phrase(
                    en:
                        "The path arrived as it was sent, and no route of the backend matches it: the client dials another path than the backend serves, or the proxy should take a prefix off.",
                    zh: "路径原样到达，但后端没有匹配的路由：客户端使用的路径与后端不同，或代理应当去掉前缀。"),
                evidence: [.handshake(attempt), echo],
                fix: Fix(
                    en: "Dial the path under which the backend mounts its socket.", zh: "使用后端实际提供套接字的路径。"))
        }
        return Finding(
            .proxyPassUriRewritesPath, confidence: 0.9,
            title: Phrase(en: "\(sent) arrives as \(got)", zh: "\(sent) 到达后端时变成 \(got)"),
            explanation: Phrase(
                en:
                    "A proxy changed the path: a URI part or slash in proxy_pass, a rewrite, or a prefix taken off or put on twice.",
                zh: "代理改变了路径：proxy_pass 中的 URI 部分或斜杠、rewrite，或前缀被去掉或重复添加。"),
            evidence: [.handshake(attempt), echo],
            fix: Fix(
                en:
                    "Write proxy_pass without a URI part to keep the path, or with exactly the one the backend serves.",
                zh: "proxy_pass 不写 URI 部分以保留路径，或写成后端实际提供的路径。"))
    }

    // MARK: Namespaces

    private func namespaces(_ engine: EngineEvidence, _ examination: Examination) -> [Finding] {
        guard case .socketIO(let address) = examination.subject.dialect else { return [] }
        let outcomes = engine.sessions.compactMap(\.connect) + (engine.webSocketConnect.map { [$0] } ?? [])
        let messages = outcomes.compactMap { outcome in
            if case .refused(let message) = outcome { message } else { nil }
        }
        guard let message = messages.first else { return [] }
        let evidence = [
            Evidence.seen(
                "CONNECT to the namespace \(address.namespace) was refused: “\(message)”",
                "进入命名空间 \(address.namespace) 被拒绝：“\(message)”")
        ]
        if Complaint.heard(in: message) == .namespaceUnknown {
            return [
                Finding(
                    .socketioNamespaceFromUrl, confidence: 0.93,
                    title: Phrase(
                        en: "the server has no namespace \(address.namespace)",
                        zh: "服务器没有命名空间 \(address.namespace)"),
                    explanation: Phrase(
                        en:
                            "What stands behind the host in io(\"…\") is a namespace, not a path: the request goes to \(address.enginePath) all the same, and CONNECT asks for \(address.namespace).",
                        zh:
                            "io(\"…\") 中主机之后的部分是命名空间而不是路径：请求仍然发往 \(address.enginePath)，再由 CONNECT 请求进入 \(address.namespace)。"
                    ),
                    evidence: evidence,
                    fix: Fix(
                        en:
                            "Dial the host alone (io(\"https://host\")) with the path option where the server has another one, or create the namespace on the server.",
                        zh: "只写主机（io(\"https://host\")），需要时用 path 选项指定路径；或在服务器上创建该命名空间。"))
            ]
        }
        return [Complaint.heard(in: message)].compactMap { $0 }.compactMap {
            TokenWords.finding(for: $0, evidence)
        }
    }
}

/// Findings for what servers say about tokens.
enum TokenWords {
    static func finding(for complaint: Complaint, _ evidence: [Evidence]) -> Finding? {
        guard let (code, en, zh, fixEN, fixZH) = rows[complaint] else { return nil }
        return Finding(
            code, confidence: 0.85, title: Phrase(en: en, zh: zh),
            explanation: Phrase(
                en:
                    "The server says so itself; what it means by it is known from the libraries that use these words.",
                zh: "这是服务器自己的说明，其含义来自使用这些措辞的程序库。"),
            evidence: evidence, fix: Fix(en: fixEN, zh: fixZH))
    }

    private static let rows: [Complaint: (CauseCode, String, String, String, String)] = [
        .tokenExpired: (
            .tokenExpired, "the server says that the token has expired", "服务器表示 token 已过期",
            "Get a fresh token before each attempt to connect.", "每次连接前获取新的 token。"
        ),
        .tokenNotYetValid: (
            .tokenNotYetValid, "the server says that the token is not valid yet", "服务器表示 token 尚未生效",
            "Compare the clocks of both machines (timedatectl), and allow some seconds of leeway.",
            "比较两台机器的时钟（timedatectl），并允许几秒的误差。"
        ),
        .tokenSignature: (
            .tokenWrongSecret, "the server says that the token's signature is wrong", "服务器表示 token 签名错误",
            "Use the same key on both sides, and decode it (Base64 or not) alike.", "两端使用相同的密钥，并以相同方式解码。"
        ),
        .tokenAudience: (
            .tokenWrongAudience, "the server says that the token is for another audience",
            "服务器表示 token 的 aud 不符",
            "Have the token issued with the audience that the server expects.", "签发 token 时使用服务器期望的 aud。"
        ),
        .tokenIssuer: (
            .tokenWrongIssuer, "the server says that the token has another issuer", "服务器表示 token 的 iss 不符",
            "Make issuer and the server's setting the same, to the slash.", "让 iss 与服务器设置完全一致（包括斜杠）。"
        ),
        .tokenType: (
            .tokenWrongType, "the server says that the token is of another type", "服务器表示 token 类型不符",
            "Send the access token, not the refresh token.", "发送 access token，而不是 refresh token。"
        ),
        .tokenMalformed: (
            .tokenMalformed, "the server cannot read the token", "服务器无法解析 token",
            "Look at what is sent: a scheme word, quotes or a cut end make a token unreadable.",
            "检查实际发送的内容：前缀、引号或被截断都会使 token 无法解析。"
        ),
    ]
}
