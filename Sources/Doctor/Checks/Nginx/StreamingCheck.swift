import HTTPWire
import NginxRouting
import NginxSyntax

/// Whether nginx keeps back what a server sends piece by piece: server-sent events, streamed answers.
struct StreamingCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx else { return [] }
        var findings: [Finding] = []
        let measured = measured(examination)
        for (path, why) in measured.map({ [$0] }) ?? streams(examination) {
            let trace = nginx.trace(path, isUpgrade: false)
            // FastCGI, uwsgi and SCGI have buffers of their own, which proxy_buffering does not touch.
            guard let (pass, directive) = Self.handler(trace) else { continue }
            let line = trace.level?.value(directive)
            guard (line?.text(0).lowercased() ?? "on") == "on" else { continue }
            // A backend may switch it off for its answer; what was watched coming late is kept all the same.
            if measured == nil,
                examination.files.responses.contains(where: { $0["X-Accel-Buffering"]?.lowercased() == "no" })
                    || examination.files.unbuffered != nil,
                trace.level?.effective(ignoring(directive)).contains(where: {
                    $0.arguments.contains("X-Accel-Buffering")
                }) != true
            {
                continue
            }
            let finding = Finding(
                .bufferingOnStreaming,
                confidence: measured != nil ? 0.93 : why.source == .knowledge ? 0.6 : 0.8,
                title: Phrase(
                    en: "\(directive) keeps back the events of \(path)",
                    zh: "\(directive) 会滞留 \(path) 的事件"),
                explanation: Phrase(
                    en: """
                        With \(directive) on (the default) nginx passes an answer on when a buffer is full or the answer ends. \
                        Events are small and the answer never ends, so they arrive late and in lumps, or when the \
                        connection is cut.
                        """,
                    zh: "\(directive) 打开（默认）时，nginx 在缓冲区满或响应结束时才转发。事件很小而响应不会结束，因此它们会延迟并成批到达，或直到连接断开才到达。"),
                evidence: [
                    why,
                    line.map { nginx.quoted($0) }
                        ?? .known(
                            "\(directive) is not set here, so it is on", "此处未设置 \(directive)，默认打开"),
                    nginx.quoted(pass),
                ], place: nginx.place(line ?? pass),
                fix: Fix(
                    en:
                        "in that location: \(directive) off; (or X-Accel-Buffering: no in the answer), and a read timeout of 1h",
                    zh:
                        "在该 location 中：\(directive) off;（或在响应中加 X-Accel-Buffering: no），并将读超时设为 1h",
                    patch: line.flatMap { nginx.patch($0, to: "off") }
                        ?? nginx.patch(adding: ["\(directive) off;"], to: trace.block)),
                hop: "nginx", predicts: [.buffered])
            if !findings.contains(where: { $0.place == finding.place }) { findings.append(finding) }
        }
        return findings
    }

    /// A stream that came late and at once through the proxy, and piece by piece from the backend itself.
    private func measured(_ examination: Examination) -> (String, Evidence)? {
        let subject = examination.subject.url
        let streams = examination.files.timedStreams
        for late in streams where late.url.authority == subject.authority {
            guard
                let direct = streams.first(where: {
                    $0.url.authority != subject.authority && late.isHeldBack(against: $0)
                })
            else {
                continue
            }
            return (
                late.url.target,
                .file(
                    "the events came together after \(late.times.first ?? 0) s, and from \(direct.url.authority) one by one from \(direct.times.first ?? 0) s on",
                    "事件在 \(late.times.first ?? 0) 秒后一起到达，而从 \(direct.url.authority) 自 \(direct.times.first ?? 0) 秒起逐个到达",
                    at: late.place)
            )
        }
        return nil
    }

    /// The line that hands the request on, and the directive that buffers its answer; nil: nothing does.
    private static func handler(_ trace: RequestTrace) -> (Statement, String)? {
        switch trace.outcome {
        case .proxied(let proxied): return (proxied.pass, "proxy_buffering")
        case .passed(_, _, let pass):
            guard let module = pass.name.before("_pass"), ["fastcgi", "uwsgi", "scgi"].contains(module) else {
                return nil
            }
            return (pass, module + "_buffering")
        default: return nil
        }
    }

    private func ignoring(_ directive: String) -> String {
        (directive.before("_buffering") ?? "proxy") + "_ignore_headers"
    }

    /// Paths that are streamed, and how that is known.
    private func streams(_ examination: Examination) -> [(String, Evidence)] {
        var found: [(String, Evidence)] = []
        for dial in examination.files.dials where dial.library == .eventSource {
            let text = dial.address.map(Self.literal) ?? ""
            guard let path = Self.path(text) else { continue }
            found.append(
                (
                    path,
                    Evidence(
                        .file, Phrase(en: "the page opens an EventSource here", zh: "页面在此处打开 EventSource"),
                        at: dial.place)
                ))
        }
        let subject = examination.subject
        let isEventStream = examination.files.responses.first {
            $0["Content-Type"]?.lowercased().contains("text/event-stream") == true
        }
        let asksForEvents = examination.files.requests.first {
            $0["Accept"]?.lowercased().contains("text/event-stream") == true
        }
        if let response = isEventStream {
            let path = asksForEvents?.target ?? subject.target
            found.append(
                (
                    path,
                    Evidence(
                        .file, Phrase(en: "the answer is text/event-stream", zh: "响应为 text/event-stream"),
                        at: response.place)
                ))
        } else if let request = asksForEvents {
            found.append(
                (
                    request.target,
                    Evidence(
                        .file,
                        Phrase(en: "the request asks for text/event-stream", zh: "请求要求 text/event-stream"),
                        at: request.place)
                ))
        }
        // `http://…` opens no socket by itself: it may be what an EventSource reads.
        var isPage = subject.isDialectAssumed && !examination.isSocketIO
        if case .page = subject.dialect { isPage = true }
        // Who asks for a site by its root asks for no stream of it.
        if isPage, found.isEmpty, subject.url.target.pathOnly != "/",
            let source = examination.files.eventStream
        {
            found.append(
                (
                    subject.target,
                    .file("a program answers with text/event-stream", "程序以 text/event-stream 应答", at: source)
                ))
        }
        if isPage, found.isEmpty {
            let target = subject.url.target
            let path = target.prefix { $0 != "?" }
            let words = path.lowercased().split { "/-_.".contains($0) }.map(String.init)
            if words.contains(where: {
                ["sse", "events", "eventsource", "stream", "streaming", "eventstream"].contains($0)
            }) {
                found.append(
                    (
                        target,
                        .known(
                            "the path \(path) reads like a stream of events", "路径 \(path) 看起来是事件流")
                    ))
            }
        }
        return found
    }

    /// The literal parts; what is put in at run time (host, token) is left out.
    private static func literal(_ pieces: [TextPiece]) -> String {
        pieces.map { if case .literal(let text) = $0 { text } else { "" } }.joined()
    }

    private static func path(_ text: String) -> String? {
        if text.hasPrefix("/") { return text }
        return (try? URLParts(text))?.target
    }
}
