import Documents

/// Proxies of which one thing matters here: whether they let an upgrade through, which each says in a line of its own.
enum SmallProxies {
    /// A route of lighttpd or IIS; nil: the file is none of theirs.
    static func route(_ file: SourceFile) -> ProxyRoute? {
        let low = file.baseName.lowercased()
        if low == "web.config" { return iis(file) }
        if low.holds("lighttpd") { return lighttpd(file) }
        return nil
    }

    /// The module for WebSockets can be switched off for a site.
    private static func iis(_ file: SourceFile) -> ProxyRoute? {
        let line = file.lines.first { $0.text.lowercased().holds("<websocket") }
        guard let line, let value = line.text.lowercased().between("enabled=\"", "\"") else { return nil }
        var route = ProxyRoute(.iis, at: file.place(line.number))
        route.allowsUpgrade = value != "false"
        return route
    }

    /// mod_proxy of lighttpd upgrades where `proxy.header` says `"upgrade" => "enable"` (1.4.46).
    private static func lighttpd(_ file: SourceFile) -> ProxyRoute? {
        let lines = code(file)
        guard let line = lines.first(where: { $0.text.holds("proxy.server") }) else { return nil }
        var route = ProxyRoute(.lighttpd, at: file.place(line.number))
        let text = lines.map { $0.text.lowercased().filter { $0 != " " } }.joined()
        route.allowsUpgrade = text.holds("\"upgrade\"=>\"enable\"") || text.holds("mod_wstunnel")
        return route
    }

    /// Without comments.
    private static func code(_ file: SourceFile) -> [NumberedLine] {
        file.lines.prefix(20_000).filter { line in
            let text = line.text.trimmed
            return !text.hasPrefix("#") && !text.hasPrefix("//")
        }
    }

    // MARK: APISIX

    /// Routes of APISIX, which upgrades where `enable_websocket` says so; empty: the tree is none of its.
    static func apisix(_ root: DocumentNode, _ file: SourceFile) -> [ProxyRoute] {
        let nodes = root["routes"]?.elements ?? []
        let routes = nodes.filter {
            ($0["uri"] ?? $0["uris"]) != nil && ($0["upstream"] ?? $0["upstream_id"]) != nil
        }
        return routes.flatMap { node -> [ProxyRoute] in
            let paths = (node["uris"]?.texts ?? []) + (node["uri"]?.texts ?? [])
            return paths.map { path in
                var route = ProxyRoute(.apisix, at: file.place(of: node))
                route.hosts = (node["hosts"]?.texts ?? []) + (node["host"]?.texts ?? [])
                route.isExact = !path.hasSuffix("*")
                route.path = route.isExact ? path : String(path.dropLast())
                route.allowsUpgrade = node["enable_websocket"]?.isTrue ?? false
                return route
            }
        }
    }
}

/// A hosting platform whose rewrites to other servers carry requests and answers, and no upgrade.
package struct PlatformRewrite: Equatable, Sendable {
    /// Such as `Vercel`.
    package let platform: String
    /// The pattern of the path, as written.
    package let source: String
    package let target: String
    package let place: FilePlace

    /// Whether it takes this path.
    func takes(_ path: String) -> Bool {
        let literal = source.prefix { !"*(:".contains($0) }
        return source.hasPrefix("/") && path.hasPrefix(literal)
    }

    /// Of `vercel.json`, `netlify.toml`, `_redirects` and `firebase.json`; empty: the file is none of them.
    static func all(in file: SourceFile) -> [PlatformRewrite] {
        switch file.baseName.lowercased() {
        case "vercel.json", "now.json":
            let root = DocumentNode.yaml(file.bytes).documents.first
            return ((root?["rewrites"]?.elements ?? []) + (root?["routes"]?.elements ?? [])).compactMap {
                node in
                guard let source = (node["source"] ?? node["src"])?.text,
                    let target = (node["destination"] ?? node["dest"])?.text, target.holds("://")
                else { return nil }
                return PlatformRewrite(
                    platform: "Vercel", source: source, target: target, place: file.place(of: node))
            }
        case "firebase.json":
            let root = DocumentNode.yaml(file.bytes).documents.first
            return (root?[["hosting", "rewrites"]]?.elements ?? []).compactMap { node in
                guard let source = node["source"]?.text, let target = node["run"] ?? node["function"] else {
                    return nil
                }
                return PlatformRewrite(
                    platform: "Firebase Hosting", source: source.replacing("**", with: "*"),
                    target: target["serviceId"]?.text ?? target.text ?? "", place: file.place(of: node))
            }
        case "netlify.toml":
            guard let root = try? DocumentNode.toml(file.bytes) else { return [] }
            return (root["redirects"]?.elements ?? []).compactMap { node in
                guard let source = node["from"]?.text, let target = node["to"]?.text, target.holds("://"),
                    node["status"]?.integer == 200
                else { return nil }
                return PlatformRewrite(
                    platform: "Netlify", source: source, target: target, place: file.place(of: node))
            }
        case "_redirects":
            return file.lines.compactMap { line in
                let words = line.text.split { $0 == " " || $0 == "\t" }.map(String.init)
                guard words.count >= 3, words[1].holds("://"), words[2].hasPrefix("200") else { return nil }
                return PlatformRewrite(
                    platform: "Netlify", source: words[0], target: words[1], place: file.place(line.number))
            }
        default: return []
        }
    }
}
