/// An origin as browsers write it: scheme, host and port, the default port left out (RFC 6454 §6.2).
package struct WebOrigin: Equatable, Hashable, Sendable, CustomStringConvertible {
    /// `http` or `https`, in small letters.
    package let scheme: String
    /// In small letters, an IPv6 address in its brackets.
    package let host: String
    /// From 1 to 65,535, the default of the scheme filled in.
    package let port: Int

    /// The origin of a URL or an origin; `ws` counts as `http`, `wss` as `https`.
    ///
    /// Nil: no scheme and host.
    package init?(_ text: some StringProtocol) {
        let text = text.trimmed
        guard let scheme = text.before("://")?.lowercased(), let rest = text.after("://") else { return nil }
        guard let mapped = ["http": "http", "https": "https", "ws": "http", "wss": "https"][scheme] else {
            return nil
        }
        let authority = rest.prefix { !"/?#".contains($0) }.split(separator: "@").last.map(String.init) ?? ""
        var host = authority
        var port = mapped == "https" ? 443 : 80
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        if let colon = authority[end...].lastIndex(of: ":") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number)
            else { return nil }
            host = String(authority[..<colon])
            port = number
        }
        guard !host.isEmpty else { return nil }
        self.scheme = mapped
        self.host = host.lowercased()
        self.port = port
    }

    /// As a browser sends it.
    package var description: String { "\(scheme)://\(authority)" }

    /// Host, and the port when it is not the default.
    package var authority: String {
        port == (scheme == "https" ? 443 : 80) ? host : "\(host):\(port)"
    }

    /// Whether the host means the machine itself.
    package var isLoopback: Bool { HostName.isLoopback(host) }
}

/// What a host name says by itself.
enum HostName {
    /// `localhost`, 127.0.0.0/8, `::1` and names below `.localhost` (RFC 6761 §6.3).
    static func isLoopback(_ host: some StringProtocol) -> Bool {
        let host = host.lowercased()
        return host == "localhost" || host.hasSuffix(".localhost") || host.hasPrefix("127.") || host == "::1"
            || host == "[::1]"
    }

    /// Not reachable by people outside: loopback, unspecified, private and link-local addresses, single-label names.
    static func isPrivate(_ host: some StringProtocol) -> Bool {
        let host = host.lowercased()
        if isLoopback(host) || host == "0.0.0.0" || host == "::" || host == "[::]" { return true }
        if host.hasPrefix("10.") || host.hasPrefix("192.168.") || host.hasPrefix("169.254.") { return true }
        if host.hasPrefix("172."),
            let second = host.split(separator: ".").dropFirst().first.flatMap({ Int($0) })
        {
            return (16...31).contains(second)
        }
        return !host.contains(".") && !host.contains(":")
    }

    /// Whether two hosts are of one site, as SameSite sees it: equal, or under one registrable domain (guessed as the last two
    /// labels, three under well-known public suffixes such as `co.uk`).
    static func isSameSite(_ left: String, _ right: String) -> Bool {
        site(left) == site(right)
    }

    private static func site(_ host: String) -> String {
        let labels = host.lowercased().split(separator: ".")
        guard labels.count > 2, labels.last?.allSatisfy(\.isNumber) != true else { return host.lowercased() }
        let second = String(labels[labels.count - 2])
        let isSecondLevel =
            labels.last?.count == 2 && ["co", "com", "org", "net", "ac", "gov", "edu"].contains(second)
        return labels.suffix(isSecondLevel ? 3 : 2).joined(separator: ".")
    }
}
