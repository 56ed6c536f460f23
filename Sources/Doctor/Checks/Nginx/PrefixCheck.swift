import NginxRouting
import NginxSyntax

/// The public prefix is passed on, and the backend has no such path.
struct PrefixCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, nginx.last.forwardsUpgrade, let proxied = nginx.last.proxied,
            proxied.path == .unchanged, let location = nginx.last.location,
            let prefix = location.replacedPrefix?.text,
            prefix.utf8.count > 1, location.kind != .exact
        else { return [] }
        let sent = proxied.uri.bytes.text.pathOnly
        let files = examination.files
        guard sent.hasPrefix(prefix), !files.isMounted(at: prefix),
            !files.servers.contains(where: { $0.serves(sent) })
        else { return [] }
        let missed = files.accesses.first { $0.path == sent && $0.status == 404 }
        let known = Self.cuts(prefix).lazy.compactMap { cut -> Known? in
            let rest = String(sent.dropFirst(cut.count))
            guard rest.utf8.count > 1, rest.hasPrefix("/") else { return nil }
            // The backend's own source or settings name its path. A route that is written without what stands further out may be
            // mounted there by a file that is not at hand: only a path it is known to lack speaks against that.
            let isWhole = cut.count >= prefix.count - 1
            let server = isWhole || missed != nil ? files.servers.first { $0.serves(rest) } : nil
            let pair = files.asked(with: cut) { ProxyPathCheck.isPeer($0, proxied) }
            let isKnown = pair.map { $0.with.status == 404 } ?? false
            return server != nil || isKnown
                ? Known(cut: cut, rest: rest, server: server, pair: isKnown ? pair : nil) : nil
        }.first
        if let known { return [finding(known, sent, missed, nginx, proxied, prefix)] }
        guard let cut = Self.cuts(prefix).first, missed != nil || isNotFound(examination) else { return [] }
        let rest = String(sent.dropFirst(cut.count))
        guard rest.utf8.count > 1, rest.hasPrefix("/") else { return [] }
        var last = finding(Known(cut: cut, rest: rest), sent, missed, nginx, proxied, prefix)
        // A 404 alone has many causes.
        last.isLastResort = true
        return [last]
    }

    /// What of the path is too much, and how that is known.
    private struct Known {
        let cut: String
        let rest: String
        var server: SocketServer?
        var pair: (with: AskedAddress, without: AskedAddress)?
    }

    /// Beginnings of a location's path that may be too much for its backend, the whole first: `/a/b/` is `/a/b` and `/a`.
    private static func cuts(_ prefix: String) -> [String] {
        let bare = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        var cuts = [bare]
        while let slash = cuts.last?.lastIndex(of: "/"), slash != cuts.last?.startIndex, cuts.count < 8 {
            cuts.append(String(cuts[cuts.count - 1][..<slash]))
        }
        return cuts.filter { !$0.isEmpty }
    }

    private func isNotFound(_ examination: Examination) -> Bool {
        let symptoms = examination.probes?.symptoms ?? [:]
        return symptoms[.handshakeStatus(404)] != nil && symptoms[.originDecides] == nil
            && symptoms[.tokenDecides] == nil
    }

    private func finding(
        _ known: Known, _ sent: String, _ missed: AccessGroup?, _ nginx: NginxEvidence,
        _ proxied: ProxiedRequest, _ prefix: String
    ) -> Finding {
        var evidence = [
            nginx.route(nginx.last), nginx.seen(proxied.pass, "passes \(sent) on unchanged", "原样传递 \(sent)"),
        ]
        if let server = known.server {
            evidence.append(
                .file(
                    "the server's path is \(server.path ?? "")", "服务器的路径是 \(server.path ?? "")",
                    at: server.place))
        }
        if let pair = known.pair {
            evidence.append(
                .file(
                    "asked directly, the backend answers \(pair.with.status) to \(pair.with.path) and \(pair.without.status) to \(pair.without.path)",
                    "直接访问时后端对 \(pair.with.path) 返回 \(pair.with.status)，对 \(pair.without.path) 返回 \(pair.without.status)",
                    at: pair.with.place))
        }
        if let missed {
            evidence.append(
                Evidence(
                    .log, say("\(sent) was answered \(missed.status)", "\(sent) 得到 \(missed.status)"),
                    at: missed.place))
        }
        // What of the location's path is left: `/ws/` of `/stock/ws/` without `/stock`.
        let uri = String(prefix.dropFirst(known.cut.count))
        let line = "proxy_pass \(proxied.pass.text(0))\(uri.isEmpty ? "/" : uri);"
        return nginx.finding(
            .proxyPassPrefixNotStripped, confidence: known.server != nil || known.pair != nil ? 0.85 : 0.65,
            at: proxied.pass,
            title: say(
                "the backend gets \(sent), the public prefix \(known.cut) included",
                "后端收到 \(sent)，包含公网前缀 \(known.cut)"),
            say(
                "Without a URI in proxy_pass the path is passed on as it is. A backend that is not told of the prefix knows only \(known.rest) and answers 404.",
                "proxy_pass 没有 URI 时路径原样传递。不知道该前缀的后端只认识 \(known.rest)，因此应答 404。"),
            evidence: evidence,
            fix: Fix(
                "\(line) in a location that ends in a slash strips the prefix; or tell the backend its base path.",
                "在以斜杠结尾的 location 中使用 \(line) 可去掉前缀；或在后端设置其基础路径。",
                patch: proxied.hasVariables || !prefix.hasSuffix("/")
                    ? nil
                    : nginx.patch { patch in
                        guard let url = proxied.pass.directive.arguments.first else { return false }
                        return patch.replace(url, of: proxied.pass.directive, with: url.text + uri)
                    }), predicts: [.handshakeStatus(404)], excludedBy: [.upgraded])
    }
}
