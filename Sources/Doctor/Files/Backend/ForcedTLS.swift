import HTTPWire

/// Where a backend sends plain requests to https by itself: it needs to be told that the client already uses it.
enum ForcedTLS {
    /// How frameworks are told to: Rails, Django, ASP.NET, Starlette, Spring, Phoenix, Flask and Express.
    private static let marks = [
        "config.force_ssl = true", "SECURE_SSL_REDIRECT = True", "SECURE_SSL_REDIRECT=True",
        ".UseHttpsRedirection(", "HTTPSRedirectMiddleware", ".requiresSecure()", ".redirectToHttps(",
        "force_ssl: [",
        "Talisman(", "express-sslify", "enforce.HTTPS(",
    ]
    /// What makes them take every request for one that came over TLS, or look at a header of another name.
    private static let excuses = ["config.assume_ssl = true", "force_https=False"]

    /// The line of a source that asks for it; comments do not count.
    static func find(in file: SourceFile) -> FilePlace? {
        guard marks.contains(where: { file.text.holds($0) }),
            !excuses.contains(where: { file.text.holds($0) })
        else { return nil }
        let line = file.lines.first { line in
            let text = line.text.trimmed
            return !text.hasPrefix("#") && !text.hasPrefix("//") && marks.contains { text.holds($0) }
        }
        return line.map { file.place($0.number) }
    }

    /// What says that the backend redirects, in sources, settings or recorded answers.
    static func evidence(_ examination: Examination) -> Evidence? {
        if let place = examination.files.forcedTLS {
            return .file("the backend sends plain requests to https", "后端会把明文请求重定向到 https", at: place)
        }
        let names: Set<String> = [
            "securesslredirect", "djangosecuresslredirect", "forcessl", "forcehttps", "requirehttps",
            "railsforcessl",
        ]
        let setting = examination.files.settings.last {
            names.contains($0.bareName) && ["true", "1", "on", "yes"].contains($0.value.lowercased())
        }
        if let setting {
            return .file(
                "\(setting.name)=\(setting.value)", "\(setting.name)=\(setting.value)", at: setting.place)
        }
        // The answer to a request that came over TLS names the very address that was asked for.
        let url = examination.subject.url
        let own = "https://\(url.authority)\(examination.subject.path)".lowercased()
        let answer = examination.files.responses.first { response in
            (300..<400).contains(response.status)
                && response["Location"].map { ($0.before("?") ?? $0).lowercased() == own } == true
        }
        return answer.map {
            .file("the answer sends \(own) to itself", "响应把 \(own) 重定向到它自己", at: $0.place)
        }
    }
}
