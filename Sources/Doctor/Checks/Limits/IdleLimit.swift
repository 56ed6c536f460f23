import HTTPWire

/// The idle time of one station.
struct IdleLimit {
    /// Such as `HAProxy` or `AWS Application Load Balancer`.
    let station: String
    let seconds: Double
    /// Whether a file says it.
    let isStated: Bool
    /// Whether a limit that means something else takes the place of one for sockets that is not set.
    var isImplied = false
    /// Whether it stands before the proxy that is configured here.
    var isOuter = false
    var isNginx = false
    let words: Phrase
    let place: FilePlace?
    var explanation = say(
        "An upgraded connection without traffic looks dead to a proxy, which closes it when its time is over.",
        "没有流量的升级连接在代理看来已失效，超时后会被关闭。")
    var fix = Fix("raise the idle time, or send a heartbeat below it", "提高空闲超时，或发送间隔更短的心跳")

    static func all(in examination: Examination) -> [IdleLimit] {
        var limits =
            examination.files.haproxy.flatMap { haproxy($0) }
            + examination.files.apache.flatMap { apache($0, examination.subject.path) }
        for route in examination.files.routes
        where route.takes(host: examination.subject.url.host, path: examination.subject.path) {
            if let limit = answer(route, examination) { limits.append(limit) }
            let common =
                route.proxy == .ingress && (route.ingressClass ?? "nginx") == "nginx"
                ? examination.files.controllerIdle : nil
            guard let seconds = route.idleTimeout ?? common?.seconds, seconds > 0 else { continue }
            limits.append(
                IdleLimit(
                    station: route.proxy.rawValue, seconds: seconds,
                    isStated: route.idlePlace != nil || route.idleTimeout == nil,
                    // A balancer of the cloud, in front of the proxy whose configuration is here too.
                    isOuter: route.ingressClass == "alb" && examination.files.nginx != nil,
                    words: say(
                        "\(route.proxy.rawValue) closes after \(duration(seconds))",
                        "\(route.proxy.rawValue) 在 \(duration(seconds)) 后关闭"),
                    place: route.idlePlace ?? common?.place ?? route.place))
        }
        for caddy in examination.files.caddy {
            for line in caddy.all("stream_timeout") + caddy.all("read_timeout") {
                guard let seconds = line.arguments.first.flatMap({ TimeText.seconds($0) }), seconds > 0 else {
                    continue
                }
                limits.append(
                    IdleLimit(
                        station: "Caddy", seconds: seconds, isStated: true,
                        words: say("\(line.name) \(duration(seconds))", "\(line.name) \(duration(seconds))"),
                        place: line.place))
            }
        }
        for balancer in examination.files.balancers {
            limits.append(
                IdleLimit(
                    station: balancer.kind.rawValue, seconds: balancer.idleTimeout,
                    isStated: balancer.isStated, isOuter: true,
                    words: balancer.isStated
                        ? say(
                            "\(balancer.kind.rawValue): idle timeout \(duration(balancer.idleTimeout))",
                            "\(balancer.kind.rawValue)：空闲超时 \(duration(balancer.idleTimeout))")
                        : say(
                            "\(balancer.kind.rawValue) closes after \(duration(balancer.idleTimeout)) by default",
                            "\(balancer.kind.rawValue) 默认在 \(duration(balancer.idleTimeout)) 后关闭"),
                    place: balancer.place))
        }
        if let nginx = examination.files.nginx?.readTimeout {
            limits.append(
                IdleLimit(
                    station: "nginx", seconds: nginx.seconds, isStated: nginx.place != nil, isNginx: true,
                    words: nginx.place == nil
                        ? say(
                            "nginx closes after \(duration(nginx.seconds)) by default",
                            "nginx 默认在 \(duration(nginx.seconds)) 后关闭")
                        : say(
                            "proxy_read_timeout is \(duration(nginx.seconds))",
                            "proxy_read_timeout 为 \(duration(nginx.seconds))"), place: nginx.place,
                    fix: Fix(
                        "set proxy_read_timeout 1h; in this location",
                        "在该 location 中设置 proxy_read_timeout 1h;")))
        }
        return limits
    }

    // MARK: HAProxy

