#if FUZZING
    import Doctor
    import JSON

    /// A folder of files of every kind the doctor reads, diagnosed without a network: nothing may trap, and what it finds is a
    /// report that can be printed, read as JSON, and points into the files.
    ///
    /// The input is a list of parts with 0x1E between them. The first is the address as somebody typed it; each other
    /// begins with a byte that chooses the file's name.
    func fuzzDoctor(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        let input = Array(UnsafeBufferPointer(start: data, count: count))
        let parts = input.split(separator: 0x1E, maxSplits: 6, omittingEmptySubsequences: false)
        let address = String(decoding: parts.first ?? [], as: UTF8.self)
        guard var subject = (try? Subject(address)) ?? (try? Subject("ws://app.example/ws?token=<token.txt>"))
        else {
            return 0
        }
        subject.isOffline = true
        var files: [SourceFile] = []
        for part in parts.dropFirst() {
            let name = names[Int(part.first ?? 0) % names.count]
            files.append(SourceFile(name: name, path: "/x/" + name, bytes: Array(part.dropFirst())))
        }
        let examination = Examiner.examination(of: files, Inquiry(subject, now: 1_800_000_000))
        let diagnosis = Reasoning.diagnosis(of: examination)
        for language in Language.allCases {
            let text = JSONReport(diagnosis, language: language).text
            precondition((try? JSONValue.parse(text)) != nil, "the report is no JSON")
            let style = Style(usesColor: false)
            let terminal = TerminalReport(diagnosis, language: language, columns: 80, style: style).text
            precondition(
                terminal.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 },
                "a control character gets out")
            precondition(!MarkdownReport(diagnosis, language: language).text.isEmpty)
        }
        for finding in diagnosis.findings {
            precondition((0...1).contains(finding.confidence) && !finding.fix.summary.en.isEmpty)
            precondition(!finding.fix.summary.zh.isEmpty && !finding.title.zh.isEmpty)
            if let place = finding.place { precondition(place.line >= 1 && place.column >= 1) }
        }
        return 0
    }

    private let names = [
        "nginx.conf", "conf.d/app.conf", ".env", "client.env", "docker-compose.yml", "frpc.toml", "frpc.ini",
        "haproxy.cfg", "Caddyfile", "apache.conf", "cloudflared.yml", "traefik.yml", "ingress.yaml",
        "envoy.yaml",
        "access.log", "error.log", "server.log", "client.js", "server.py", "index.html", "token.txt",
        "token.expectations.json", "console.txt", "request.txt", "response.txt", "package.json",
        "requirements.txt", "main.go", "runtime.exs", "lb.tf", "default.vcl", "lighttpd.conf", "web.config",
        "apisix.yaml", "vercel.json", "netlify.toml", "_redirects", "dig.txt",
        "unknown",
    ]
#endif
