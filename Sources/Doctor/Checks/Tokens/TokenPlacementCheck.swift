/// Where the token travels and under which name, against where the server reads it; and what logs say of tokens.
struct TokenPlacementCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        [parameter(examination), header(examination), absent(examination)].compactMap(\.self)
            + logs(examination)
    }

    /// Names under which the server reads a token from the query, with where that is said.
    private func readNames(_ examination: Examination) -> [(name: String, place: FilePlace?)] {
        if let name = examination.files.expectations?.parameter {
            return [(name, examination.files.expectations?.place)]
        }
        let names = examination.files.servers.flatMap(\.tokenNames).filter { $0.place == .query }
        return names.map { ($0.name, $0.at) }
    }

    private func parameter(_ examination: Examination) -> Finding? {
        let read = readNames(examination)
        guard let first = read.first, let sent = sentName(examination) else { return nil }
        guard !read.contains(where: { $0.name == sent.name }) else { return nil }
        let wanted = read.map(\.name).joined(separator: ", ")
        return Finding(
            .tokenWrongParamName, confidence: 0.9,
            title: say(
                "the token is sent as \"\(sent.name)\" and read as \"\(first.name)\"",
                "令牌以“\(sent.name)”发送，而服务器读取的是“\(first.name)”"),
            explanation: say(
                "The server looks for a query parameter \(wanted); it finds none and takes the client for one without a token, although a valid one is in the address.",
                "服务器查找查询参数 \(wanted)，没有找到，于是认为客户端没有令牌，尽管地址中已有有效令牌。"),
            evidence: [
                Evidence(
                    sent.place == nil ? .argument : .file,
                    say("the client sends ?\(sent.name)=…", "客户端发送 ?\(sent.name)=…"), at: sent.place),
                .file("the server reads \"\(wanted)\"", "服务器读取“\(wanted)”", at: first.place),
            ], place: sent.place ?? first.place,
            fix: Fix(
                "send it as ?\(first.name)=…, or let the server read \"\(sent.name)\"",
                "改为 ?\(first.name)=…，或让服务器读取“\(sent.name)”"),
            predicts: [.tokenDecides, .handshakeStatus(401), .handshakeStatus(403)])
    }

    /// The name in the address, or in an address a script puts together.
    private func sentName(_ examination: Examination) -> (name: String, place: FilePlace?)? {
        if let member = TokenQuery.members(examination.subject).first { return (member.name, nil) }
        for dial in examination.files.dials {
            if case .object(let members)? = dial.options["query"],
                let name = members.first(where: { $0.name.lowercased().holds("token") || $0.name == "jwt" })
            {
                return (name.name, dial.place)
            }
            let sketch = dial.address?.sketch ?? ""
            guard let query = sketch.after("?") else { continue }
            for part in query.split(separator: "&") {
                let name = part.before("=") ?? String(part)
                if name.lowercased().holds("token") || name == "jwt" || name == "auth" {
                    return (name, dial.place)
                }
            }
        }
        return nil
    }

    /// A header the server reads, which nginx drops for its underscore.
    private func header(_ examination: Examination) -> Finding? {
        guard let nginx = examination.files.nginx, nginx.dropsUnderscores else { return nil }
        let sent = examination.files.requests.flatMap(\.fields).first { $0.name.contains("_") }
        let read = examination.files.servers.flatMap(\.tokenNames).first {
            $0.place == .header && $0.name.contains("_")
        }
        let wanted = examination.files.expectations?.header.flatMap { $0.contains("_") ? $0 : nil }
        let written = examination.files.sentHeaders.first
        let dropped = examination.files.events(.headerLineInvalid).first { $0.value?.contains("_") == true }
        guard let name = dropped?.value ?? sent?.name ?? written?.name ?? wanted ?? read?.name else {
            return nil
        }
        let place =
            dropped?.place ?? sent?.place ?? written?.place ?? read?.at
            ?? examination.files.expectations?.place
        return Finding(
            .headerWithUnderscoreDropped, confidence: 0.9,
            title: say("nginx drops the request header \(name)", "nginx 丢弃了请求头 \(name)"),
            explanation: say(
                "Header names with an underscore are ignored unless underscores_in_headers is on (ngx_http_core_module), since CGI could not tell them from names with a hyphen. The backend sees a request without it.",
                "除非开启 underscores_in_headers，nginx 会忽略名称中带下划线的请求头（ngx_http_core_module），因为 CGI 无法将其与连字符区分。后端收到的请求中没有这个头。"
            ),
            evidence: [.file("the client sends the header \(name)", "客户端发送请求头 \(name)", at: place)],
            place: place,
            fix: Fix(
                "name the header with hyphens (\(name.replacing("_", with: "-"))), or set underscores_in_headers on; in the server block",
                "把请求头改用连字符（\(name.replacing("_", with: "-"))），或在 server 块中设置 underscores_in_headers on;"),
            predicts: [.handshakeStatus(401), .handshakeStatus(403)])
    }

    /// The server wants a token, and the address of a client that can only send it there has none.
    private func absent(_ examination: Examination) -> Finding? {
        let subject = examination.subject
        guard let first = readNames(examination).first, examination.files.token == nil,
            subject.tokenPlace == nil, subject.firstMessage == nil,
            sentName(examination) == nil, TokenQuery.members(subject).isEmpty, !isSentElsewhere(examination)
        else { return nil }
        return Finding(
            .tokenMissing, .error, confidence: 0.6, title: say("no token is sent", "没有发送令牌"),
            explanation: say(
                "The server reads a token from the query parameter \"\(first.name)\", and the address has no such parameter.",
                "服务器从查询参数“\(first.name)”读取令牌，而地址中没有该参数。"),
            evidence: [.file("the server reads \"\(first.name)\"", "服务器读取“\(first.name)”", at: first.place)],
            place: first.place,
            fix: Fix("append ?\(first.name)=TOKEN to the address", "在地址后加上 ?\(first.name)=令牌"),
            predicts: [.tokenDecides])
    }

    private func isSentElsewhere(_ examination: Examination) -> Bool {
        examination.files.dials.contains { dial in
            dial.options["auth"] != nil || dial.options["extraHeaders"] != nil || !dial.subprotocols.isEmpty
                || dial.options["query"] != nil
                || dial.options["withCredentials"]?.isTrue == true
        } || examination.files.requests.contains { $0["Authorization"] != nil || $0["Cookie"] != nil }
    }

    // MARK: Logs

    private static let meanings: [(LogEvent.Kind, CauseCode, Phrase, Phrase)] = [
        (
            .tokenExpired, .tokenExpired, say("the server refuses an expired token", "服务器拒绝了过期的令牌"),
            say("let the client fetch a fresh token before each attempt to connect", "让客户端在每次连接前获取新令牌")
        ),
        (
            .tokenNotYetValid, .tokenNotYetValid,
            say("the server refuses a token that is not valid yet", "服务器拒绝了尚未生效的令牌"),
            say(
                "synchronise the clocks of issuer and server (timedatectl), and allow some leeway",
                "同步签发方与服务器的时钟（timedatectl），并允许少许容差")
        ),
        (
            .signatureRefused, .tokenWrongSecret,
            say("the server cannot verify the token's signature", "服务器无法验证令牌签名"),
            say("use the same secret or key pair, encoded alike, on both sides", "两端使用相同且编码一致的密钥")
        ),
        (
            .tokenMalformed, .tokenMalformed, say("what the server gets is no JWT", "服务器收到的不是 JWT"),
            say("send the bare token; look at what the client really sends", "只发送令牌本身；检查客户端实际发送的内容")
        ),
        (
            .tokenPrefixed, .tokenMalformedPrefix,
            say("the token the server gets begins with \"Bearer\"", "服务器收到的令牌以“Bearer”开头"),
            say("send the token alone, without \"Bearer \" before it", "只发送令牌本身，去掉前面的“Bearer ”")
        ),
        (
            .tokenMissing, .tokenMissing, say("the server gets no token", "服务器没有收到令牌"),
            say(
                "send the token where the server reads it, and only connect once it is there",
                "在服务器读取的位置发送令牌，并在取得令牌后再连接")
        ),
        (
            .audienceRefused, .tokenWrongAudience,
            say("the server refuses the token's audience", "服务器拒绝了令牌的 aud"),
            say("issue tokens with the aud the server demands", "签发带有服务器所要求 aud 的令牌")
        ),
        (
            .issuerRefused, .tokenWrongIssuer, say("the server refuses the token's issuer", "服务器拒绝了令牌的 iss"),
            say("configure the issuer the tokens really name", "按令牌实际的 iss 配置服务器")
        ),
        (
            .tokenTypeRefused, .tokenWrongType, say("the server refuses the token's type", "服务器拒绝了令牌的类型"),
            say(
                "send the access token, not the refresh or id token", "发送 access token，而不是 refresh 或 id token"
            )
        ),
    ]

    private func logs(_ examination: Examination) -> [Finding] {
        Self.meanings.compactMap { kind, code, title, fix in
            // In the Authorization field the scheme stands where it belongs.
            let event = examination.files.events(kind).first {
                kind != .tokenPrefixed || !$0.excerpt.lowercased().holds("authorization")
            }
            guard let event else { return nil }
            return Finding(
                code, confidence: 0.85, title: title,
                explanation: say(
                    "The application's log names the reason itself; the handshake reaches it, so the way there is not the fault.",
                    "应用日志已写明原因；握手已到达应用，因此链路本身没有问题。"),
                evidence: [.log(event)], place: event.place, fix: Fix(fix), hop: "backend",
                predicts: [.tokenDecides])
        }
    }
}

