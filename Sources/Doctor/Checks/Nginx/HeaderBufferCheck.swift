import NginxRouting
import NginxSyntax

/// Whether the handshake's request line and headers fit the buffers of each nginx on the way.
///
/// A line must fit one of `large_client_header_buffers` (414 for the request line, 400 for a field). The line
/// is read before Host is known, so the buffers are those of the address's default server, unless TLS named
/// the server before (`ngx_http_alloc_large_header_buffer`).
struct HeaderBufferCheck: Check {
    private struct Buffer {
        let size: Int
        let statement: Statement?
        let trace: RequestTrace
    }

    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let buffers = nginx.handshakes.compactMap { buffer($0) }
        guard let smallest = buffers.min(by: { $0.size < $1.size }), let outer = buffers.first else {
            return []
        }
        var evidence: [Evidence] = []
        var confidence = 0.0
        var severity = Severity.error
        let logged = examination.files.events(.headerLineTooLong).filter {
            $0.excerpt.contains("client sent too")
        }
        if let event = logged.first {
            evidence.append(.logged(event))
            confidence = 0.95
        }
        if let long = longest(examination), long.length > smallest.size {
            evidence.append(
                Evidence(
                    .argument,
                    Phrase(
                        en: "\(long.name.en) is \(long.length) bytes long",
                        zh: "\(long.name.zh)长 \(long.length) 字节")))
            confidence = max(confidence, 0.9)
        }
        // A location that clears Cookie forwards no long line any more.
        let clearsCookie =
            nginx.handshake.proxied?.emptied.contains { $0.name.lowercased() == "cookie" } == true
        if smallest.size < outer.size, let raised = outer.statement, !clearsCookie {
            // Somebody raised the outer limit because lines that long come; the inner one refuses them.
            evidence.append(nginx.quoted(raised))
            confidence = max(confidence, 0.7)
        } else if smallest.statement != nil, smallest.size < 8192, confidence == 0 {
            evidence.append(
                .known(
                    "a session cookie with a signed token takes 2 to 6 KB in one line",
                    "带签名令牌的会话 Cookie 单行就有 2 到 6 KB"))
            severity = smallest.size < 4096 ? .error : .warning
            confidence = 0.6
        }
        guard confidence > 0 else { return [] }
        if let statement = smallest.statement {
            evidence.append(nginx.quoted(statement))
        } else {
            evidence.append(
                .known(
                    "large_client_header_buffers is not set for \(smallest.trace.choice?.listener.title ?? "this listener"), so a line may have 8k",
                    "\(smallest.trace.choice?.listener.title ?? "该监听") 未设置 large_client_header_buffers，单行最多 8k"
                ))
        }
        let server = smallest.trace.choice?.listener.defaultServer?.statement
        let wanted = max(32, outer.size / 1024, (longest(examination)?.length ?? 0) / 1024 + 8)
        let title = smallest.trace.choice?.listener.title ?? "nginx"
        return [
            Finding(
                .clientHeaderBufferTooSmall, severity, confidence: confidence,
                title: Phrase(
                    en: "\(title) takes header lines of at most \(smallest.size) bytes",
                    zh: "\(title) 单行请求头最多 \(smallest.size) 字节"),
                explanation: Phrase(
                    en: """
                        Request line and each header of the handshake must fit one buffer of large_client_header_buffers. A long \
                        token, cookie or subprotocol does not, and nginx answers 400 (or 414 for the request line) before \
                        any location is looked at, though every header of the upgrade is there.
                        """,
                    zh:
                        "握手的请求行和每个请求头都必须放进 large_client_header_buffers 的一个缓冲区。过长的令牌、Cookie 或子协议放不下，nginx 在匹配 location 之前就返回 400（请求行则为 414），即使升级头都齐全。"
                ),
                evidence: evidence, place: (smallest.statement ?? server).map { nginx.place($0) },
                fix: Fix(
                    en: """
                        large_client_header_buffers 4 \(wanted)k; in the default server of \(title), or leave the long header \
                        out (proxy_set_header Cookie "";)
                        """,
                    zh:
                        "在 \(title) 的默认 server 中设置 large_client_header_buffers 4 \(wanted)k;，或不要转发过长的头 (proxy_set_header Cookie \"\";)",
                    patch: smallest.statement.flatMap { nginx.patch($0, argument: 1, to: "\(wanted)k") }
                        ?? nginx.patch(adding: ["large_client_header_buffers 4 \(wanted)k;"], to: server)),
                hop: "nginx",
                predicts: [.handshakeStatus(400), .handshakeStatus(414), .handshakeStatus(431)])
        ]
    }

    private func buffer(_ trace: RequestTrace) -> Buffer? {
        guard let choice = trace.choice else { return nil }
        let server =
            choice.listener.isSecure && trace.request.serverName != nil
            ? choice.server : choice.listener.defaultServer
        let statement = (server ?? choice.server).level.value("large_client_header_buffers")
        let size = statement.flatMap { NginxValue.bytes($0.text(1)) } ?? 8192
        return Buffer(size: size, statement: statement, trace: trace)
    }

    /// The longest line of the handshake that is known.
    private func longest(_ examination: Examination) -> (name: Phrase, length: Int)? {
        let subject = examination.subject
        // `GET target HTTP/1.1`
        var lines = [
            (name: Phrase(en: "the request line", zh: "请求行"), length: subject.target.utf8.count + 14)
        ]
        if let token = subject.token {
            switch subject.tokenPlace {
            case .header, .cookie, nil:
                if !subject.target.contains(token), subject.tokenPlace != nil {
                    lines.append(
                        (Phrase(en: "the header with the token", zh: "带令牌的请求头"), token.utf8.count + 24))
                }
            case .query:
                if !subject.target.contains(token) {
                    lines.append(
                        (
                            Phrase(en: "the request line with the token", zh: "带令牌的请求行"),
                            subject.target.utf8.count + token.utf8.count + 22
                        ))
                }
            case .firstMessage, .socketIO: break
            }
        }
        for request in examination.files.requests where request.isHandshake {
            for field in request.fields {
                lines.append((Phrase("\(field.name)"), field.name.utf8.count + field.value.utf8.count + 4))
            }
        }
        return lines.max { $0.length < $1.length }
    }
}
