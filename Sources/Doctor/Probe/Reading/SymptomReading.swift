import Bytes
import Transport

/// Puts what was seen on the public path into the words that static checks predict with.
enum SymptomReading {
    /// - Parameter isPage: Whether the address is that of a page, of which nobody expects a WebSocket: then a handshake that is refused
    ///   is no symptom.
    static func symptoms(of evidence: ProbeEvidence, isPage: Bool = false) -> [Symptom: Evidence] {
        var symptoms: [Symptom: Evidence] = [:]
        func add(_ symptom: Symptom, _ en: String, _ zh: String) {
            symptoms[symptom] = Evidence(.probe, Phrase(en: en, zh: zh))
        }
        guard let path = evidence.path else { return symptoms }
        reach(path, add)
        if let handshake = path.handshake, !isPage || handshake.isUpgraded { read(handshake, path, add) }
        if isPage, let status = path.plain?.status {
            add(.pageStatus(status), "the page was answered with \(status)", "页面返回 \(status)")
        }
        if let conversation = path.conversation { read(conversation, add) }
        if let status = path.page?.status {
            add(.pageStatus(status), "GET / was answered with \(status)", "GET / 返回 \(status)")
        }
        if let engine = path.engine { read(engine, path, add) }
        variants(path, add)
        if case .violated(_, let words, _)? = path.compressed?.conversation?.end {
            add(
                .invalidFrame, "with compression offered, a frame broke the protocol: \(words)",
                "提供压缩时收到违反协议的帧：\(words)")
        }
        if let idle = path.idle, idle.limit > .zero {
            if let end = idle.end {
                add(
                    .idleCut, "an idle connection was cut after \(end.age.short)",
                    "空闲连接在 \(end.age.short) 后被切断")
            } else {
                add(
                    .idleSurvived, "an idle connection stayed open for \(idle.limit.short)",
                    "空闲连接保持了 \(idle.limit.short)")
            }
        }
        if let stream = path.stream, stream.isKeptBack {
            add(.buffered, stream.words.en, stream.words.zh)
        }
        if let backend = evidence.backend?.asBrowser ?? evidence.inner.first?.handshake {
            if backend.isUpgraded {
                add(.backendWorks, "the backend's own address accepts the handshake", "后端自身的地址接受握手")
            } else {
                add(
                    .backendFails, "the backend's own address refuses the handshake too: \(backend.words.en)",
                    "后端自身的地址同样拒绝握手：\(backend.words.zh)")
            }
        }
        return symptoms
    }

    private typealias Add = (Symptom, String, String) -> Void

    private static func reach(_ path: HopEvidence, _ add: Add) {
        if case .failed(let words) = path.lookup { add(.nameUnresolved, words, "无法解析主机名：\(words)") }
        if !path.isReachable, let first = path.addresses.first, let fault = first.fault {
            let words = fault.words
            let symptom: Symptom = fault == .refused ? .refused : .filtered
            add(symptom, "\(first.address): \(words.en)", "\(first.address)：\(words.zh)")
        }
        if let fault = path.tls?.fault {
            add(.tlsFailed, "TLS failed: \(fault.words)", "TLS 失败：\(fault.words)")
        }
        if let check = path.tls?.observation?.verification, !check.isAccepted {
            let words = check.isForName ? check.chainProblemWords : "the certificate is for another name"
            add(.certificateRefused, "a browser refuses the certificate: \(words)", "浏览器会拒绝该证书：\(words)")
        }
    }

    private static func read(_ handshake: HandshakeAttempt, _ path: HopEvidence, _ add: Add) {
        let words = handshake.words
        switch handshake.verdict {
        case .upgraded: add(.upgraded, "the handshake was answered with a valid 101", "握手得到有效的 101 应答")
        case .invalid: add(.handshakeInvalid, "the handshake got \(words.en)", "握手\(words.zh)")
        case .refused:
            guard let status = handshake.exchange.status else {
                if HopProbe.isSpeechless(handshake.exchange.outcome) {
                    add(
                        .noAnswer, "the handshake got no HTTP answer: \(words.en)",
                        "握手没有得到 HTTP 应答：\(words.zh)")
                }
                return
            }
            add(
                .handshakeStatus(status), "the handshake was answered with \(words.en)",
                "握手得到的应答是 \(words.zh)")
            if (300..<400).contains(status) {
                let location =
                    handshake.exchange.answer?["Location"].map { Excerpt.line($0.pathOnly, limit: 200) }
                    ?? "?"
                add(.handshakeRedirect, "the handshake was redirected to \(location)", "握手被重定向到 \(location)")
            }
            if (200..<300).contains(status), handshake.exchange.answer?.isPage == true {
                add(
                    .handshakePage, "the handshake was answered with a page: \(words.en)",
                    "握手得到的是一个网页：\(words.zh)")
            }
        }
    }

    private static func read(_ conversation: Conversation, _ add: Add) {
        if conversation.pong != nil || !conversation.messages.isEmpty {
            add(.exchanged, "messages went both ways", "消息可双向传递")
        }
        switch conversation.end {
        case .byUs: break
        case .closed(let code, let reason):
            let name = code.map { "\($0)" } ?? "no code"
            let words = reason.isEmpty ? "" : " “\(Excerpt.line(reason, limit: 123))”"
            add(
                .closedAtOnce,
                "the server closed \(conversation.age.short) after the handshake: \(name)\(words)",
                "握手后 \(conversation.age.short) 服务器关闭了连接：\(name)\(words)")
        case .lost:
            add(
                .closedAtOnce,
                "the connection was lost \(conversation.age.short) after the handshake, without a close frame",
                "握手后 \(conversation.age.short) 连接丢失，没有关闭帧")
        case .violated(_, let words, _):
            add(.invalidFrame, "a frame broke the protocol: \(words)", "收到违反协议的帧：\(words)")
        }
    }

    private static func read(_ engine: EngineEvidence, _ path: HopEvidence, _ add: Add) {
        let unknown = engine.sessions.filter { $0.unknownCount > 0 }.count
        if unknown > 0 {
            add(
                .sessionUnknown,
                "\(unknown) of \(engine.sessions.count) polling sessions were told “Session ID unknown”",
                "\(engine.sessions.count) 个轮询会话中有 \(unknown) 个收到“Session ID unknown”")
        }
        if path.handshake?.isUpgraded != true, engine.sessions.contains(where: { $0.connect == .connected }) {
            add(.pollingOnly, "polling works, and WebSocket does not", "轮询可用，但 WebSocket 不可用")
        }
        if engine.webSocketConnect == .connected
            || engine.sessions.contains(where: { $0.connect == .connected })
        {
            add(.exchanged, "a Socket.IO namespace let us in", "Socket.IO 命名空间接受了连接")
        }
    }

    private static func variants(_ path: HopEvidence, _ add: Add) {
        for one in path.variants where one.attempt.isUpgraded {
            switch one.variant {
            case .withoutOrigin:
                add(.originDecides, "without Origin the handshake is accepted", "不带 Origin 时握手被接受")
            case .origin:
                let origin = one.attempt.request.origin ?? ""
                add(
                    .originDecides, "with Origin \(origin) the handshake is accepted",
                    "Origin 为 \(origin) 时握手被接受")
            case .token, .withoutToken:
                add(
                    .tokenDecides, "with the token in another form or place the handshake is accepted",
                    "token 换一种形式或位置后握手被接受")
            case .path, .echoedHost, .http10, .without: break
            }
        }
    }
}
