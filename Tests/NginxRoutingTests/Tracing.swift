import NginxRouting
import NginxSyntax

/// Shorthand for tests: a request to an http block, and what came of it in one word.
enum Tracing {
    static func router(_ http: String, release: NginxRelease = .debian12) -> NginxRouter {
        NginxRouter(NginxConfiguration.parse("events { }\nhttp {\n\(http)\n}\n"), release: release)
    }

    static func trace(
        _ http: String, _ target: String, host: String = "a.test", method: String = "GET",
        headers: [(name: String, value: ByteString)] = [], release: NginxRelease = .debian12,
        files: Set<String> = []
    ) -> RequestTrace {
        var request = SimulatedRequest(target: ByteString(target), host: host, headers: headers)
        request.method = method
        request.port = 80
        request.clientAddress = "192.0.2.1"
        return router(http, release: release).trace(request) { path in
            files.contains(path.text) ? .file : files.contains(path.text + "/") ? .directory : .missing
        }
    }

    /// `GET /x HTTP/1.0 to h:80`, `301 http://…`, `404`, `file html/x`.
    static func word(_ trace: RequestTrace) -> String {
        switch trace.outcome {
        case .proxied(let proxied):
            "\(proxied.uri.bytes) to \(proxied.target.host):\(proxied.target.port ?? 0)"
        case .answered(let answer):
            "\(answer.status)" + (answer.location.map { " \($0.bytes)" } ?? "")
                + (answer.text.map { " \($0.bytes)" } ?? "")
        case .file(let path, _): "file \(path)"
        case .passed(let name, let target, _): "\(name) \(target.bytes)"
        case .module(let statement): "module \(statement.name)"
        case .failed(let status, let reason): "failed \(status) \(reason)"
        }
    }

    /// Of a server with these lines that listens on port 80.
    static func word(_ server: String, _ target: String, files: Set<String> = []) -> String {
        word(trace("server {\n\(server)\n}", target, files: files))
    }
}
