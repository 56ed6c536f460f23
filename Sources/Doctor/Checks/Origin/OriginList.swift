/// A list of origins a backend admits.
struct OriginList {
    /// Its name, as written.
    let name: String
    let entries: [String]
    let place: FilePlace
    /// Whether it is about CORS rather than sockets.
    let isCORS: Bool

    /// Whether a page is let in; `*` and wildcards count, and regular expressions are taken to.
    func admits(_ page: WebOrigin) -> Bool {
        entries.contains { entry in
            if entry.hasPrefix("//") {
                let host = entry.dropFirst(2).prefix { $0 != ":" }.lowercased()
                return host == page.host
                    || (host.hasPrefix("*.") && page.host.hasSuffix(String(host.dropFirst())))
            }
            if entry == "*" || entry == page.description || entry.hasPrefix("/") || entry.hasPrefix("^")
                || entry.holds("${")
            {
                return true
            }
            if entry.lowercased() == page.description { return true }
            guard entry.contains("*") else { return false }
            let parts = entry.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
            return page.description.hasPrefix(parts.first ?? "")
                && page.description.hasSuffix(parts.last ?? "")
        }
    }

    /// What is wrong with an entry; nil: nothing.
    static func fault(of entry: String) -> Phrase? {
        // Phoenix's `//host` means any scheme, and begins with a slash like a regular expression.
        if entry == "*" || entry.contains("*") || entry.hasPrefix("/") || entry.hasPrefix("^")
            || entry.holds("${") || entry == "null"
        {
            return nil
        }
        guard entry.holds("://") else { return say("which has no scheme", "缺少协议") }
        guard let origin = WebOrigin(entry) else { return say("which is no origin", "不是合法的来源") }
        let low = entry.lowercased()
        if low == origin.description { return nil }
        if low.hasPrefix("ws") {
            return say("whose scheme is that of the socket, not of the page", "使用了套接字的协议而不是页面的协议")
        }
        if low.hasSuffix("/") { return say("which ends in a slash", "以斜杠结尾") }
        if low.hasPrefix(origin.description + ":") { return say("which names the default port", "写出了默认端口") }
        return say("which has a path", "带有路径")
    }

    /// The origin an entry was meant for.
    static func meant(_ entry: String) -> WebOrigin? {
        WebOrigin(entry) ?? (entry.contains(" ") ? nil : WebOrigin("https://" + entry))
    }

    /// All lists: of settings by their names, of sources by their calls.
    static func all(in examination: Examination) -> [OriginList] {
        var lists: [OriginList] = []
        for setting in examination.files.settings where setting.side != .frontend && !setting.value.isEmpty {
            guard isName(setting) else { continue }
            if setting.name == "endpoint.url.allowed_origin",
                examination.files.settings.contains(where: { $0.name == "endpoint.check_allowed_origin" })
            {
                continue
            }
            // Of an address only its origin counts.
            let isAddress = setting.bareName == "rooturl"
            let entries = isAddress ? [Self.originPart(setting.value)] : entries(setting.value)
            if !entries.isEmpty {
                lists.append(
                    OriginList(
                        name: setting.name, entries: entries, place: setting.place,
                        isCORS: setting.bareName.holds("cors")))
            }
        }
        for server in examination.files.servers {
            guard let origins = server.origins, !origins.isEmpty else { continue }
            lists.append(
                OriginList(
                    name: server.library == .socketIO ? "cors.origin" : "allowed origins",
                    entries: origins.flatMap(Self.entries), place: server.place,
                    isCORS: server.library == .socketIO))
        }
        return lists
    }

    private static func isName(_ setting: Setting) -> Bool {
        let name = setting.bareName
        if name.hasSuffix("credentials") || name.hasSuffix("methods") || name.hasSuffix("headers") {
            return false
        }
        if ["corsorigin", "corsorigins", "alloworigin", "alloworigins", "originwhitelist", "rooturl"]
            .contains(name)
        {
            // Grafana takes the origin of root_url; others do not call anything so.
            return name != "rooturl" || setting.name.lowercased().holds("server")
        }
        return name.holds("origin")
            && (name.holds("allow") || name.holds("cors") || name.holds("accept") || name.holds("trusted")
                || name.holds("whitelist") || name.holds("permitted"))
    }

    /// `https://host:443` of `https://host:443/path`.
    private static func originPart(_ address: String) -> String {
        guard let scheme = address.before("://"), let rest = address.after("://") else { return address }
        return "\(scheme)://" + rest.prefix { $0 != "/" }
    }

    /// Whether a list holds regular expressions: literals of Ruby, Elixir and JavaScript, calls, or what no origin is written with.
    private static func isPattern(_ value: String) -> Bool {
        let literals = [
            "%r{", "%r(", "%r[", "%r!", "%r|", "~r", "Regexp.", "RegExp(", "re.compile(", "Regex(",
        ]
        if literals.contains(where: { value.holds($0) }) { return true }
        return value.holds("\\.") || value.holds(".*") || value.holds("https?:") || value.holds("/^")
            || value.holds("(?")
    }

    /// Separated by commas, blanks or bars, with or without brackets and quotes.
    static func entries(_ value: String) -> [String] {
        // The commas and bars of a regular expression separate nothing.
        if isPattern(value) { return ["^" + value] }
        let bare = value.filter { !"[]\"'()".contains($0) }
        return bare.split { ", |;".contains($0) }.map(String.init).filter {
            $0.holds("://") || $0.contains(".") || $0 == "*" || $0.hasPrefix("localhost")
        }
    }
}
