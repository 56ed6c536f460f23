/// A backend that cannot speak WebSocket: no library, the wrong kind of worker, a server of the wrong interface.
struct SupportCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        if let event = examination.files.events(.noWebSocketLibrary).first {
            return [finding([.log(event)], event.place, 0.95, fix(event.excerpt))]
        }
        return [packages(examination), worker(examination)].compactMap(\.self)
    }

    private func finding(_ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double, _ fix: Fix)
        -> Finding
    {
        Finding(
            .backendLacksWsSupport, confidence: confidence,
            title: say("the backend cannot speak WebSocket", "后端不支持 WebSocket"),
            explanation: say(
                "Without a library or a server for it the handshake is an ordinary request: 404 or 400, or 200 with something else, whatever the proxy forwards.",
                "没有相应的库或服务器，握手只是一个普通请求：返回 404、400，或 200 和其他内容，与代理转发什么无关。"),
            evidence: evidence, place: place, fix: fix, hop: "backend",
            predicts: [
                .handshakeStatus(404), .handshakeStatus(400), .handshakeStatus(500), .handshakeStatus(200),
            ], excludedBy: [.upgraded])
    }

    private func fix(_ text: String) -> Fix {
        let low = text.lowercased()
        if low.holds("simple-websocket") || low.holds("transport") {
            return Fix(
                "pip install simple-websocket, or run an eventlet or gevent server with gevent-websocket",
                "pip install simple-websocket，或使用带 gevent-websocket 的 eventlet/gevent 服务器")
        }
        if low.holds("hijack") {
            return Fix(
                "take away the middleware that wraps the ResponseWriter, or let it implement http.Hijacker",
                "移除包装 ResponseWriter 的中间件，或让它实现 http.Hijacker")
        }
        return Fix(
            "pip install 'uvicorn[standard]' (or websockets), and start the server anew",
            "pip install 'uvicorn[standard]'（或 websockets），并重启服务器")
    }

    /// uvicorn without a WebSocket library among its neighbours.
    private func packages(_ examination: Examination) -> Finding? {
        for list in examination.files.packages where list.ecosystem == .pip {
            guard let uvicorn = list["uvicorn"], !uvicorn.extras.contains("standard"),
                list["websockets"] == nil, list["wsproto"] == nil
            else { continue }
            // FastAPI's own extras bring it along.
            if list["fastapi"]?.extras.contains(where: { ["standard", "all"].contains($0) }) == true {
                continue
            }
            return finding(
                [
                    .file(
                        "uvicorn is asked for without [standard]", "安装的是不带 [standard] 的 uvicorn",
                        at: uvicorn.place),
                    .knowledge(
                        "plain uvicorn brings no WebSocket library; neither websockets nor wsproto is in the list",
                        "普通 uvicorn 不带 WebSocket 库；清单中既没有 websockets 也没有 wsproto"),
                ], uvicorn.place, 0.88, fix(""))
        }
        return nil
    }

    /// gunicorn serving a WSGI worker where sockets are meant.
    private func worker(_ examination: Examination) -> Finding? {
        for process in examination.files.processes
        where ["gunicorn", "uwsgi", "waitress-serve"].contains(process.program) {
            // uWSGI has WebSockets of its own, where they are asked for.
            if process.arguments.contains(where: { $0.holds("websocket") || $0.holds("gevent") }) { continue }
            let kind = process.workerClass ?? "sync"
            let isAsync = [
                "eventlet", "gevent", "uvicorn", "geventwebsocket", "aiohttp", "hypercorn", "asgi", "tornado",
            ].contains { kind.lowercased().holds($0) }
            let speaksPlain =
                examination.files.packages.contains { list in
                    ["channels", "fastapi", "starlette", "websockets"].contains { list[$0] != nil }
                }
                || examination.files.servers.contains { $0.library == .webSocket }
            let isASGI = process.application?.holds("asgi") == true || speaksPlain
            // Flask-SocketIO on threads still polls; what needs ASGI does not run at all.
            let isWSGI = process.application?.holds("wsgi") == true
            let needsASGI = examination.files.asgi != nil
            guard !isAsync, isASGI || needsASGI, kind == "sync" || kind == "gthread" else { continue }
            // Flask-Sock runs on threads; what was written for ASGI does not.
            if (isWSGI || speaksPlain) && kind == "sync" || needsASGI {
                return finding(
                    [
                        .file(
                            "\(process.program) runs \(process.application ?? "the application") with \(kind) workers",
                            "\(process.program) 以 \(kind) 工作进程运行 \(process.application ?? "应用")",
                            at: process.place)
                    ],
                    process.place, 0.8,
                    Fix(
                        "run it with an ASGI worker: gunicorn -k uvicorn.workers.UvicornWorker APP, or uvicorn or daphne",
                        "使用 ASGI 工作进程：gunicorn -k uvicorn.workers.UvicornWorker 应用，或使用 uvicorn、daphne"))
            }
        }
        if let process = examination.files.processes.first(where: {
            ($0.workerClass ?? "") == "none" && $0.program == "uvicorn"
        }) {
            return finding(
                [.file("uvicorn runs with --ws none", "uvicorn 以 --ws none 运行", at: process.place)],
                process.place, 0.95, Fix("remove --ws none", "删除 --ws none"))
        }
        return nil
    }
}

