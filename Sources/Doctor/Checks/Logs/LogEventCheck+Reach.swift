extension LogEventCheck {
    /// Why the proxy does not reach the backend.
    static let reach: [Row] = [
        Row(
            kind: .permissionDenied, code: .upstreamBlockedByOs,
            title: say("the system forbids the proxy to connect to the backend", "系统禁止代理连接后端"),
            explanation: say(
                "\"13: Permission denied\" is the kernel's answer to connect(): SELinux keeps web servers from opening connections unless httpd_can_network_connect is on; AppArmor and the rights of a UNIX socket do the same.",
                "“13: Permission denied” 是内核对 connect() 的回答：除非开启 httpd_can_network_connect，SELinux 禁止 Web 服务器发起连接；AppArmor 以及 UNIX 套接字的权限也会如此。"
            ),
            fix: say(
                "setsebool -P httpd_can_network_connect 1 (SELinux), or give the proxy's user rights to the socket's folder and file",
                "setsebool -P httpd_can_network_connect 1（SELinux），或授予代理用户对套接字目录和文件的权限"),
            predicts: [.handshakeStatus(502)]),
        Row(
            kind: .hostNotFound, code: .upstreamNameUnresolvable,
            title: say("the backend's name cannot be resolved", "无法解析后端的名称"),
            explanation: say(
                "A literal name is resolved when the proxy starts or reads its configuration; a name nobody knows there keeps it from starting, or gives 502. Names of containers exist only inside a network they share.",
                "字面名称在代理启动或读取配置时解析；若无法解析，代理无法启动或返回 502。容器名称只在共同的网络内有效。"),
            fix: say(
                "put proxy and backend into one network and use the service's name, or an address that the proxy's machine resolves",
                "把代理和后端放入同一网络并使用服务名，或使用代理所在机器能解析的地址"), predicts: [.handshakeStatus(502), .refused]),
        Row(
            kind: .tlsToPlain, code: .upstreamSchemeMismatch,
            title: say("TLS is spoken to a port that is plain", "对明文端口使用了 TLS"),
            explanation: say(
                "The one side begins with a TLS handshake and the other answers in plain HTTP: \"wrong version number\" is OpenSSL's reading of an H where a record should begin.",
                "一方以 TLS 握手开始，另一方以明文 HTTP 回应：“wrong version number” 是 OpenSSL 在应有记录头的位置读到了 H。"),
            fix: say(
                "say http:// instead of https:// where the proxy names the backend (proxy_pass http://…)",
                "在代理指向后端处用 http:// 代替 https://（proxy_pass http://…）"),
            predicts: [.handshakeStatus(502)]),
        Row(
            kind: .plainToTLS, code: .upstreamSchemeMismatch,
            title: say("plain HTTP is spoken to a TLS port", "对 TLS 端口使用了明文 HTTP"),
            explanation: say(
                "The port expects a TLS handshake and gets a request in plain text.", "该端口期待 TLS 握手，却收到了明文请求。"
            ),
            fix: say(
                "say https:// where the proxy names the backend, or let the backend speak plain HTTP behind the proxy",
                "在代理指向后端处使用 https://，或让后端在代理之后使用明文 HTTP"),
            predicts: [.handshakeStatus(400), .handshakeStatus(502)]),
        Row(
            kind: .serverNameUnknown, code: .upstreamSniMissing,
            title: say(
                "the backend's TLS needs the server's name, and the proxy sends none",
                "后端的 TLS 需要服务器名称，而代理没有发送"),
            explanation: say(
                "Without SNI (RFC 6066 §3) a server of many names cannot choose a certificate and ends the handshake with an alert. nginx sends no name unless proxy_ssl_server_name is on.",
                "没有 SNI（RFC 6066 §3），多域名服务器无法选择证书，会以警报结束握手。除非开启 proxy_ssl_server_name，nginx 不发送名称。"),
            fix: say(
                "set proxy_ssl_server_name on; (and proxy_ssl_name HOST; when the name differs from that of proxy_pass)",
                "设置 proxy_ssl_server_name on;（若名称与 proxy_pass 不同，再设 proxy_ssl_name 主机名;）"),
            predicts: [.handshakeStatus(502)]),
        Row(
            kind: .certificateRequired, code: .clientCertNotSent,
            title: say("the proxy demands a client certificate, and none comes", "代理要求客户端证书，但没有收到"),
            explanation: say(
                "ssl_verify_client on refuses connections without a certificate with 400; browsers do not ask for one at a WebSocket handshake, and send one only when it was chosen for the page before.",
                "ssl_verify_client on 会以 400 拒绝没有证书的连接；浏览器不会在 WebSocket 握手时询问证书，只有之前为页面选择过才会发送。"),
            fix: say(
                "set ssl_verify_client optional; and check $ssl_client_verify where it is needed, leaving the socket's location out",
                "设置 ssl_verify_client optional;，并仅在需要处检查 $ssl_client_verify，放行套接字的 location"),
            predicts: [.handshakeStatus(400)]),
        Row(
            kind: .proxyHeaderBroken, code: .proxyProtocolMismatch,
            title: say("the listener expects a PROXY line and gets a request", "监听端口期待 PROXY 行，却收到了请求"),
            explanation: say(
                "One side of a connection speaks the PROXY protocol and the other does not: with proxy_protocol on the listener the first bytes must be the PROXY line.",
                "连接的一方使用 PROXY 协议而另一方没有：监听端口开启 proxy_protocol 时，首字节必须是 PROXY 行。"),
            fix: say(
                "switch the PROXY protocol on where the balancer sends, or off where the listener reads",
                "在负载均衡发送侧开启 PROXY 协议，或在监听侧关闭"), predicts: [.noAnswer, .handshakeStatus(400)]),
        Row(
            kind: .proxyLineReceived, code: .proxyProtocolMismatch,
            title: say("the backend gets a PROXY line it does not read", "后端收到了它不识别的 PROXY 行"),
            explanation: say(
                "The proxy sends \"PROXY TCP4 …\" before the request, and the backend takes it for the request line.",
                "代理在请求前发送 “PROXY TCP4 …”，后端把它当成请求行。"),
            fix: say(
                "proxy_protocol off; (HAProxy: remove send-proxy), or let the backend's listener read it",
                "设置 proxy_protocol off;（HAProxy：删除 send-proxy），或让后端监听端口读取它"),
            predicts: [.handshakeStatus(400), .noAnswer]),
        Row(
            kind: .upgradeOverHTTP2, code: .http2ToBackend,
            title: say("the proxy speaks HTTP/2 to the backend", "代理用 HTTP/2 连接后端"),
            explanation: say(
                "HTTP/2 has no Upgrade (RFC 9113 §8.2.2), so a proxy that speaks it to the backend cannot hand the handshake on and answers 500 or 502 itself.",
                "HTTP/2 没有 Upgrade（RFC 9113 §8.2.2），因此用它连接后端的代理无法转发握手，只能自己返回 500 或 502。"),
            fix: say(
                "speak HTTP/1.1 to the backend for the socket's path (Traefik: scheme=http instead of h2c, Caddy: http:// instead of h2c://)",
                "对该路径使用 HTTP/1.1 连接后端（Traefik：scheme=http 代替 h2c，Caddy：http:// 代替 h2c://）"),
            predicts: [.handshakeStatus(500), .handshakeStatus(502)]),
        Row(
            kind: .protocolTooOld, code: .http10Upstream,
            title: say("the backend gets HTTP/1.0 and demands 1.1", "后端收到 HTTP/1.0，而它要求 1.1"),
            explanation: say(
                "A WebSocket handshake must be HTTP/1.1 or higher (RFC 6455 §4.1). nginx before 1.29.7 speaks 1.0 to backends unless told otherwise.",
                "WebSocket 握手必须使用 HTTP/1.1 或更高版本（RFC 6455 §4.1）。1.29.7 之前的 nginx 默认对后端使用 1.0。"),
            fix: say("proxy_http_version 1.1;", "proxy_http_version 1.1;"),
            predicts: [.handshakeStatus(426), .handshakeStatus(400)]),
    ]
}
