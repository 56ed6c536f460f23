/// A web origin, brought to one form so that comparing strings is comparing origins (RFC 6454 §6.1).
///
/// Scheme and host in lower case, a scheme's default port dropped, no trailing slash: `HTTPS://App.Example.com:443/`
/// and `https://app.example.com` are the same origin.
public struct Origin: Sendable, Hashable, CustomStringConvertible {
    /// The one form: `scheme://host` or `scheme://host:port`.
    public let description: String

    /// Reads `http://…` or `https://…` with a host, perhaps a port, and nothing after it but `/`.
    ///
    /// `nil` for everything else; `null`, which browsers send for pages without an origin, is among it.
    public init?(_ text: String) {
        guard text.utf8.count <= 512, let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard let standardPort = Self.standardPorts[scheme] else { return nil }
        var rest = text[mark.upperBound...]
        if rest.last == "/" { rest = rest.dropLast() }
        guard let (host, port) = AddressSyntax.split(rest) else { return nil }
        guard !host.isEmpty, host.utf8.allSatisfy(\.isHostOctet) else { return nil }
        let number = port ?? standardPort
        guard number > 0 else { return nil }
        description = "\(scheme)://\(host.lowercased())" + (number == standardPort ? "" : ":\(number)")
    }

    private static let standardPorts = ["http": 80, "https": 443]
}

extension Options {
    /// The origins a page may connect from, the profile's own included, each in the one form of `Origin`.
    ///
    /// The server's own page is judged by the address it was served from, which only the server knows.
    public var effectiveOrigins: [String] {
        switch profile {
        case .development: allowedOrigins + ["http://localhost:3000", "http://127.0.0.1:3000"]
        case .nodeEnvironment, .production: allowedOrigins
        }
    }
}