/// Subprotocols: the browser demands that one it offered is named in the answer.
struct SubprotocolCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let event = examination.files.events(.subprotocolRefused).first
        let offers = examination.files.dials.first { !$0.subprotocols.isEmpty }
        let asked = examination.files.requests.first { $0["Sec-WebSocket-Protocol"] != nil }
        let answer = examination.files.responses.first { $0.status == 101 }
        if let answer, answer["Sec-WebSocket-Protocol"] == nil, offers != nil || asked != nil {
            let place = asked?.place ?? offers?.place
            return [
                finding(
                    [
                        Evidence(
                            .file,
                            say(
                                "the client offers \(asked?["Sec-WebSocket-Protocol"] ?? offers?.subprotocols.joined(separator: ", ") ?? "")",
                                "客户端提供 \(asked?["Sec-WebSocket-Protocol"] ?? offers?.subprotocols.joined(separator: ", ") ?? "")"
                            ), at: place),
                        .file(
                            "the 101 answer has no Sec-WebSocket-Protocol",
                            "101 响应中没有 Sec-WebSocket-Protocol", at: answer.place),
                    ], answer.place, 0.95, .error)
            ]
        }
        if let event { return [finding([.log(event)], event.place, 0.85, .error)] }
        guard let offers else { return [] }
        // Servers of a protocol with a name of its own answer with it, and Node's ws with the first that is offered; a name
        // somebody made up is echoed only where a server was written to. Whether it was, the wire has to tell.
        let isUsual =
            offers.subprotocols.contains(where: Self.isWellKnown) || examination.files.runsNode
            || examination.files.servers.contains(where: \.namesSubprotocols)
            || offers.library != .webSocket
        var open = finding(
            [
                .file(
                    "the client offers the subprotocol \(offers.subprotocols.joined(separator: ", "))",
                    "客户端提供子协议 \(offers.subprotocols.joined(separator: ", "))", at: offers.place)
            ],
            offers.place, isUsual ? 0.3 : 0.45, isUsual ? .info : .error,
            title: say(
                "the client offers a subprotocol, which the server must name in its answer",
                "客户端提供了子协议，服务器必须在响应中选定它"))
        open.isLastResort = true
        return [open]
    }

    /// Protocols whose servers name them by themselves: the registry's (IANA, WebSocket Subprotocol Name Registry), and those
    /// of GraphQL, noVNC, ttyd, Action Cable, Kubernetes and development servers.
    static func isWellKnown(_ name: String) -> Bool {
        let name = name.lowercased()
        let starts = [
            "mqtt", "wamp", "ocpp", "graphql-", "v10.stomp", "v11.stomp", "v12.stomp", "stomp", "sip", "xmpp",
            "msrp",
            "amqp", "soap", "rfb", "binary", "base64", "tty", "guacamole", "actioncable-", "vite-", "janus-",
            "opcua+",
            "bfcp", "json", "aws.",
        ]
        return starts.contains { name.hasPrefix($0) } || name.hasSuffix(".k8s.io")
    }

    private func finding(
        _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double, _ severity: Severity,
        title: Phrase? = nil
    ) -> Finding {
        Finding(
            .subprotocolNotEchoed, severity, confidence: confidence,
            title: title ?? say("the server names none of the offered subprotocols", "服务器没有选定客户端提供的子协议"),
            explanation: say(
                "A browser that offered subprotocols fails the connection when the 101 answer names none (WHATWG WebSockets; Chrome: \"Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received\"). Proxies pass the field on in both directions.",
                "浏览器提供了子协议而 101 响应未选定任何一个时，会中止连接（WHATWG WebSockets；Chrome 提示 “Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received”）。代理会双向透传该字段。"
            ),
            evidence: evidence, place: place,
            fix: Fix(
                "let the server answer with one of the offered values, or offer none in the client",
                "让服务器返回其中一个子协议，或在客户端不提供子协议"), hop: "backend")
    }
}