    /// After the upgrade `timeout tunnel` counts; where it is missing, the shorter of `timeout client` and `timeout server`.
    private static func haproxy(_ haproxy: HAProxyConfiguration) -> [IdleLimit] {
        haproxy.entrances.flatMap { entrance -> [IdleLimit] in
            let backends = haproxy.backends(of: entrance)
            return (backends.isEmpty ? [entrance] : backends).compactMap { backend in
                // The backend's own tunnel timeout comes before the frontend's defaults.
                if let tunnel = haproxy.timeout("tunnel", in: backend)
                    ?? haproxy.timeout("tunnel", in: entrance)
                {
                    return IdleLimit(
                        station: "HAProxy", seconds: tunnel.seconds, isStated: true,
                        words: say(
                            "timeout tunnel \(duration(tunnel.seconds)) holds in \(entrance.kind) \(entrance.name) → \(backend.name)",
                            "timeout tunnel \(duration(tunnel.seconds)) 作用于 \(entrance.kind) \(entrance.name) → \(backend.name)"
                        ),
                        place: tunnel.place,
                        explanation: say(
                            "timeout tunnel closes an upgraded (or TCP) connection without traffic. A connection that passes several sections is closed by the shortest of theirs, whatever the others say.",
                            "timeout tunnel 会关闭没有流量的升级连接（或 TCP 连接）。经过多个 section 的连接由其中最短的超时关闭，与其他值无关。"),
                        fix: Fix("raise timeout tunnel here: timeout tunnel 1h", "在此提高：timeout tunnel 1h"))
                }
                let client = haproxy.timeout("client", in: entrance)
                let server = haproxy.timeout("server", in: backend)
                guard let shorter = [client, server].compactMap(\.self).min(by: { $0.seconds < $1.seconds })
                else { return nil }
                let isClient = client.map { $0.place == shorter.place } ?? false
                return IdleLimit(
                    station: "HAProxy", seconds: shorter.seconds, isStated: true, isImplied: true,
                    words: say(
                        "no timeout tunnel is set, so timeout \(isClient ? "client" : "server") \(duration(shorter.seconds)) holds",
                        "没有设置 timeout tunnel，因此 timeout \(isClient ? "client" : "server") \(duration(shorter.seconds)) 生效"
                    ),
                    place: shorter.place,
                    explanation: say(
                        "Once a connection is upgraded, timeout tunnel replaces timeout client and timeout server; where it is not set, the shorter of the two goes on to count, made for requests and not for sockets.",
                        "连接升级后，timeout tunnel 取代 timeout client 和 timeout server；未设置时，两者中较短的继续生效，而它是为请求设计的，不适合套接字。"
                    ),
                    fix: Fix(
                        "set timeout tunnel 1h beside it (and timeout client-fin 30s)",
                        "在旁边设置 timeout tunnel 1h（以及 timeout client-fin 30s）"))
            }
        }
    }

    // MARK: Apache

    /// A timeout for whole answers, where an event stream is asked for, or connections are seen to end at that very age.
    private static func answer(_ route: ProxyRoute, _ examination: Examination) -> IdleLimit? {
        guard let (seconds, place) = route.answerTimeout else { return nil }
        let isStream = examination.files.dials.contains { $0.library == .eventSource }
        let isSeen = examination.files.events(.regularEnd).contains {
            $0.seconds.map { RegularEnd.isNear($0, seconds) } == true
        }
        guard isStream || isSeen else { return nil }
        return IdleLimit(
            station: route.proxy.rawValue, seconds: seconds, isStated: true,
            words: say("timeout \(duration(seconds)) on this route", "该路由的 timeout 为 \(duration(seconds))"),
            place: place,
            explanation: say(
                "The route's timeout is for the whole answer, and the answer of a stream has no end: it is cut when the time is over, however much is sent. Sockets are cut by it too in releases of Envoy that count from the request on.",
                "路由的 timeout 针对整个响应，而流式响应没有结尾：无论发送多少数据，时间一到就会被切断。在从请求开始计时的 Envoy 版本中，套接字也会因此被切断。"),
            fix: Fix("timeout: 0s for the stream's path", "为流式路径设置 timeout: 0s"))
    }

    /// The tunnel is closed after `timeout=` of the ProxyPass, or ProxyTimeout, or Timeout; since 2.4.47 not before Timeout.
    private static func apache(_ apache: ApacheConfiguration, _ path: String) -> [IdleLimit] {
        guard let mapping = apache.mappings.first(where: { $0.matches(path) && $0.target != "!" }) else {
            return []
        }
        let common = apache.all("timeout").last.flatMap { line in
            line.arguments.first.flatMap { TimeText.seconds($0) }.map { ($0, line.place) }
        }
        let proxy = apache.all("proxytimeout").last.flatMap { line in
            line.arguments.first.flatMap { TimeText.seconds($0) }.map { ($0, line.place) }
        }
        let own = mapping.option("timeout").flatMap { TimeText.seconds($0) }.map { ($0, mapping.place) }
        let base = common?.0 ?? 60
        let set = own ?? proxy
        let seconds = set.map { max($0.0, base) } ?? base
        let place = set.map { $0.0 >= base ? $0.1 : common?.1 ?? $0.1 } ?? common?.1
        let name = set.map { $0.0 >= base } == true ? (own != nil ? "timeout=" : "ProxyTimeout") : "Timeout"
        return [
            IdleLimit(
                station: "Apache", seconds: seconds, isStated: place != nil,
                words: say(
                    "\(name) \(duration(seconds)) closes the tunnel", "\(name) \(duration(seconds)) 会关闭隧道"),
                place: place ?? mapping.place,
                explanation: say(
                    "Apache closes a tunnelled connection on which nothing moves: after timeout= of its ProxyPass line, or ProxyTimeout, or Timeout (60 s by default); from 2.4.47 on the longer of Timeout and the others counts, before that timeout= alone.",
                    "Apache 会关闭没有数据的隧道连接：依据 ProxyPass 的 timeout=、ProxyTimeout 或 Timeout（默认 60 s）；从 2.4.47 起取 Timeout 与前者中较长的，此前只看 timeout=。"
                ),
                fix: Fix(
                    "set ProxyPass … timeout=3600 for the socket's path", "为套接字路径设置 ProxyPass … timeout=3600")
            )
        ]
    }
}
