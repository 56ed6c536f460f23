import HTTPWire
import NginxRouting
import NginxSyntax

/// Socket.IO's polling needs all requests of a session at one process: several workers, several nodes.
struct StickinessCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard Self.concerns(examination) else { return [] }
        let unknown = Self.unknownSession(examination)
        var findings: [Finding] = []
        let workers = workers(examination)
        if let (process, count) = workers {
            findings.append(severalWorkers(process, count, unknown, examination))
        }
        let pool = pool(examination)
        let nodes = pool.map { upstreamEvidence($0, examination) } ?? nodes(examination)
        if let nodes {
            let patch = pool.flatMap { pool in
                examination.nginx?.patch { $0.insert(["ip_hash;"], .startOf(pool.statement.directive)) }
            }
            findings.append(severalNodes(nodes, unknown, patch))
        }
        if workers == nil, nodes == nil, let unknown { findings.append(unknownAlone(unknown)) }
        return findings
    }

    /// Whether there is polling: without it there is nothing to spread.
    static func concerns(_ examination: Examination) -> Bool {
        // SignalR and SockJS begin like Socket.IO: requests first, which must meet one process.
        let polls = examination.files.dials.contains { dial in
            dial.library == .sockJS
                || (dial.library == .signalR && dial.options["skipNegotiation"]?.isTrue != true)
        }
        if polls || negotiates(examination) || losesConnections(examination) { return true }
        guard examination.isSocketIO else { return false }
        let dials = examination.files.dials.filter { $0.library == .socketIO }
        let isAlone =
            !dials.isEmpty && dials.allSatisfy { $0.options["transports"]?.literals == ["websocket"] }
        return !isAlone || unknownSession(examination) != nil
            || examination.subject.url.target.holds("transport=polling")
    }

    /// SignalR's first request, which gives the id that the connection behind it must bring to the same server.
    private static func negotiates(_ examination: Examination) -> Bool {
        examination.subject.path.hasSuffix("/negotiate")
            || examination.files.accesses.contains {
                $0.method == "POST" && $0.path.hasSuffix("/negotiate") && $0.status == 200
            }
    }

    /// What SignalR answers to an id it did not give.
    private static func losesConnections(_ examination: Examination) -> Bool {
        examination.files.events(.sessionUnknown).contains {
            $0.excerpt.lowercased().holds("no connection with that id")
        }
    }

    private static func unknownSession(_ examination: Examination) -> Evidence? {
        if let event = examination.files.events(.sessionUnknown).first { return .log(event) }
        if let response = examination.files.responses.first(where: {
            $0.body.holds("Session ID unknown") || ($0.body.holds("\"code\":1") && $0.status == 400)
        }) {
            return .file(
                "the answer: \(Masking.excerpt(response.body, 120))",
                "响应：\(Masking.excerpt(response.body, 120))", at: response.place)
        }
        return nil
    }

    // MARK: Workers

    private func workers(_ examination: Examination) -> (ServerProcess, Int)? {
        if examination.files.packages.contains(where: {
            $0["@socket.io/sticky"] != nil || $0["@socket.io/pm2"] != nil
        }) {
            return nil
        }
        let process = examination.files.processes.first { ($0.workers ?? 1) > 1 }
        if let process { return (process, process.workers ?? 2) }
        let names: Set<String> = [
            "webconcurrency", "gunicornworkers", "uvicornworkers", "workers", "workerprocesses", "numworkers",
        ]
        guard
            let setting = examination.files.settings.last(where: {
                names.contains($0.bareName) && $0.side != .frontend
            }), let count = Int(setting.value), count > 1
        else { return nil }
        return (
            ServerProcess(program: setting.name, arguments: [], service: nil, place: setting.place), count
        )
    }

    private func severalWorkers(
        _ process: ServerProcess, _ count: Int, _ unknown: Evidence?, _ examination: Examination
    ) -> Finding {
        var evidence = [
            Evidence.file(
                "\(process.program) starts \(process.program.hasPrefix("pm2") && count == 4 ? "several" : "\(count)") processes behind one port",
                "\(process.program) 在同一端口后启动了\(process.program.hasPrefix("pm2") && count == 4 ? "多个" : " \(count) 个")进程",
                at: process.place)
        ]
        if let unknown { evidence.append(unknown) }
        evidence.append(
            .knowledge("the kernel hands each new connection to any of them", "内核会把每个新连接随机交给其中一个进程"))
        let isGunicorn = process.program == "gunicorn" || process.program.lowercased().holds("gunicorn")
        return Finding(
            .multiWorkerNoSticky, confidence: unknown == nil ? 0.88 : 0.96,
            title: say(
                "several workers share one port, and a session lives in one of them",
                "多个工作进程共用一个端口，而会话只存在于其中一个"),
            explanation: say(
                "Socket.IO opens with polling: several HTTP requests that must reach the process which gave the session id. With several workers behind one port the next request lands at another, which answers 400 \"Session ID unknown\". ip_hash in the proxy cannot help, since there is one address.",
                "Socket.IO 以轮询开始：多个 HTTP 请求必须到达分配会话 ID 的那个进程。一个端口后有多个工作进程时，下一个请求会落到其他进程，得到 400 “Session ID unknown”。代理的 ip_hash 没有用，因为只有一个地址。"
            ),
            evidence: evidence, place: process.place,
            fix: isGunicorn
                ? Fix(
                    "run one worker of an asynchronous class (gunicorn -k eventlet -w 1), and several instances on ports of their own behind a sticky balancer when more are needed",
                    "使用一个异步类工作进程（gunicorn -k eventlet -w 1）；需要更多时，在不同端口启动多个实例并放在带会话保持的负载均衡之后")
                : Fix(
                    "run one process for each port and let the balancer keep clients (ip_hash), use @socket.io/sticky, or let clients use transports: ['websocket']",
                    "每个端口只运行一个进程并让负载均衡保持会话（ip_hash），或使用 @socket.io/sticky，或让客户端使用 transports: ['websocket']"),
            hop: "backend", predicts: [.sessionUnknown, .handshakeStatus(400)])
    }

    // MARK: Nodes

    /// nginx's upstream that the polling requests go to, when it spreads them over several servers.
    private func pool(_ examination: Examination) -> Upstream? {
        guard let nginx = examination.nginx, let pool = (nginx.polling ?? nginx.last).proxied?.upstream else {
            return nil
        }
        return pool.activePeers.count > 1 && !pool.balancing.isSticky ? pool : nil
    }

    private func upstreamEvidence(_ pool: Upstream, _ examination: Examination) -> Evidence {
        let how = pool.balancingStatement?.name ?? "round robin"
        return .file(
            "upstream \(pool.name) spreads requests over \(pool.activePeers.count) servers (\(how)), whoever sends them",
            "upstream \(pool.name) 把请求分散到 \(pool.activePeers.count) 个服务器（\(how)），不区分客户端",
            at: examination.nginx?.place(pool.balancingStatement ?? pool.statement))
    }

    /// What spreads requests over several servers without keeping clients.
    private func nodes(_ examination: Examination) -> Evidence? {
        let subject = examination.subject
        for haproxy in examination.files.haproxy {
            for section in haproxy.entrances.flatMap({ haproxy.backends(of: $0) })
            where haproxy.servers(section).count > 1 && haproxy.isHTTP(section) {
                let balance = haproxy.value(["balance"], in: section)
                let isSticky =
                    ["source", "hdr", "uri", "url_param", "hash"].contains {
                        balance?.words.first?.hasPrefix($0) == true
                    }
                    || section.lines.contains {
                        $0.words.first == "stick" || $0.words.first == "cookie"
                            || $0.words.starts(with: ["stick", "on"])
                    }
                if !isSticky {
                    return .file(
                        "backend \(section.name) has \(haproxy.servers(section).count) servers and no stickiness (balance \(balance?.words.first ?? "roundrobin"))",
                        "backend \(section.name) 有 \(haproxy.servers(section).count) 个服务器且没有会话保持（balance \(balance?.words.first ?? "roundrobin")）",
                        at: balance?.place ?? section.place)
                }
            }
        }
        for route in examination.files.routes
        where !route.isSticky && route.takes(host: subject.url.host, path: subject.path) {
            let known = examination.files.replicas
            let running =
                route.servers.compactMap { known[$0] }.max() ?? (known.count == 1 ? known.first?.value : nil)
            let count = max(route.servers.count, route.replicas ?? running ?? 1)
            if count > 1 {
                return .file(
                    "\(route.proxy.rawValue) spreads the route over \(count) servers without stickiness",
                    "\(route.proxy.rawValue) 把该路由分散到 \(count) 个服务器且没有会话保持", at: route.place)
            }
        }
        for apache in examination.files.apache {
            let balancers = apache.directives.filter { $0.name == "balancermember" }
            let isSticky = apache.directives.contains {
                $0.arguments.contains { $0.lowercased().hasPrefix("stickysession=") }
            }
            if balancers.count > 1, !isSticky, let first = balancers.first {
                return .file(
                    "the balancer has \(balancers.count) members and no stickysession",
                    "负载均衡有 \(balancers.count) 个成员且没有 stickysession", at: first.place)
            }
        }
        for caddy in examination.files.caddy {
            for proxy in caddy.all("reverse_proxy") {
                let servers =
                    proxy.arguments.filter { !$0.hasPrefix("/") && !$0.hasPrefix("@") && $0 != "*" }
                    + proxy.all("to").flatMap(\.arguments)
                let policy = proxy.all("lb_policy").first?.arguments.first ?? "random"
                if servers.count > 1,
                    !["ip_hash", "client_ip_hash", "cookie", "uri_hash", "header", "first"].contains(policy)
                {
                    return .file(
                        "reverse_proxy has \(servers.count) servers and lb_policy \(policy)",
                        "reverse_proxy 有 \(servers.count) 个服务器，lb_policy 为 \(policy)", at: proxy.place)
                }
            }
        }
        if let service = examination.files.services.first(where: { $0.replicas > 1 && !$0.isProxy }),
            !examination.files.routes.contains(where: \.isSticky)
        {
            return .file(
                "the service \(service.name) runs \(service.replicas) replicas behind one name",
                "服务 \(service.name) 以一个名字运行 \(service.replicas) 个副本",
                at: service.replicasPlace ?? service.place)
        }
        if let balancer = examination.files.balancers.first(where: { $0.isSticky == false }) {
            return .file(
                "stickiness of the \(balancer.kind.rawValue) is off", "\(balancer.kind.rawValue) 的会话保持已关闭",
                at: balancer.place)
        }
        return nil
    }

    private func severalNodes(_ nodes: Evidence, _ unknown: Evidence?, _ patch: String?) -> Finding {
        Finding(
            .notStickyPolling, confidence: unknown == nil ? 0.85 : 0.95,
            title: say("requests of one session reach different nodes", "同一会话的请求到达不同节点"),
            explanation: say(
                "The session id is known to the node that gave it; the next polling request lands at another one, which answers 400 \"Session ID unknown\", and the client begins anew, for ever.",
                "会话 ID 只有分配它的节点认识；下一个轮询请求落到其他节点会得到 400 “Session ID unknown”，客户端于是不断重新连接。"),
            evidence: [nodes, unknown].compactMap(\.self), place: nodes.place,
            fix: Fix(
                "keep clients at one node: nginx ip_hash, HAProxy balance source or cookie, Traefik sticky.cookie, Caddy lb_policy ip_hash, ingress-nginx affinity: cookie; or use transports: ['websocket']",
                "让客户端固定在一个节点：nginx ip_hash，HAProxy balance source 或 cookie，Traefik sticky.cookie，Caddy lb_policy ip_hash，ingress-nginx affinity: cookie；或使用 transports: ['websocket']",
                patch: patch),
            predicts: [.sessionUnknown])
    }

    private func unknownAlone(_ unknown: Evidence) -> Finding {
        Finding(
            .notStickyPolling, confidence: 0.75,
            title: say("a session id is unknown to the process that gets it", "收到会话 ID 的进程不认识它"),
            explanation: say(
                "Polling requests of one session reach several processes or nodes, or the server was started anew in between.",
                "同一会话的轮询请求到达了多个进程或节点，或者期间服务器重启过。"),
            evidence: [unknown], place: unknown.place,
            fix: Fix(
                "keep the requests of a client at one process: one worker for each port, and a sticky balancer",
                "让同一客户端的请求固定在一个进程：每个端口一个工作进程，并使用带会话保持的负载均衡"),
            predicts: [.sessionUnknown])
    }
}
