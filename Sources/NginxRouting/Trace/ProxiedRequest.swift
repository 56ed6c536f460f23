/// What `proxy_pass` sends, and where to.
package struct ProxiedRequest: Sendable {
    /// The `proxy_pass` line.
    package let pass: Statement
    /// The URL, evaluated.
    package let url: Evaluated
    /// Whether the line holds variables: names are then resolved while running, and its URI replaces the whole path.
    package let hasVariables: Bool
    /// `https://`.
    package let isSecure: Bool
    /// Host and port of the URL.
    package let target: HostPort
    /// The `upstream` block of that name; nil: the host itself.
    package let upstream: Upstream?
    /// How the path came about.
    package let path: PathRule
    /// `GET`.
    package let method: Evaluated
    /// Path and query as they are sent.
    package let uri: Evaluated
    /// `1.0`, `1.1` or `2`.
    package let version: String
    /// The line that says so; nil: the default.
    package let versionStatement: Statement?
    /// Header lines as they are sent, in order.
    package let headers: [SentHeader]
    /// Lines that are set but not sent because their value is empty.
    package let emptied: [SentHeader]
    /// The part of `proxy_pass` that replaces a prefix, or the whole path; nil: there is none.
    package let uriPart: ByteString?

    /// The header lines of a name, whatever its case.
    package func all(_ name: String) -> [SentHeader] {
        headers.filter { $0.name.lowercased() == name.lowercased() }
    }
    /// The first header line of a name.
    package func first(_ name: String) -> SentHeader? { all(name).first }
    /// Whoever decided a header's value, sent or not: the configured line, or the default.
    package func source(_ name: String) -> SentHeader? {
        (headers + emptied).first { $0.name.lowercased() == name.lowercased() }
    }
}

/// How the path of a proxied request came about.
package enum PathRule: Equatable, Sendable {
    /// As the client sent it, byte for byte.
    case unchanged
    /// Normalised or rewritten before, then escaped again.
    case normalised
    /// The location's prefix was replaced by proxy_pass's URI.
    case replaced(prefix: ByteString, by: ByteString)
    /// A rewrite with `break` came before: the URI of proxy_pass is ignored.
    case rewritten
    /// The URI of a proxy_pass with variables stands for the whole path and query.
    case wholly
}

/// A header line of a proxied request.
package struct SentHeader: Sendable {
    /// Who set it.
    package enum Origin: Sendable {
        /// A `proxy_set_header`.
        case configured(Statement)
        /// nginx, unless told otherwise.
        case `default`
        /// The client; passed on.
        case client
    }
    package let name: String
    package let value: Evaluated
    package let origin: Origin

    /// The line that set it.
    package var statement: Statement? { if case .configured(let line) = origin { line } else { nil } }
}
