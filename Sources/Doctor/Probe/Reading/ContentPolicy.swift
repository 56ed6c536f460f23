package import HTTPWire

/// The part of a Content-Security-Policy that decides about sockets (CSP Level 3 §6.1.2, §6.7.2).
package struct ContentPolicy: Equatable, Sendable {
    /// The sources of connect-src, or of default-src where there is none; nil: the policy leaves connections alone.
    package let sources: [String]?
    /// The directive they stand in.
    package let directive: String

    /// Reads one policy: directives between semicolons.
    package init(_ text: String) {
        var directives: [String: [String]] = [:]
        for part in text.prefix(64 << 10).split(separator: ";") {
            let words = part.split(whereSeparator: { $0 == " " || $0 == "\t" || $0.isNewline }).map(
                String.init)
            guard let name = words.first?.lowercased(), directives[name] == nil else { continue }
            directives[name] = Array(words.dropFirst())
        }
        let own = directives["connect-src"]
        sources = own ?? directives["default-src"]
        directive = own != nil ? "connect-src" : "default-src"
    }

    /// Whether a page at `page` may open a socket to `url`.
    package func allows(_ url: URLParts, from page: URLParts) -> Bool {
        guard let sources else { return true }
        return sources.contains { matches($0.lowercased(), url, page) }
    }

    private func matches(_ source: String, _ url: URLParts, _ page: URLParts) -> Bool {
        let scheme = url.scheme.isSecure ? "wss" : "ws"
        switch source {
        case "*": return true
        case "'self'":
            // ws and wss match the page's own origin (CSP3 §6.7.2.8); an upgrade from http to wss is fine.
            return url.host == page.host && (url.port == page.port || isDefault(url) && isDefault(page))
                && (url.scheme.isSecure || !page.scheme.isSecure)
        case "ws:": return true
        case "http:": return true
        case "wss:", "https:": return url.scheme.isSecure
        default: break
        }
        guard !source.hasPrefix("'") else { return false }
        var rest = source[...]
        if let mark = source.firstRange(of: "://") {
            let named = source[..<mark.lowerBound]
            guard schemeMatches(named, scheme) else { return false }
            rest = source[mark.upperBound...]
        } else {
            // Without a scheme that of the page counts, and its secure sibling.
            guard url.scheme.isSecure || !page.scheme.isSecure else { return false }
        }
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        let colon = authority.hasSuffix("]") ? nil : authority.lastIndex(of: ":")
        let host = colon.map { authority[..<$0] } ?? authority
        let port = colon.map { authority[authority.index(after: $0)...] }
        guard hostMatches(host, url.host) else { return false }
        switch port {
        case nil: guard isDefault(url) else { return false }
        case "*": break
        case let text?:
            guard UInt16(text) == url.port || (UInt16(text) == 80 && url.port == 443) else { return false }
        }
        guard !path.isEmpty, path != "/" else { return true }
        let wanted = url.target.pathOnly
        return path.hasSuffix("/") ? wanted.hasPrefix(path) : wanted == path
    }

    private func schemeMatches(_ named: Substring, _ scheme: String) -> Bool {
        switch named {
        case "wss", "https": scheme == "wss"
        case "ws", "http": true
        default: false
        }
    }

    private func hostMatches(_ pattern: Substring, _ host: String) -> Bool {
        if pattern == "*" { return true }
        if pattern.hasPrefix("*.") { return host.hasSuffix(pattern.dropFirst()) }
        return pattern == host
    }

    private func isDefault(_ url: URLParts) -> Bool { url.port == url.scheme.defaultPort }
}

extension HTTPAnswer {
    /// The policies of the answer, each of which must allow: those of the field, and of a page's meta element.
    package var contentPolicies: [ContentPolicy] {
        var all = values(of: "Content-Security-Policy").flatMap {
            $0.split(separator: ",").map { ContentPolicy(String($0)) }
        }
        guard isPage else { return all }
        var rest = text.prefix(32 << 10)
        while let meta = rest.firstRange(of: "<meta") {
            rest = rest[meta.upperBound...]
            let element = rest.prefix { $0 != ">" }
            guard element.lowercased().contains("content-security-policy"),
                let content = element.firstRange(of: "content=\"")
            else { continue }
            all.append(ContentPolicy(String(element[content.upperBound...].prefix { $0 != "\"" })))
        }
        return all
    }
}