/// permessage-deflate that one side speaks alone: frames with RSV1 that the other cannot read.
struct CompressionCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        if let event = examination.files.events(.reservedBits).first {
            return [finding([.log(event)], event.place, 0.9)]
        }
        for request in examination.files.requests {
            guard let offer = request["Sec-WebSocket-Extensions"], request.isHandshake,
                offer.lowercased().holds("permessage-deflate")
            else { continue }
            guard request["Origin"] == nil, request["User-Agent"] == nil,
                !Self.known.contains(Self.normalised(offer))
            else { continue }
            return [
                finding(
                    [
                        .file(
                            "a client that is no browser offers \"\(offer)\"", "非浏览器客户端提供“\(offer)”",
                            at: request.fields.first { $0.name.lowercased() == "sec-websocket-extensions" }?
                                .place),
                        .knowledge(
                            "no client library makes this offer; it was written by hand, and what is not negotiated by the library is not decoded by it",
                            "没有任何客户端库会发出这样的提供；它是手写的，而不由库协商的扩展，库也不会解码"),
                    ], request.place, 0.75)
            ]
        }
        return []
    }

    /// What clients offer: Chromium, Firefox, ws, websockets, wsproto; gorilla; coder/websocket; OkHttp, aiohttp; Java-WebSocket; WebKit's old form.
    private static let known: Set<String> = [
        "permessage-deflate", "permessage-deflate;client_max_window_bits",
        "permessage-deflate;server_no_context_takeover;client_no_context_takeover",
        "permessage-deflate;client_no_context_takeover;server_no_context_takeover",
        "permessage-deflate;client_no_context_takeover", "x-webkit-deflate-frame",
        "permessage-deflate;client_max_window_bits,permessage-deflate",
        "permessage-deflate;server_no_context_takeover;client_no_context_takeover;server_max_window_bits=15;client_max_window_bits=15",
    ]

    private static func normalised(_ offer: String) -> String { offer.lowercased().filter { $0 != " " } }

    private func finding(_ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double) -> Finding {
        Finding(
            .compressionCorruptFrame, confidence: confidence,
            title: say("one side compresses and the other does not read it", "一方压缩消息而另一方无法读取"),
            explanation: say(
                "A frame with RSV1 set is compressed (RFC 7692 §6). Whoever did not negotiate permessage-deflate takes it for a broken frame and closes with 1002. Proxies pass frames on unchanged and cannot cause it.",
                "RSV1 置位的帧是压缩过的（RFC 7692 §6）。没有协商 permessage-deflate 的一方会认为帧损坏并以 1002 关闭。代理原样转发帧，不会造成这种情况。"),
            evidence: evidence, place: place,
            fix: Fix(
                "do not set Sec-WebSocket-Extensions by hand; switch compression off at the server, or use a client library that implements it",
                "不要手动设置 Sec-WebSocket-Extensions；在服务器关闭压缩，或使用实现了该扩展的客户端库"), predicts: [.invalidFrame])
    }
}
