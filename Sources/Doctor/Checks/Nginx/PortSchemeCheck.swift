import HTTPWire
import NginxRouting
import NginxSyntax

/// `wss://` to a port that nginx serves in plain text, or `ws://` to one with TLS.
///
/// Only for a port that stands in a `listen`, without one of the other kind beside it: where ports are mapped
/// on the way, TLS may end in front.
struct PortSchemeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let url = examination.subject.url
        let isRedirected = examination.subject.redirections.contains {
            $0.applies(to: url.host, port: url.port)
        }
        guard let nginx = examination.nginx, !isRedirected, nginx.stream == nil else { return [] }
        let onPort = nginx.router.listeners.filter { $0.port == Int(url.port) && !$0.isQUIC }
        guard let listener = onPort.first, onPort.allSatisfy({ $0.isSecure != url.scheme.isSecure }),
            let line = listener.statements.first
        else { return [] }
        // A balancer that ends TLS often keeps the port: 443 in plain text is how it looks behind one.
        if url.scheme.isSecure, url.port == 443 { return [] }
        let other = nginx.router.listeners.first { $0.isSecure == url.scheme.isSecure && !$0.isQUIC }
        let (given, right) = url.scheme.isSecure ? ("wss", "ws") : ("ws", "wss")
        return [
            nginx.finding(
                .clientSchemePortMismatch, confidence: 0.85, at: line,
                title: Phrase(
                    en:
                        "\(given):// is dialled at port \(url.port), which nginx serves \(url.scheme.isSecure ? "without" : "with") TLS",
                    zh: "\(given):// 连接到端口 \(url.port)，而 nginx 在该端口\(url.scheme.isSecure ? "不使用" : "使用") TLS"),
                Phrase(
                    en: url.scheme.isSecure
                        ? "The client begins with a TLS hello, the listener expects an HTTP request and answers 400 in plain text: the browser reports a TLS protocol error."
                        : "The client begins with an HTTP request, the listener expects a TLS hello and answers 400 “The plain HTTP request was sent to HTTPS port”.",
                    zh: url.scheme.isSecure
                        ? "客户端先发送 TLS 握手，而监听期望 HTTP 请求，并以明文回答 400：浏览器报告 TLS 协议错误。"
                        : "客户端先发送 HTTP 请求，而监听期望 TLS 握手，回答 400 “The plain HTTP request was sent to HTTPS port”。"
                ),
                evidence: [
                    Evidence(
                        .argument,
                        Phrase(
                            en: "the address is \(given)://…:\(url.port)", zh: "地址为 \(given)://…:\(url.port)")
                    ),
                    nginx.seen(line, nginx.line(line), nginx.line(line)),
                ],
                fix: Fix(
                    other.map {
                        Phrase(
                            en: "Dial \(given):// at port \($0.port), or \(right):// at this one.",
                            zh: "用 \(given):// 连接端口 \($0.port)，或在此端口使用 \(right)://。")
                    }
                        ?? Phrase(
                            en: url.scheme.isSecure
                                ? "Dial \(right):// at this port, or add listen \(url.port == 80 ? 443 : url.port) ssl with a certificate for wss://."
                                : "Dial \(right):// at this port.",
                            zh: url.scheme.isSecure
                                ? "在此端口使用 \(right)://，或添加 listen \(url.port == 80 ? 443 : url.port) ssl 和证书以支持 wss://。"
                                : "在此端口使用 \(right)://。")),
                predicts: [.tlsFailed, .handshakeStatus(400)], excludedBy: [.upgraded])
        ]
    }
}
