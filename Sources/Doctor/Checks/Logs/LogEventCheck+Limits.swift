extension LogEventCheck {
    /// Limits of size and number.
    static let limits: [Row] = [
        Row(
            kind: .headerLineTooLong, code: .clientHeaderBufferTooSmall,
            title: say("a request line or header is longer than the server reads", "请求行或请求头超出服务器可读取的长度"),
            explanation: say(
                "A token in the address, a header or a cookie makes one line longer than the buffer for it (nginx: large_client_header_buffers, 8 KiB; Node: 16 KiB in all; gunicorn: 4094 a line).",
                "地址、请求头或 Cookie 中的令牌使某一行超过缓冲区（nginx：large_client_header_buffers，8 KiB；Node：总计 16 KiB；gunicorn：每行 4094）。"
            ),
            fix: say(
                "raise the buffer (nginx: large_client_header_buffers 4 32k; Node: --max-http-header-size), or send the token in the first message; keep cookies of other applications away (proxy_set_header Cookie \"\")",
                "增大缓冲区（nginx：large_client_header_buffers 4 32k；Node：--max-http-header-size），或在首条消息中发送令牌；不转发其他应用的 Cookie（proxy_set_header Cookie \"\"）"
            ),
            predicts: [.handshakeStatus(400), .handshakeStatus(414), .handshakeStatus(431)]),
        Row(
            kind: .responseHeaderTooBig, code: .proxyBufferSizeTooSmall,
            title: say(
                "the header of the backend's answer is larger than the proxy's buffer", "后端响应头超过代理的缓冲区"),
            explanation: say(
                "nginx reads the answer's header into one buffer of proxy_buffer_size (4 or 8 KiB); large cookies or policies do not fit, and it answers 502.",
                "nginx 把响应头读入一个 proxy_buffer_size（4 或 8 KiB）的缓冲区；过大的 Cookie 或策略放不下，于是返回 502。"),
            fix: say(
                "set proxy_buffer_size 16k; and proxy_buffers 8 16k; in this location",
                "在该 location 中设置 proxy_buffer_size 16k; 和 proxy_buffers 8 16k;"),
            predicts: [.handshakeStatus(502)]),
        Row(
            kind: .limitConnections, code: .limitConnTooLow,
            title: say("limit_conn refuses further sockets", "limit_conn 拒绝了更多套接字"),
            explanation: say(
                "limit_conn counts connections for as long as they live, and sockets live long: users behind one address, or with several windows, reach the limit and get 503.",
                "limit_conn 在连接存续期间一直计数，而套接字存活很久：同一地址的多个用户或多个窗口会达到上限并得到 503。"),
            fix: say(
                "raise limit_conn for the socket's location, or count by user instead of address",
                "提高套接字 location 的 limit_conn，或按用户而不是地址计数"), predicts: [.handshakeStatus(503)]),
        Row(
            kind: .limitRequests, code: .limitReqTooLow,
            title: say("limit_req refuses bursts of handshakes", "limit_req 拒绝了突发的握手"),
            explanation: say(
                "After a restart or a lost network all clients come back at once; what the rate and the burst do not cover is refused, and tries again.",
                "重启或网络中断后所有客户端同时重连；超出速率和突发额度的请求会被拒绝并再次重试。"),
            fix: say(
                "raise burst= (with nodelay) for the socket's location, or leave it out of limit_req",
                "提高套接字 location 的 burst=（配合 nodelay），或不对它使用 limit_req"),
            predicts: [.handshakeStatus(503), .handshakeStatus(429)]),
        Row(
            kind: .outOfConnections, code: .workerConnectionsExhausted,
            title: say("the server has no connections or files left", "服务器的连接数或文件描述符已用尽"),
            explanation: say(
                "A proxied socket takes two connections and two files for as long as it lives. With worker_connections (512 by default) or the limit of open files used up, new ones are dropped.",
                "每个被代理的套接字在存续期间占用两个连接和两个文件描述符。worker_connections（默认 512）或文件描述符上限用尽后，新连接会被丢弃。"),
            fix: say(
                "raise worker_connections and worker_rlimit_nofile (and LimitNOFILE= of the unit)",
                "提高 worker_connections 和 worker_rlimit_nofile（以及服务单元的 LimitNOFILE=）"),
            predicts: [.handshakeStatus(500), .noAnswer]),
    ]
}
