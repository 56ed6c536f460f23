/// How long the connection lives, and whether a stream flows.
struct TimeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path else { return [] }
        var found: [Finding] = []
        if let idle = path.idle, let end = idle.end { found.append(cut(idle, end, path, examination)) }
        if let stream = path.stream, let kept = buffered(stream, path) { found.append(kept) }
        if let sizes = path.sizes, let lost = sizes.lost { found.append(lostMessage(sizes, lost)) }
        return found
    }

    private func cut(
        _ idle: IdleEvidence, _ end: (age: Duration, how: Conversation.End), _ path: HopEvidence,
        _ examination: Examination
    ) -> Finding {
        // A close frame is the application's own doing; a proxy knows nothing of frames.
        var isByServer = false
        if case .closed = end.how { isByServer = true }
        let how: Phrase
        switch end.how {
        case .closed(let code, _):
            how = Phrase(
                en: "with a close frame (\(code.map(String.init) ?? "no code"))",
                zh: "带关闭帧（\(code.map(String.init) ?? "无代码")）")
        case .lost(.reset): how = Phrase(en: "by a reset", zh: "被重置")
        default: how = Phrase(en: "without a close frame", zh: "没有关闭帧")
        }
        let network = path.handshake?.exchange.answer?.network
        let code: CauseCode =
            idle.pings > 0
            ? .heartbeatSlowerThanTimeout : network != nil ? .outerIdleTimeout : .readTimeoutTooShort
        return Finding(
            isByServer ? .closedAfterOpen : code, .error, confidence: isByServer ? 0.6 : 0.9,
            title: Phrase(
                en: "an idle connection is cut after \(end.age.short)", zh: "空闲连接在 \(end.age.short) 后被切断"),
            explanation: Phrase(
                en: isByServer
                    ? "The application itself ends connections that say nothing; a client that sends heartbeats stays."
                    : "A hop closes connections on which nothing moves: proxy_read_timeout of nginx (60 s unless set), timeout tunnel of HAProxy, the idle limit of a balancer or content network\(network.map { " (here \($0))" } ?? ""). The browser sees 1006.",
                zh: isByServer
                    ? "应用会主动结束没有消息的连接，发送心跳的客户端不受影响。"
                    : "途中有组件会关闭没有数据的连接：nginx 的 proxy_read_timeout（默认 60 秒）、HAProxy 的 timeout tunnel、负载均衡或内容网络的空闲限制。浏览器看到的是 1006。"
            ),
            evidence: [
                .seen("idle, it ended after \(end.age.short) \(how.en)", "空闲 \(end.age.short) 后结束，\(how.zh)")
            ],
            fix: Fix(
                en:
                    "Send a heartbeat at less than half of that age, and raise the timeout of the hop (proxy_read_timeout 1h; in the location of the socket).",
                zh: "以小于该时长一半的间隔发送心跳，并提高该跳的超时（在套接字的 location 中 proxy_read_timeout 1h;）。"))
    }

    private func buffered(_ stream: StreamEvidence, _ path: HopEvidence) -> Finding? {
        guard stream.isKeptBack else { return nil }
        let words = stream.words
        var evidence: [Evidence] = [.seen(words.en, words.zh)]
        if stream.exchange.isDeliveredTogether, let answer = stream.exchange.answer,
            let first = answer.chunks.first
        {
            let events = answer.text.split(separator: "\n\n").count
            evidence.append(
                .seen(
                    "\(events) events came in \(answer.chunks.count) piece(s), the first after \(first.at.short)",
                    "\(events) 个事件分 \(answer.chunks.count) 次到达，首次在 \(first.at.short) 后"))
        }
        return Finding(
            .bufferingOnStreaming, confidence: 0.85,
            title: Phrase(en: "the stream is kept back and delivered in lumps", zh: "流被缓冲后成块送达"),
            explanation: Phrase(
                en:
                    "Events that are made one after the other arrive together: a proxy collects the answer before it passes it on (proxy_buffering, on by default in nginx).",
                zh: "先后产生的事件一起到达：代理先收集应答再转发（nginx 默认开启 proxy_buffering）。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "proxy_buffering off; for the location of the stream, or X-Accel-Buffering: no in the answer.",
                zh: "在该流的 location 中设置 proxy_buffering off;，或在应答中发送 X-Accel-Buffering: no。"))
    }

    private func lostMessage(_ sizes: SizeEvidence, _ lost: (bytes: Int, end: Conversation.End)) -> Finding {
        let bound = sizes.echoed ?? 0
        let how: String
        switch lost.end {
        case .closed(let code, _): how = "close \(code.map(String.init) ?? "–")"
        case .lost(.reset): how = "reset"
        case .lost(.silent): how = "silence"
        default: how = "end"
        }
        return Finding(
            .closedAfterOpen, .info, confidence: 0.5,
            title: Phrase(
                en: "messages longer than \(bound) bytes do not come back", zh: "超过 \(bound) 字节的消息无法返回"),
            explanation: Phrase(
                en:
                    "The server, or a hop, takes messages up to a limit only. That is fine as long as the application stays below it.",
                zh: "服务器或途中组件对消息长度有限制；只要应用不超过它就没有问题。"),
            evidence: [
                .seen(
                    "\(bound) bytes came back, \(lost.bytes) did not: \(how)",
                    "\(bound) 字节返回，\(lost.bytes) 字节未返回：\(how)")
            ],
            fix: Fix(
                en:
                    "Raise the server's message limit (maxPayload, max_size, maxHttpBufferSize) if longer messages are to pass.",
                zh: "若需要更长的消息，请提高服务器的消息上限（maxPayload、max_size、maxHttpBufferSize）。"))
    }
}
