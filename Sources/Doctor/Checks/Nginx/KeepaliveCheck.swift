import NginxRouting
import NginxSyntax

/// Whether the pool of idle connections of an upstream is ever used.
///
/// `keepalive` works only when requests go out as HTTP/1.1 without `Connection: close`. The usual map for
/// WebSockets sends `close` with every ordinary request.
struct KeepaliveCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        let pools = nginx.router.upstreams.filter { $0.value.keepaliveStatement != nil }
        guard !pools.isEmpty else { return [] }
        let requests = requests(nginx)
        var findings: [Finding] = []
        for (name, upstream) in pools.sorted(by: { $0.key < $1.key }) {
            guard let keepalive = upstream.keepaliveStatement, (upstream.keepalive ?? 0) > 0 else { continue }
            let traces = requests.filter { $0.proxied?.upstream?.name.lowercased() == name }
            guard !traces.isEmpty, traces.allSatisfy({ closes($0) }), let trace = traces.first,
                let proxied = trace.proxied
            else { continue }
            let source = proxied.source("Connection")
            let isOld = proxied.version == "1.0"
            var evidence = [nginx.quoted(keepalive)]
            if let line = source?.statement { evidence.append(nginx.quoted(line)) }
            if isOld {
                evidence.append(
                    proxied.versionStatement.map { nginx.quoted($0) }
                        ?? .known(
                            "proxy_http_version is not set, so requests go out as HTTP/1.0",
                            "未设置 proxy_http_version，请求以 HTTP/1.0 发出"))
            }
            let value = proxied.first("Connection")?.value.bytes.text ?? ""
            findings.append(
                Finding(
                    .upstreamKeepaliveDefeated, .warning, confidence: 0.8,
                    title: Phrase(
                        en: "the idle connections of upstream \(upstream.name) are never used",
                        zh: "upstream \(upstream.name) 的空闲连接从未被复用"),
                    explanation: Phrase(
                        en: """
                            Ordinary requests go to the backend \(isOld ? "as HTTP/1.0" : "with Connection: \(value)"), so it closes \
                            after each, and keepalive keeps nothing. That costs a connection for every request, not the handshake.
                            """,
                        zh:
                            "普通请求\(isOld ? "以 HTTP/1.0" : "带着 Connection: \(value)")发往后端，后端每次都会关闭，keepalive 不起作用。这会使每个请求都新建连接，但不影响握手。"
                    ),
                    evidence: evidence, place: nginx.place(source?.statement ?? keepalive),
                    fix: Fix(
                        en:
                            "send nothing where nothing is upgraded: map $http_upgrade $connection_upgrade { default upgrade; '' ''; } and proxy_http_version 1.1;",
                        zh:
                            "不升级时不要发送该头：map $http_upgrade $connection_upgrade { default upgrade; '' ''; }，并设置 proxy_http_version 1.1;",
                        patch: patch(source, nginx)),
                    hop: "nginx"))
        }
        return findings
    }

    /// An ordinary request of the subject's path and of `/`, and one for each location that is reached by its
    /// path.
    private func requests(_ nginx: NginxEvidence) -> [RequestTrace] {
        var traces = [nginx.plain, nginx.page] + [nginx.polling].compactMap(\.self)
        for location in nginx.handshake.choice?.server.locations.all.prefix(200) ?? [] {
            guard let path = location.replacedPrefix, path.bytes.first == UInt8(ascii: "/") else { continue }
            traces.append(nginx.trace(path.text, isUpgrade: false))
        }
        return traces
    }

    private func closes(_ trace: RequestTrace) -> Bool {
        guard let proxied = trace.proxied else { return false }
        if proxied.version == "1.0" { return true }
        return proxied.first("Connection")?.value.bytes.text.lowercased().contains("close") == true
    }

    /// In the map that gives `close` to requests without Upgrade, nothing in its place.
    private func patch(_ source: SentHeader?, _ nginx: NginxEvidence) -> String? {
        guard let variable = source?.statement?.text(1), variable.hasPrefix("$"),
            let map = nginx.files.configuration.all.first(where: {
                $0.name == "map" && $0.value(1) == variable
            }),
            let line = map.block.first(where: { ($0.name == "" || $0.name == "''") && $0.value(0) == "close" }
            ),
            let word = line.arguments.first
        else { return nil }
        return nginx.patch { $0.replace(word, of: line, with: "''") }
    }
}
