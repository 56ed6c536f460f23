import HTTPWire
import NginxRouting
import NginxSyntax

/// Whether both sides of a connection agree that a PROXY line comes first.
struct ProxyProtocolCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        return [expected(nginx, examination), sent(nginx, examination)].compactMap(\.self)
    }

    /// A listener wants the line, and whoever connects does not send it.
    private func expected(_ nginx: NginxEvidence, _ examination: Examination) -> Finding? {
        for (index, trace) in nginx.handshakes.enumerated() {
            guard let listener = trace.choice?.listener, listener.expectsProxyProtocol else { continue }
            // A stream server of the same nginx sends it if it is told to; the http block cannot.
            if index == 0, nginx.stream?.sendsProxyProtocol != nil { continue }
            let logged = examination.ownEvents(.proxyHeaderBroken)
            if logged.isEmpty, examination.seesHandshakes { continue }
            let isInner = index > 0 || nginx.stream != nil
            let senders = examination.files.tunnels.contains { tunnel in
                tunnel.proxies.contains { $0.proxyProtocol != nil }
            }
            let hasFront =
                senders
                || examination.files.hops.contains { [.balancer, .tunnel, .cdn, .proxy].contains($0.kind) }
            // frp's client dials this very listener, and says nothing before the request unless told to.
            let silent = examination.files.tunnels.filter(\.isClient).flatMap(\.proxies).first { proxy in
                proxy.localPort == listener.port && proxy.plugin == nil && proxy.proxyProtocol == nil
                    && proxy.localIP.map { HostName.isLoopback($0) } ?? true
            }
            let confidence =
                !logged.isEmpty ? 0.95 : isInner || silent != nil ? 0.9 : hasFront ? 0.35 : 0.65
            let line =
                listener.statements.first { $0.arguments.contains("proxy_protocol") }
                ?? listener.statements.first
            guard let line else { continue }
            return Finding(
                .proxyProtocolMismatch, confidence < 0.5 ? .info : .error, confidence: confidence,
                title: Phrase(
                    en:
                        "\(listener.title) expects a PROXY line that \(isInner ? "nginx's own proxy" : "clients") do not send",
                    zh: "\(listener.title) 要求 PROXY 行，而\(isInner ? "nginx 自己的代理" : "客户端")不会发送"),
                explanation: Phrase(
                    en: """
                        With proxy_protocol in listen a connection must begin with a PROXY line. Only a balancer told to send it does; \
                        \(isInner ? "proxy_pass of the http block cannot." : "a browser never does.") nginx then logs "broken header" and closes without an answer.
                        """,
                    zh:
                        "listen 带 proxy_protocol 时，连接必须以 PROXY 行开头。只有配置为发送的负载均衡器才会发送；\(isInner ? "http 块的 proxy_pass 做不到。" : "浏览器从不发送。")nginx 会记录 \"broken header\" 并直接关闭连接。"
                ),
                evidence: logged.prefix(1).map { .logged($0) } + [nginx.quoted(line)]
                    + (silent.map {
                        [
                            .file(
                                "frp's proxy \($0.name) dials it without transport.proxyProtocolVersion",
                                "frp 的代理 \($0.name) 连接它，且没有 transport.proxyProtocolVersion", at: $0.place)
                        ]
                    } ?? [])
                    + (nginx.stream?.pass.map { [nginx.quoted($0)] } ?? []),
                place: nginx.place(line),
                fix: Fix(
                    en:
                        "take proxy_protocol off this listen, or have whatever stands in front send it (send-proxy, proxy_protocol on)",
                    zh: "去掉该 listen 的 proxy_protocol，或让前面的设备发送它（send-proxy、proxy_protocol on）",
                    patch: nginx.patch {
                        let words = line.arguments.map(\.text).filter { $0 != "proxy_protocol" }
                        return $0.replace(line.directive, with: ["listen \(words.joined(separator: " "));"])
                    }),
                hop: "nginx", predicts: [.noAnswer, .closedAtOnce, .handshakeStatus(400)])
        }
        return nil
    }

    /// nginx sends the line, and the backend takes it for the beginning of a request.
    private func sent(_ nginx: NginxEvidence, _ examination: Examination) -> Finding? {
        guard let stream = nginx.stream, let line = stream.sendsProxyProtocol, let pass = stream.pass else {
            return nil
        }
        let inner = nginx.handshake.choice?.listener
        let destination = stream.destination(
            serverName: examination.subject.url.scheme.isSecure ? examination.subject.url.host : nil)
        let isOwn = inner != nil && !nginx.isPortAssumed && inner?.port == destination?.activePort
        if isOwn, inner?.expectsProxyProtocol == true { return nil }
        let logged = examination.files.events(.proxyLineReceived)
        return Finding(
            .proxyProtocolMismatch, confidence: !logged.isEmpty ? 0.95 : isOwn ? 0.9 : 0.65,
            title: Phrase(
                en: "nginx sends a PROXY line, which a WebSocket backend does not expect",
                zh: "nginx 发送 PROXY 行，而 WebSocket 后端不会预期它"),
            explanation: Phrase(
                en: """
                    proxy_protocol on puts "PROXY TCP4 …" before the first byte of the client. A backend that was not told to read it \
                    takes it for a malformed request and answers 400 or closes; that the headers of the upgrade are all \
                    there does not matter any more.
                    """,
                zh:
                    "proxy_protocol on 会在客户端第一个字节之前发送 \"PROXY TCP4 …\"。未配置读取它的后端会将其视为错误请求，返回 400 或关闭连接，与升级头是否齐全无关。"
            ),
            evidence: logged.prefix(1).map { .logged($0) } + [nginx.quoted(line), nginx.quoted(pass)],
            place: nginx.place(line),
            fix: Fix(
                en: "proxy_protocol off;, or switch it on at the very listener of the backend",
                zh: "proxy_protocol off;，或在后端的相应监听上启用它", patch: nginx.patch(line, to: "off")),
            hop: "nginx", predicts: [.handshakeStatus(400), .noAnswer, .closedAtOnce])
    }
}
