import NginxRouting
import NginxSyntax

/// Whether the header of the backend's answer fits `proxy_buffer_size`: else 502, "upstream sent too big
/// header".
struct AnswerBufferCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let traces = nginx.handshakes + [nginx.polling, nginx.plain].compactMap(\.self)
        let proxied = traces.filter { $0.proxied != nil }
        let sized = proxied.compactMap { trace -> (size: Int, statement: Statement?, trace: RequestTrace)? in
            guard let value = trace.effective("proxy_buffer_size", release: nginx.router.release) else {
                return nil
            }
            return NginxValue.bytes(value.value).map { ($0, value.statement, trace) }
        }
        guard let smallest = sized.min(by: { $0.size < $1.size }) else { return [] }
        var evidence: [Evidence] = []
        var confidence = 0.0
        if let event = examination.files.events(.responseHeaderTooBig).first {
            evidence.append(.logged(event))
            confidence = 0.95
        }
        for response in examination.files.responses {
            let length = response.fields.reduce(20) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
            guard length > smallest.size else { continue }
            evidence.append(
                Evidence(
                    .file, Phrase(en: "an answer with \(length) bytes of headers", zh: "响应头共 \(length) 字节"),
                    at: response.place))
            confidence = max(confidence, 0.85)
            break
        }
        if confidence == 0, let statement = smallest.statement, smallest.size < 4096 {
            evidence.append(nginx.quoted(statement))
            evidence.append(
                .known("a few cookies and a security policy make more than that", "几个 Cookie 加上安全策略头就会超过它"))
            confidence = 0.6
        } else if confidence > 0 {
            evidence.append(
                smallest.statement.map { nginx.quoted($0) }
                    ?? .known("proxy_buffer_size is not set, so 4k apply", "未设置 proxy_buffer_size，默认 4k"))
        }
        guard confidence > 0 else { return [] }
        let lines = ["proxy_buffer_size 16k;", "proxy_buffers 8 16k;", "proxy_busy_buffers_size 32k;"]
        let own = smallest.trace.level.map { level in
            ["proxy_buffer_size", "proxy_buffers", "proxy_busy_buffers_size"].contains {
                !level.own($0).isEmpty
            }
        }
        return [
            Finding(
                .proxyBufferSizeTooSmall, confidence: confidence,
                title: Phrase(
                    en: "the backend's answer may have \(smallest.size) bytes of headers at most",
                    zh: "后端响应头最多 \(smallest.size) 字节"),
                explanation: Phrase(
                    en: """
                        nginx reads the whole header of an answer into one buffer of proxy_buffer_size; one that is longer (large \
                        Set-Cookie or Content-Security-Policy fields) ends in 502, also when it is the 101 of a handshake.
                        """,
                    zh:
                        "nginx 把整个响应头读入一个大小为 proxy_buffer_size 的缓冲区；更长的响应头（较大的 Set-Cookie 或 Content-Security-Policy）会导致 502，握手的 101 也不例外。"
                ),
                evidence: evidence,
                place: (smallest.statement ?? smallest.trace.block).map { nginx.place($0) },
                fix: Fix(
                    en: lines.joined(separator: " ") + " (all three, so that they fit together)",
                    zh: lines.joined(separator: " ") + "（三者需同时设置以互相匹配）",
                    patch: own == true ? nil : nginx.patch(adding: lines, to: smallest.trace.block)),
                hop: "nginx", predicts: [.handshakeStatus(502)])
        ]
    }
}
