import NginxRouting
import NginxSyntax

/// Whether nginx has connections and descriptors enough: each proxied socket takes two of both.
struct WorkerCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, nginx.last.proxied != nil || nginx.stream != nil else {
            return []
        }
        let configuration = nginx.files.configuration
        let events = configuration.root.first { $0.name == "events" }
        let line = events?.last("worker_connections")
        let files = configuration.root.last { $0.name == "worker_rlimit_nofile" }
        let connections = line?.value(0).flatMap(NginxValue.number) ?? 512
        let processes = configuration.root.last { $0.name == "worker_processes" }?.value(0)
            .flatMap(NginxValue.number)
        let descriptors = files?.value(0).flatMap(NginxValue.number) ?? 1024
        let perWorker = min(connections, descriptors)
        // Unless told, one process; `auto` is at least one.
        let sockets = perWorker / 2 * max(1, processes ?? 1)
        let logged = examination.files.events(.outOfConnections).filter {
            $0.excerpt.contains("worker_connections") || $0.excerpt.contains("open file")
                || $0.excerpt.contains("EMFILE")
                || $0.excerpt.contains("oo many open files")
        }
        let isLow = sockets <= 64 && (line != nil || files != nil)
        guard !logged.isEmpty || isLow else { return [] }
        let tight = connections <= descriptors ? line ?? events : files
        var evidence: [Evidence] = logged.prefix(2).map { .logged($0) }
        if let tight {
            evidence.append(
                Evidence(
                    .file, Phrase(([tight.name] + tight.values).joined(separator: " ")),
                    at: nginx.files.place(tight.place)))
        }
        evidence.append(
            .known(
                "a proxied socket takes two connections of a worker, one to the client and one to the backend",
                "一个被代理的连接占用 worker 的两个连接：一个到客户端，一个到后端"))
        return [
            Finding(
                .workerConnectionsExhausted, confidence: logged.isEmpty ? 0.65 : 0.95,
                title: Phrase(
                    en: "nginx holds about \(sockets) proxied sockets", zh: "nginx 只能保持约 \(sockets) 个被代理的连接"),
                explanation: Phrase(
                    en: """
                        With worker_connections \(connections) and \(descriptors) open files a worker carries \(perWorker / 2) \
                        sockets; they stay open, so new clients are refused or reset while others merely stay connected.
                        """,
                    zh:
                        "worker_connections 为 \(connections)、可打开文件数为 \(descriptors) 时，每个 worker 只能承载 \(perWorker / 2) 个连接；它们长期打开，因此新客户端会被拒绝或重置。"
                ),
                evidence: evidence, place: tight.map { nginx.files.place($0.place) },
                fix: Fix(
                    en:
                        "events { worker_connections 8192; } and worker_rlimit_nofile 20000; (and LimitNOFILE of the service)",
                    zh:
                        "events { worker_connections 8192; } 并设置 worker_rlimit_nofile 20000;（以及服务的 LimitNOFILE）",
                    patch: patch(line, files, connections, descriptors, nginx)),
                hop: "nginx", predicts: [.noAnswer, .handshakeStatus(500)])
        ]
    }

    /// Both raised, as far as they are written and too low.
    private func patch(
        _ line: NginxDirective?, _ files: NginxDirective?, _ connections: Int, _ descriptors: Int,
        _ nginx: NginxEvidence
    ) -> String? {
        nginx.patch { patch in
            var isChanged = false
            if let line, let word = line.arguments.first, connections < 8192 {
                isChanged = patch.replace(word, of: line, with: "8192")
            }
            if let files, let word = files.arguments.first, descriptors < 20_000 {
                isChanged = patch.replace(word, of: files, with: "20000") || isChanged
            }
            return isChanged
        }
    }
}