/// The first message of the client against what the server expects.
struct FirstMessageCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        var findings: [Finding] = []
        if let event = examination.files.events(.firstMessageRefused).first {
            findings.append(
                finding(
                    say("the server does not know the client's first message", "服务器不认识客户端的第一条消息"),
                    [.log(event)], event.place, 0.85, nil))
        }
        guard let (type, field, sentAt) = sent(examination) else { return findings }
        let servers = examination.files.servers.filter { !$0.messageTypes.isEmpty }
        let known = servers.flatMap(\.messageTypes)
        let wanted = examination.files.expectations?.messageType
        let place = wanted != nil ? examination.files.expectations?.place : servers.first?.place
        let expected = wanted.map { [$0] } ?? known
        guard !expected.isEmpty, !expected.contains(type) else { return findings }
        let best = expected.first { $0.lowercased().holds("auth") } ?? expected[0]
        findings.append(
            finding(
                say(
                    "the first message has \(field) \"\(type)\", the server expects \"\(best)\"",
                    "第一条消息的 \(field) 为“\(type)”，服务器期望“\(best)”"),
                [
                    Evidence(
                        sentAt == nil ? .argument : .file,
                        say("the client sends \(field) \"\(type)\" first", "客户端首先发送 \(field) “\(type)”"),
                        at: sentAt),
                    .file(
                        "the server knows \(expected.map { "\"\($0)\"" }.joined(separator: ", "))",
                        "服务器识别 \(expected.map { "“\($0)”" }.joined(separator: "、"))", at: place),
                ], place, 0.85, best))
        return findings
    }

    private func finding(
        _ title: Phrase, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double,
        _ expected: String?
    ) -> Finding {
        Finding(
            .authMessageTypeMismatch, confidence: confidence, title: title,
            explanation: say(
                "A server that authenticates by the first message waits for one form of it. Anything else is ignored or answered by closing, so the socket opens and is gone at once, or never delivers.",
                "通过首条消息认证的服务器只接受一种格式。其他内容会被忽略或导致关闭，因此连接建立后立即断开，或始终收不到数据。"),
            evidence: evidence, place: place,
            fix: Fix(
                expected.map { "send {\"type\": \"\($0)\", \"token\": …} first" }
                    ?? "send the first message in the form the server documents",
                expected.map { "首先发送 {\"type\": \"\($0)\", \"token\": …}" } ?? "按服务器文档规定的格式发送首条消息"),
            hop: "backend", predicts: [.closedAtOnce])
    }

    /// What was given, or else what a script sends.
    private func sent(_ examination: Examination) -> (type: String, field: String, place: FilePlace?)? {
        if let (type, field) = Self.sentType(examination.subject.firstMessage) { return (type, field, nil) }
        return examination.files.sentTypes.first.map { ($0.type, $0.field, $0.place) }
    }

    /// The value of its member that tells messages apart.
    static func sentType(_ message: String?) -> (type: String, field: String)? {
        guard let message else { return nil }
        let tokens = ScriptLexer.tokens(Array(message.utf8))
        var parser = ScriptParser(tokens)
        var at = 0
        let value = parser.value(&at)
        for field in ["type", "event", "action", "op", "cmd"] {
            if let text = value[field]?.literal { return (text, field) }
        }
        return nil
    }
}

/// Tokens in clear text in access logs: whoever reads the log can use them.
struct TokenInLogCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let clear = examination.files.clearTokens.first else { return [] }
        let count = examination.files.clearTokens.reduce(0) { $0 + $1.count }
        return [
            Finding(
                .tokenInLog, .info, confidence: 0.95,
                title: say(
                    "the log holds \(count) line\(count == 1 ? "" : "s") with a token in clear text",
                    "日志中有 \(count) 行包含明文令牌"),
                explanation: say(
                    "A token in a query string is written to the log of every proxy on the way, and whoever reads one of them can use it until it expires.",
                    "查询字符串中的令牌会写入沿途每个代理的日志，任何能读取日志的人在其过期前都可以使用它。"),
                evidence: [Evidence(.log, Phrase(clear.excerpt), at: clear.place)], place: clear.place,
                fix: Fix(
                    "log $uri instead of $request (nginx: a log_format without the query), or send the token in the first message or a cookie",
                    "日志中使用 $uri 代替 $request（nginx：使用不含查询参数的 log_format），或通过首条消息、Cookie 发送令牌"))
        ]
    }
}
