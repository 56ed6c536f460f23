extension CauseText {
    /// Limits and time, Reaching the backend.
    static let reach: [CauseCode: CauseText] = [
        // Limits and time.
        .readTimeoutTooShort: CauseText(
            title: Phrase(
                en: "the proxy cuts idle connections",
                zh: "代理的空闲超时过短"),
            summary: Phrase(
                en: "The proxy closes a connection on which nothing was said for a while.",
                zh: "代理会关闭一段时间内没有数据的连接。")),
        .heartbeatSlowerThanTimeout: CauseText(
            title: Phrase(
                en: "the heartbeat comes too late",
                zh: "心跳慢于超时"),
            summary: Phrase(
                en:
                    "There is a heartbeat, but it comes as late as the shortest timeout on the way, or later.",
                zh: "有心跳，但间隔不小于路径上最短的超时。")),
        .outerIdleTimeout: CauseText(
            title: Phrase(
                en: "a hop in front cuts idle connections",
                zh: "外层的空闲超时更短"),
            summary: Phrase(
                en: "A balancer, CDN or tunnel in front closes earlier than the proxy that is looked at.",
                zh: "前面的负载均衡、CDN 或隧道比所查看的代理更早关闭空闲连接。")),
        .clientHeaderBufferTooSmall: CauseText(
            title: Phrase(
                en: "the request's headers are too large",
                zh: "请求头超过缓冲区"),
            summary: Phrase(
                en: "Request line or headers are longer than a buffer of the proxy or server.",
                zh: "请求行或请求头（令牌、Cookie）比代理或服务器的缓冲区长：400 或 414。")),
        .proxyBufferSizeTooSmall: CauseText(
            title: Phrase(
                en: "the answer's headers are too large",
                zh: "应答头超过缓冲区"),
            summary: Phrase(
                en: "The headers of the backend's answer are larger than the proxy's buffer.",
                zh: "后端应答头大于 proxy_buffer_size：502。")),
        .limitConnTooLow: CauseText(
            title: Phrase(
                en: "limit_conn counts open sockets",
                zh: "limit_conn 限制过低"),
            summary: Phrase(
                en: "limit_conn counts long-lived sockets.",
                zh: "limit_conn 会一直计入长连接，超过后返回 503。")),
        .limitReqTooLow: CauseText(
            title: Phrase(
                en: "limit_req refuses bursts of handshakes",
                zh: "limit_req 限制过低"),
            summary: Phrase(
                en: "limit_req refuses bursts of handshakes.",
                zh: "limit_req 拒绝短时间内的多次握手：503 或 429。")),
        .workerConnectionsExhausted: CauseText(
            title: Phrase(
                en: "worker_connections are used up",
                zh: "worker_connections 已用尽"),
            summary: Phrase(
                en: "worker_connections or the limit of open files is used up.",
                zh: "每个被代理的连接占用两个 worker 连接，连接数或文件数上限已用尽。")),
        .bufferingOnStreaming: CauseText(
            title: Phrase(
                en: "the proxy buffers a stream",
                zh: "代理缓冲了流式数据"),
            summary: Phrase(
                en: "The proxy keeps back server-sent events or streamed answers.",
                zh: "代理缓冲使服务器推送事件或轮询应答不能及时到达。")),
        // Reaching the backend.
        .upstreamWrongPort: CauseText(
            title: Phrase(
                en: "the proxy dials a wrong port",
                zh: "上游端口错误"),
            summary: Phrase(
                en: "Nothing, or something else, listens on the port of proxy_pass.",
                zh: "proxy_pass 的端口上没有服务，或是另一个服务。")),
        .upstreamSchemeMismatch: CauseText(
            title: Phrase(
                en: "plain text to TLS, or TLS to plain text",
                zh: "上游协议不匹配"),
            summary: Phrase(
                en: "The proxy speaks plain text to a TLS port, or TLS to a plain one.",
                zh: "对 TLS 端口使用了 http，或对明文端口使用了 https。")),
        .upstreamUnreachableDockerHost: CauseText(
            title: Phrase(
                en: "an address that a container cannot reach",
                zh: "容器无法访问该上游地址"),
            summary: Phrase(
                en: "127.0.0.1, localhost or host.docker.internal inside a container does not mean the host.",
                zh: "容器内的 127.0.0.1、localhost 或 host.docker.internal 并不是宿主机。")),
        .upstreamNameUnresolvable: CauseText(
            title: Phrase(
                en: "the upstream's name does not resolve",
                zh: "上游名称无法解析"),
            summary: Phrase(
                en: "The name of the upstream does not resolve; the proxy does not start.",
                zh: "上游主机名无法解析，代理无法启动。")),
        .upstreamDnsStale: CauseText(
            title: Phrase(
                en: "the upstream's address is out of date",
                zh: "上游地址已过期"),
            summary: Phrase(
                en: "The name was resolved once, and the container has another address by now.",
                zh: "名称只在启动时解析一次，容器现在的地址已经改变。")),
        .upstreamIpv6Localhost: CauseText(
            title: Phrase(
                en: "localhost has two addresses",
                zh: "localhost 有两个地址"),
            summary: Phrase(
                en: "localhost has two addresses, and the backend listens on one of them.",
                zh: "localhost 同时指 127.0.0.1 和 ::1，而后端只监听其中一个。")),
        .upstreamSniMissing: CauseText(
            title: Phrase(
                en: "TLS to the backend lacks the server name",
                zh: "连接后端的 TLS 缺少 SNI"),
            summary: Phrase(
                en: "TLS to the backend needs the server name, and the proxy sends none.",
                zh: "后端需要 SNI，而 proxy_ssl_server_name 默认关闭。")),
        .upstreamBlockedByOs: CauseText(
            title: Phrase(
                en: "the system forbids the connection",
                zh: "操作系统禁止了连接"),
            summary: Phrase(
                en: "SELinux, AppArmor or a firewall forbids the connection.",
                zh: "SELinux、AppArmor 或防火墙禁止代理连接后端（13: Permission denied）。")),
        .proxyProtocolMismatch: CauseText(
            title: Phrase(
                en: "one side speaks the PROXY protocol",
                zh: "PROXY 协议只有一侧启用"),
            summary: Phrase(
                en: "One side speaks the PROXY protocol and the other does not.",
                zh: "一侧使用 PROXY 协议，另一侧不使用。")),
        .http2ToBackend: CauseText(
            title: Phrase(
                en: "HTTP/2 to a backend without RFC 8441",
                zh: "代理以 HTTP/2 连接后端"),
            summary: Phrase(
                en: "The proxy talks HTTP/2 to a backend that has no WebSocket over HTTP/2.",
                zh: "代理以 HTTP/2 连接后端，而后端不支持 HTTP/2 上的 WebSocket。")),
        .notStickyPolling: CauseText(
            title: Phrase(
                en: "polling requests reach different nodes",
                zh: "轮询请求落到不同节点"),
            summary: Phrase(
                en: "Requests of one Socket.IO session reach different nodes.",
                zh: "同一 Socket.IO 会话的请求到达不同节点：Session ID unknown。")),
        .multiWorkerNoSticky: CauseText(
            title: Phrase(
                en: "several workers behind one port",
                zh: "同一端口后有多个工作进程"),
            summary: Phrase(
                en: "Several worker processes behind one port, and none knows the others' sessions.",
                zh: "同一端口后有多个互不知情的工作进程，会话请求被分散。")),
        .stickyCookieNotSent: CauseText(
            title: Phrase(
                en: "the stickiness cookie is not sent",
                zh: "没有发送会话保持 Cookie"),
            summary: Phrase(
                en: "Stickiness by cookie, and the client does not send cookies.",
                zh: "会话保持依赖 Cookie，而客户端不发送（withCredentials、SameSite）。")),
    ]
}
