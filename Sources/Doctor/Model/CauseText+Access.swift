extension CauseText {
    /// Listener and TLS, Who may connect.
    static let access: [CauseCode: CauseText] = [
        // Listener and TLS.
        .http2OnlyListener: CauseText(
            title: Phrase(
                en: "the plain listener speaks HTTP/2 alone",
                zh: "明文监听只支持 HTTP/2"),
            summary: Phrase(
                en: "A plain listener with http2 gives no answer to an HTTP/1.1 handshake.",
                zh: "没有 TLS 的 http2 监听不应答 HTTP/1.1 握手。")),
        .clientSchemePortMismatch: CauseText(
            title: Phrase(
                en: "scheme and port do not fit",
                zh: "协议与端口不匹配"),
            summary: Phrase(
                en: "ws:// to a TLS port, or wss:// to a plain one.",
                zh: "对 TLS 端口使用 ws，或对明文端口使用 wss。")),
        .tlsListenerMissing: CauseText(
            title: Phrase(
                en: "no TLS listener for this host",
                zh: "该主机没有 TLS 监听"),
            summary: Phrase(
                en: "There is no TLS listener for this host; another application answers, or nobody.",
                zh: "该主机名没有 TLS 监听，由别的程序应答或无人应答。")),
        .certNameMismatch: CauseText(
            title: Phrase(
                en: "the certificate does not fit",
                zh: "证书不匹配"),
            summary: Phrase(
                en: "The certificate is not for this host, expired, or not trusted.",
                zh: "证书不是给该主机名的、已过期或不受信任；WebSocket 没有可以点过去的警告页。")),
        .clientCertNotSent: CauseText(
            title: Phrase(
                en: "no client certificate in the handshake",
                zh: "握手没有客户端证书"),
            summary: Phrase(
                en: "The proxy asks for a client certificate, and the browser sends none in the handshake.",
                zh: "代理要求客户端证书，而浏览器在握手时不发送。")),
        // Who may connect.
        .authRequestBlocksHandshake: CauseText(
            title: Phrase(
                en: "forward authentication refuses the handshake",
                zh: "外部认证拒绝了握手"),
            summary: Phrase(
                en: "Forward authentication refuses a client that has only the application's own token.",
                zh: "auth_request（转发认证）拒绝只带应用令牌的客户端，或将其重定向。")),
        .authSubrequestCarriesUpgrade: CauseText(
            title: Phrase(
                en: "the subrequest carries Upgrade",
                zh: "认证子请求带上了 Upgrade"),
            summary: Phrase(
                en:
                    "The authentication subrequest inherits Upgrade and Connection, and its backend refuses that.",
                zh: "认证子请求继承了 Upgrade/Connection，认证服务因此拒绝。")),
        .basicAuthBlocksHandshake: CauseText(
            title: Phrase(
                en: "basic authentication refuses the handshake",
                zh: "基本认证拒绝了握手"),
            summary: Phrase(
                en: "Basic authentication of the proxy; the client sends no credentials in the handshake.",
                zh: "代理要求基本认证，而客户端在握手中不带凭据。")),
        .wafModuleBlocksWs: CauseText(
            title: Phrase(
                en: "a firewall module blocks the upgrade",
                zh: "防火墙模块阻断了升级"),
            summary: Phrase(
                en: "A firewall module breaks or refuses the upgrade.",
                zh: "ModSecurity 等防火墙模块拒绝或破坏了升级。")),
        .originRejected: CauseText(
            title: Phrase(
                en: "the backend refuses the Origin",
                zh: "后端拒绝了 Origin"),
            summary: Phrase(
                en: "The backend does not accept the Origin of the page.",
                zh: "页面的 Origin 不在后端的允许列表中。")),
        .originAllowlistMalformed: CauseText(
            title: Phrase(
                en: "an allowed origin can never match",
                zh: "允许列表的写法有误"),
            summary: Phrase(
                en: "The list of origins holds an entry that can never match.",
                zh: "允许的来源列表中有永远无法匹配的条目（缺协议、带默认端口或斜杠）。")),
        .hostHeaderLost: CauseText(
            title: Phrase(
                en: "the backend gets another Host",
                zh: "Host 没有传给后端"),
            summary: Phrase(
                en:
                    "The backend sees the upstream's name as Host and compares it with Origin, or routes by it.",
                zh: "后端看到的 Host 是上游名称，与 Origin 比较或按其路由时失败。")),
        .hostPortMismatch: CauseText(
            title: Phrase(
                en: "Host lacks the port",
                zh: "Host 的端口不符"),
            summary: Phrase(
                en: "Host arrives without the port, or with the wrong one.",
                zh: "传给后端的 Host 没有端口或端口错误。")),
        .forwardedProtoMissing: CauseText(
            title: Phrase(
                en: "the backend does not know about https",
                zh: "缺少 X-Forwarded-Proto"),
            summary: Phrase(
                en: "The backend does not learn that the client used https.",
                zh: "后端不知道客户端使用 https。")),
        .backendHostNotAllowed: CauseText(
            title: Phrase(
                en: "the backend refuses the Host",
                zh: "后端不接受该 Host"),
            summary: Phrase(
                en: "The backend refuses the Host.",
                zh: "后端的 allowedHosts 之类列表不含该主机名。")),
        .corsOriginNotAllowed: CauseText(
            title: Phrase(
                en: "CORS does not allow the origin",
                zh: "CORS 不允许该来源"),
            summary: Phrase(
                en: "Access-Control-Allow-Origin does not match: Socket.IO polling fails in the browser.",
                zh: "Access-Control-Allow-Origin 不匹配，浏览器中 Socket.IO 轮询失败。")),
        .corsDuplicateHeader: CauseText(
            title: Phrase(
                en: "two CORS headers",
                zh: "CORS 头重复"),
            summary: Phrase(
                en: "Proxy and backend both send Access-Control-Allow-Origin.",
                zh: "代理和后端都发送 Access-Control-Allow-Origin。")),
        .cspConnectSrcBlocksWs: CauseText(
            title: Phrase(
                en: "the page's CSP forbids the socket",
                zh: "CSP 不允许该连接"),
            summary: Phrase(
                en: "The page's Content-Security-Policy does not cover the address of the socket.",
                zh: "内容安全策略的 connect-src 不包含该 WebSocket 地址。")),
        .cookieNotSentCrossSite: CauseText(
            title: Phrase(
                en: "the cookie stays out of the handshake",
                zh: "握手没有带 Cookie"),
            summary: Phrase(
                en: "SameSite keeps the session cookie out of the handshake.",
                zh: "SameSite 使会话 Cookie 不随跨站握手发送。")),
        .tokenExpired: CauseText(
            title: Phrase(
                en: "the token has expired",
                zh: "令牌已过期"),
            summary: Phrase(
                en: "The token's exp is in the past.",
                zh: "令牌的 exp 已过。")),
        .tokenNotYetValid: CauseText(
            title: Phrase(
                en: "the token is not valid yet",
                zh: "令牌尚未生效"),
            summary: Phrase(
                en: "nbf or iat is in the future.",
                zh: "令牌的 nbf 或 iat 在将来（时钟偏差）。")),
        .tokenMissing: CauseText(
            title: Phrase(
                en: "no token is sent",
                zh: "没有发送令牌"),
            summary: Phrase(
                en: "No token, or null/undefined, is sent.",
                zh: "没有发送令牌，或发送的是 null/undefined。")),
        .tokenMalformed: CauseText(
            title: Phrase(
                en: "the token is no JWT",
                zh: "令牌不是 JWT"),
            summary: Phrase(
                en: "What is sent is no JWT at all.",
                zh: "发送的内容根本不是 JWT。")),
        .tokenMalformedPrefix: CauseText(
            title: Phrase(
                en: "a scheme word is part of the token",
                zh: "令牌带有前缀词"),
            summary: Phrase(
                en: "A scheme word is part of the value.",
                zh: "令牌值中混入了 Bearer、JWT 之类的前缀词。")),
        .tokenTrailingWhitespace: CauseText(
            title: Phrase(
                en: "a blank or line end follows the token",
                zh: "令牌末尾有空白"),
            summary: Phrase(
                en: "A line end or blank stands at the end of the token.",
                zh: "令牌末尾有换行或空格。")),
        .tokenWrongSecret: CauseText(
            title: Phrase(
                en: "the signature does not verify",
                zh: "签名验证失败"),
            summary: Phrase(
                en: "The signature does not verify.",
                zh: "令牌签名无法验证：密钥不同，或只有一侧对密钥做了解码。")),
        .tokenWrongParamName: CauseText(
            title: Phrase(
                en: "the token has another name",
                zh: "令牌的参数名不符"),
            summary: Phrase(
                en: "The token is sent under another name than the server reads.",
                zh: "令牌以服务器不读取的参数名发送。")),
        .tokenWrongClaimName: CauseText(
            title: Phrase(
                en: "a claim has another name",
                zh: "声明名称不符"),
            summary: Phrase(
                en: "A claim has another name than the server reads.",
                zh: "令牌中的声明名称与服务器读取的不同（user_id、userId）。")),
        .tokenWrongType: CauseText(
            title: Phrase(
                en: "the token is of another type",
                zh: "令牌类型不符"),
            summary: Phrase(
                en: "The type claim is missing or other than access.",
                zh: "type 声明缺失或不是 access。")),
        .tokenWrongAudience: CauseText(
            title: Phrase(
                en: "the audience differs",
                zh: "受众不符"),
            summary: Phrase(
                en: "The token's aud is another application's.",
                zh: "令牌的 aud 与服务器要求的不同。")),
        .tokenWrongIssuer: CauseText(
            title: Phrase(
                en: "the issuer differs",
                zh: "签发者不符"),
            summary: Phrase(
                en: "The token's iss is another one than the server expects.",
                zh: "令牌的 iss 与服务器要求的不同。")),
        .authMessageTypeMismatch: CauseText(
            title: Phrase(
                en: "the first message has another type",
                zh: "首条消息类型不符"),
            summary: Phrase(
                en: "The first message has another type or form than the server expects.",
                zh: "客户端的首条消息类型或格式与服务器期望的不同。")),
    ]
}
