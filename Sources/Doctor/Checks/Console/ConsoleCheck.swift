import HTTPWire

/// Lines of the browser's console, explained by what else is known.
struct ConsoleCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        var lines = examination.files.consoleLines
        if let text = examination.subject.consoleText { lines += ConsoleLine.all(in: text) }
        var seen: Set<String> = []
        return lines.compactMap { line in
            guard isHere(line, examination) else { return nil }
            guard seen.insert("\(line.kind)").inserted else { return nil }
            return finding(line, examination)
        } + noise(lines, examination)
    }

    /// Whether what the line says is of this socket, as far as the line tells.
    private func isHere(_ line: ConsoleLine, _ examination: Examination) -> Bool {
        let url = examination.subject.url
        switch line.kind {
        case .mixedContent:
            // wss:// of a page is never mixed content; WebKit's SecurityError has other reasons as well.
            return !url.scheme.isSecure || line.text.holds("ws://") || line.text.holds("http://")
        case .connectionRefused:
            // At the user's own machine nothing listens, and nothing should: the address is what is wrong.
            let page = examination.page
            let isOwnMachine =
                line.url.flatMap { try? URLParts($0) }.map { HostName.isLoopback($0.host) } ?? false
            if isOwnMachine, let page, !HostName.isLoopback(page.host) { return false }
        default: break
        }
        switch line.kind {
        case .blockedByPolicy, .blockedByCORS, .corsHeaderTwice, .connectionRefused, .nameNotResolved,
            .certificateRefused:
            return !line.isOfOtherHost(than: url.host)
        default: return true
        }
    }

    private func evidence(_ line: ConsoleLine) -> Evidence {
        Evidence(
            line.place == nil ? .argument : .log, say("the console says: \(line.text)", "控制台显示：\(line.text)"),
            at: line.place)
    }

    private func finding(_ line: ConsoleLine, _ examination: Examination) -> Finding? {
        guard let key = Key(line.kind), let row = Self.rows[key] else { return nil }
        return Finding(
            row.code, row.severity, confidence: row.confidence, title: row.title,
            explanation: row.explanation, evidence: [evidence(line)], place: line.place, fix: Fix(row.fix),
            predicts: row.predicts, excludedBy: row.severity == .error ? [] : [.upgraded])
    }

    /// A page that closes its socket before it is open: reloads, navigation, React's strict mode, reconnects.
    private func noise(_ lines: [ConsoleLine], _ examination: Examination) -> [Finding] {
        let line = lines.first { $0.kind == .closedBeforeOpen }
        let closing = examination.files.dials.first(where: \.isClosedByPage)
        guard line != nil || closing != nil else { return [] }
        let connected = examination.files.events(.connected).first
        var evidence: [Evidence] = []
        if let line { evidence.append(self.evidence(line)) }
        if let closing {
            evidence.append(
                .file(
                    "the page closes its socket when the component goes away", "组件卸载时页面会关闭套接字",
                    at: closing.place))
        }
        if let connected { evidence.append(.log(connected)) }
        return [
            Finding(
                .consoleNoise, .info, confidence: connected == nil ? 0.6 : 0.9,
                title: say(
                    "\"closed before the connection is established\" is the page's own doing",
                    "“closed before the connection is established” 是页面自身造成的"),
                explanation: say(
                    "close() was called while the handshake was still on its way: the page navigated, a component was mounted twice (React's strict mode), or a reconnect replaced the first attempt. It is harmless unless it goes on for minutes, or the server's log shows no connection at all.",
                    "握手尚未完成时页面调用了 close()：页面跳转、组件被挂载两次（React 严格模式），或重连替换了第一次尝试。除非持续数分钟，或服务器日志中完全没有连接，否则无害。"),
                evidence: evidence, place: line?.place ?? closing?.place,
                fix: Fix(
                    "nothing; to silence it, close the socket in its open handler when the component is gone already",
                    "无需处理；若要消除提示，可在组件已卸载时于 open 回调中再关闭套接字"))
        ]
    }

    // MARK: Meanings

    private struct Row {
        let code: CauseCode
        let severity: Severity
        let confidence: Double
        let title: Phrase
        let explanation: Phrase
        let fix: Phrase
        var predicts: Set<Symptom> = []
    }

    /// A kind without its numbers.
    private enum Key: Hashable {
        case cors, corsTwice, policy, certificate, refused, frame, mixed, name, protocolMissing, tls

        init?(_ kind: ConsoleLine.Kind) {
            switch kind {
            case .blockedByCORS: self = .cors
            case .corsHeaderTwice: self = .corsTwice
            case .blockedByPolicy: self = .policy
            case .certificateRefused: self = .certificate
            case .connectionRefused: self = .refused
            case .invalidFrame: self = .frame
            case .mixedContent: self = .mixed
            case .nameNotResolved: self = .name
            case .noSubprotocol, .subprotocolMismatch: self = .protocolMissing
            case .plainAnswerToTLS: self = .tls
            case .abnormalClose, .closedBeforeOpen, .connectionReset, .timedOut, .unexpectedStatus,
                .upgradeHeaderMissing:
                return nil
            }
        }
    }

    private static let rows: [Key: Row] = [
        .cors: Row(
            code: .corsOriginNotAllowed, severity: .error, confidence: 0.85,
            title: say("the browser refuses the answers of polling (CORS)", "浏览器拒绝了轮询的响应（CORS）"),
            explanation: say(
                "Socket.IO's polling are fetches, which need Access-Control-Allow-Origin with the page's origin. Plain sockets do not ask for CORS, so this speaks of polling or of an ordinary request.",
                "Socket.IO 的轮询是 fetch，需要 Access-Control-Allow-Origin 等于页面来源。纯套接字不受 CORS 限制，因此这里说的是轮询或普通请求。"),
            fix: say(
                "let the backend allow the page's origin, once, and with credentials if the client sends them",
                "让后端允许页面来源（只发送一次该头），若客户端发送凭据则同时允许凭据"), predicts: [.originDecides]),
        .corsTwice: Row(
            code: .corsDuplicateHeader, severity: .error, confidence: 0.93,
            title: say(
                "the answer names the allowed origin twice, and the browser takes neither",
                "响应两次给出允许的来源，浏览器都不接受"),
            explanation: say(
                "Proxy and backend both send Access-Control-Allow-Origin. With two values the browser takes neither, even when they are equal (Fetch §4.9).",
                "代理和后端都发送了 Access-Control-Allow-Origin。出现两个值时，即使相同，浏览器也都不接受（Fetch §4.9）。"),
            fix: say(
                "let one side send it: remove the proxy's add_header lines, or hide the backend's with proxy_hide_header Access-Control-Allow-Origin",
                "只由一方发送：删除代理的 add_header，或用 proxy_hide_header Access-Control-Allow-Origin 隐藏后端的")),
        .policy: Row(
            code: .cspConnectSrcBlocksWs, severity: .error, confidence: 0.9,
            title: say("the page's content security policy forbids the connection", "页面的内容安全策略禁止该连接"),
            explanation: say(
                "connect-src does not cover the address, so the browser refuses before anything goes out.",
                "connect-src 不包含该地址，浏览器在发出请求前就拒绝。"),
            fix: say("add the socket's address to connect-src", "把套接字地址加入 connect-src")),
        .certificate: Row(
            code: .certNameMismatch, severity: .error, confidence: 0.88,
            title: say("the browser does not accept the server's certificate", "浏览器不接受服务器的证书"),
            explanation: say(
                "For sockets browsers show no warning page: the connection just fails.",
                "对于套接字浏览器不会显示警告页，连接直接失败。"),
            fix: say(
                "serve a certificate that names the host, of a known issuer, with its chain",
                "使用包含该主机名、由可信机构签发且链完整的证书"), predicts: [.certificateRefused]),
        .refused: Row(
            code: .publicPortUnreachable, severity: .error, confidence: 0.75,
            title: say("the browser is refused at the port it dials", "浏览器连接的端口被拒绝"),
            explanation: say(
                "Nothing listens there, as seen from the browser: the proxy is down, or the address names a port that is not public.",
                "从浏览器看来该端口没有监听：代理没有运行，或地址使用了未公开的端口。"),
            fix: say(
                "dial the page's own host and port, and let the proxy pass the path on",
                "连接页面自身的主机和端口，由代理转发该路径"), predicts: [.refused]),
        .frame: Row(
            code: .compressionCorruptFrame, severity: .error, confidence: 0.7,
            title: say("a frame arrives that the browser cannot read", "浏览器收到了无法读取的帧"),
            explanation: say(
                "Invalid frame headers come from a side that compresses without having negotiated it, or from something on the way that writes into the stream.",
                "无效的帧头来自未协商就压缩的一方，或途中向流中写入数据的设备。"),
            fix: say(
                "switch permessage-deflate off at the server and see whether it goes away",
                "在服务器关闭 permessage-deflate 后观察是否消失"), predicts: [.invalidFrame]),
        .mixed: Row(
            code: .mixedContent, severity: .error, confidence: 0.95,
            title: say("an https page opens a ws:// socket", "https 页面打开了 ws:// 套接字"),
            explanation: say(
                "Browsers refuse unencrypted sockets of encrypted pages before a byte is sent.",
                "浏览器会在发送任何字节之前拒绝加密页面的未加密套接字。"),
            fix: say(
                "use wss:// whenever location.protocol is https:", "当 location.protocol 为 https: 时使用 wss://")),
        .name: Row(
            code: .nameUnresolvable, severity: .error, confidence: 0.85,
            title: say("the browser cannot resolve the host's name", "浏览器无法解析主机名"),
            explanation: say(
                "The name has no address for the user; names of containers and of private networks exist only there.",
                "该名称对用户没有地址；容器名和内网名称只在其内部有效。"), fix: say("dial a public name", "使用公网名称"),
            predicts: [.nameUnresolved]),
        .protocolMissing: Row(
            code: .subprotocolNotEchoed, severity: .error, confidence: 0.92,
            title: say("the server names none of the offered subprotocols, or another", "服务器没有选定或选错了子协议"),
            explanation: say(
                "A browser that offered subprotocols fails the connection unless the answer names one of them.",
                "浏览器提供了子协议，而响应未选定其中之一时会中止连接。"),
            fix: say(
                "let the server answer with one of the offered values, or offer none in the client",
                "让服务器返回其中一个子协议，或在客户端不提供子协议")),
        .tls: Row(
            code: .clientSchemePortMismatch, severity: .error, confidence: 0.7,
            title: say("the browser speaks TLS to something that does not", "浏览器对不支持 TLS 的端口使用了 TLS"),
            explanation: say(
                "ERR_SSL_PROTOCOL_ERROR: the port answers in plain text, or not as TLS. wss:// goes to a plain port.",
                "ERR_SSL_PROTOCOL_ERROR：该端口以明文回应。wss:// 连接到了明文端口。"),
            fix: say("dial the port of the proxy that has the certificate (443)", "连接拥有证书的代理端口（443）"),
            predicts: [.tlsFailed]),
    ]
}
