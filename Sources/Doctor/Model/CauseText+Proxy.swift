extension CauseText {
    /// Headers of the handshake, Which location or server answers, Path given to the backend.
    static let proxy: [CauseCode: CauseText] = [
        // Headers of the handshake.
        .upgradeHeadersMissing: CauseText(
            title: Phrase(
                en: "the proxy does not forward the upgrade",
                zh: "代理没有转发升级请求头"),
            summary: Phrase(
                en:
                    "The proxy does not pass Upgrade and Connection: upgrade on, so the backend sees an ordinary GET.",
                zh: "代理没有把 Upgrade 和 Connection: upgrade 传给后端，后端只看到普通的 GET。")),
        .upgradeHeaderWrongValue: CauseText(
            title: Phrase(
                en: "Upgrade has a wrong value",
                zh: "Upgrade 的值错误"),
            summary: Phrase(
                en: "The proxy sends an Upgrade field, but with a value that is not websocket.",
                zh: "代理发送了 Upgrade，但值不是 websocket。")),
        .connectionHeaderWrongValue: CauseText(
            title: Phrase(
                en: "Connection is not upgrade",
                zh: "Connection 的值不是 upgrade"),
            summary: Phrase(
                en: "Connection is set to something that is not upgrade in the location of the socket.",
                zh: "在处理该连接的 location 中，Connection 被设为不含 upgrade 的值。")),
        .connectionHeaderHardcodedUpgrade: CauseText(
            title: Phrase(
                en: "Connection is upgrade for every request",
                zh: "所有请求都被加上 Connection: upgrade"),
            summary: Phrase(
                en: "Connection: upgrade is sent with every request, also with those that do not upgrade.",
                zh: "Connection: upgrade 被写死，普通请求也会带上它，严格的后端会拒绝。")),
        .duplicateProxyHeader: CauseText(
            title: Phrase(
                en: "a hop header is sent twice",
                zh: "同一逐跳头被发送两次"),
            summary: Phrase(
                en: "The same hop header is sent twice.",
                zh: "同一级配置中重复设置了同一个请求头，两行都会被发送。")),
        .mapVariableUndefined: CauseText(
            title: Phrase(
                en: "a variable that no map defines",
                zh: "使用了未定义的 map 变量"),
            summary: Phrase(
                en: "A variable is used that nothing defines; nginx does not load the configuration.",
                zh: "配置使用了没有任何 map 定义的变量，nginx 无法加载。")),
        .mapMisplaced: CauseText(
            title: Phrase(
                en: "map stands where it may not",
                zh: "map 的位置不允许"),
            summary: Phrase(
                en: "map stands inside server or location; nginx does not load the configuration.",
                zh: "map 写在 server 或 location 内，nginx 无法加载；它只能写在 http 中。")),
        .upgradeResponseHeaderHidden: CauseText(
            title: Phrase(
                en: "the proxy hides Upgrade in the answer",
                zh: "代理隐藏了应答中的 Upgrade"),
            summary: Phrase(
                en: "The backend answers 101, and the proxy takes Upgrade or Connection out of the answer.",
                zh: "后端已回答 101，但代理删掉了应答中的 Upgrade 或 Connection。")),
        .http10Upstream: CauseText(
            title: Phrase(
                en: "HTTP/1.0 to the backend",
                zh: "代理以 HTTP/1.0 连接后端"),
            summary: Phrase(
                en: "The proxy speaks HTTP/1.0 to the backend, which cannot upgrade.",
                zh: "代理用 HTTP/1.0 与后端通信，而 WebSocket 握手要求 HTTP/1.1。")),
        .headersNotInherited: CauseText(
            title: Phrase(
                en: "header lines of the outer level are lost",
                zh: "外层的请求头设置没有继承"),
            summary: Phrase(
                en: "Header lines of an outer level are lost because the inner level has one of its own.",
                zh: "内层只要有一条 proxy_set_header，外层的全部失效。")),
        .headerWithUnderscoreDropped: CauseText(
            title: Phrase(
                en: "a header with an underscore is dropped",
                zh: "名称含下划线的请求头被丢弃"),
            summary: Phrase(
                en: "nginx drops a request header because its name holds an underscore.",
                zh: "nginx 默认丢弃名称中含下划线的请求头。")),
        .headerCaseAltered: CauseText(
            title: Phrase(
                en: "the spelling of header names is changed",
                zh: "请求头名称的大小写被改变"),
            summary: Phrase(
                en:
                    "The proxy changes the spelling of header names, and a strict backend does not know them any more.",
                zh: "代理改变了请求头名称的大小写，过于严格的后端因此拒绝。")),
        .upstreamKeepaliveDefeated: CauseText(
            title: Phrase(
                en: "the keep-alive pool is never used",
                zh: "上游的长连接池从未使用"),
            summary: Phrase(
                en: "The upstream has a keep-alive pool that is never used.",
                zh: "发送了 Connection: close，上游的 keepalive 连接池不起作用；只影响速度。")),
        // Which location or server answers.
        .locationDoesNotCoverPath: CauseText(
            title: Phrase(
                en: "no WebSocket location covers the path",
                zh: "没有 location 覆盖该路径"),
            summary: Phrase(
                en:
                    "No location made for WebSocket matches the path that is really asked for; another one answers.",
                zh: "为 WebSocket 准备的 location 都不匹配实际请求的路径，由别的 location 应答。")),
        .locationShadowed: CauseText(
            title: Phrase(
                en: "another location takes the request",
                zh: "请求被优先级更高的 location 截走"),
            summary: Phrase(
                en: "A location that ranks higher takes the request away from the one made for it.",
                zh: "优先级更高的 location（或规则）截走了本应由另一个处理的请求。")),
        .wsLocationTooBroad: CauseText(
            title: Phrase(
                en: "the socket's location takes pages too",
                zh: "WebSocket 的 location 范围过大"),
            summary: Phrase(
                en:
                    "The location of the socket also takes ordinary pages, which the WebSocket server cannot answer.",
                zh: "WebSocket 的 location 也接收普通页面请求，而 WebSocket 服务无法应答。")),
        .wrongServerBlock: CauseText(
            title: Phrase(
                en: "another server block answers",
                zh: "由另一个 server 块应答"),
            summary: Phrase(
                en: "Another server block answers the handshake.",
                zh: "按域名、端口和 default_server 的规则，由另一个 server 块应答了握手。")),
        .spaFallbackSwallowsWs: CauseText(
            title: Phrase(
                en: "the page's fallback answers the handshake",
                zh: "单页应用的回退页面吞掉了握手"),
            summary: Phrase(
                en: "The page's fallback answers the handshake with HTML and status 200.",
                zh: "try_files 等回退规则以 200 的 HTML 页面应答了握手。")),
        .redirect301OnHandshake: CauseText(
            title: Phrase(
                en: "the handshake is redirected",
                zh: "握手得到重定向"),
            summary: Phrase(
                en: "The handshake is answered with a redirect, which WebSocket clients do not follow.",
                zh: "握手被重定向应答，而 WebSocket 客户端不会跟随重定向。")),
        .rewriteHijacksHandshake: CauseText(
            title: Phrase(
                en: "a rewrite takes the handshake away",
                zh: "rewrite 劫持了握手"),
            summary: Phrase(
                en:
                    "A rewrite or return at server level changes or ends the request before a location is chosen.",
                zh: "server 级的 rewrite 或 return 在选择 location 之前就改变或结束了请求。")),
        .upstreamSelfLoop: CauseText(
            title: Phrase(
                en: "the proxy dials itself",
                zh: "代理指向自己"),
            summary: Phrase(
                en: "proxy_pass leads back to the same proxy.",
                zh: "proxy_pass 指回同一个代理，形成循环。")),
        // Path given to the backend.
        .proxyPassUriRewritesPath: CauseText(
            title: Phrase(
                en: "proxy_pass changes the path",
                zh: "proxy_pass 改变了路径"),
            summary: Phrase(
                en: "The URI part of proxy_pass changes the path on its way to the backend.",
                zh: "proxy_pass 中的 URI 部分改变了传给后端的路径：双斜杠、前缀丢失或重复。")),
        .proxyPassPrefixNotStripped: CauseText(
            title: Phrase(
                en: "the public prefix reaches the backend",
                zh: "公开前缀没有去掉"),
            summary: Phrase(
                en: "The backend expects the path without the public prefix, and the proxy passes it whole.",
                zh: "后端期望不带公开前缀的路径，而 proxy_pass 原样传递。")),
        .proxyPassVariableDropsUri: CauseText(
            title: Phrase(
                en: "a variable in proxy_pass drops path and query",
                zh: "proxy_pass 中的变量丢掉了路径和查询串"),
            summary: Phrase(
                en:
                    "A variable in proxy_pass together with a URI part replaces the whole path and loses the query.",
                zh: "proxy_pass 同时含变量和 URI 时，整个路径被替换，查询串（例如 token）丢失。")),
        .regexCaptureClobbered: CauseText(
            title: Phrase(
                en: "a captured group is overwritten",
                zh: "正则捕获被覆盖"),
            summary: Phrase(
                en: "$1 of the location is overwritten by a regular expression that is evaluated later.",
                zh: "location 的 $1 被之后求值的正则（map、if、rewrite）覆盖。")),
        .socketioPathMismatch: CauseText(
            title: Phrase(
                en: "the Socket.IO paths differ",
                zh: "Socket.IO 的 path 不一致"),
            summary: Phrase(
                en: "The path option of client, proxy and server differ.",
                zh: "客户端、代理和服务器的 Socket.IO path 选项不一致。")),
        .socketioNamespaceFromUrl: CauseText(
            title: Phrase(
                en: "the path of the address is a namespace",
                zh: "地址中的路径被当作命名空间"),
            summary: Phrase(
                en: "A path in the address given to io() is a namespace, not a path.",
                zh: "传给 io() 的地址中的路径是命名空间，不是请求路径。")),
    ]
}
