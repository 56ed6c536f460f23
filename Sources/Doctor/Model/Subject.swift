package import HTTPWire

/// What the user asked about: the address, the client's facts, and the bounds of the examination.
package struct Subject: Sendable {
    /// The URL as given.
    package var given: String
    /// The URL as a client dials it: of ``given`` when that can be dialled, else of what was most likely meant.
    package var url: URLParts
    /// What is wrong with ``given`` as an address; empty: nothing.
    package var urlFaults: [URLFault] = []
    /// What speaks at the address.
    package var dialect: Dialect
    /// Whether ``dialect`` was assumed from `http(s)://` alone.
    package var isDialectAssumed = false
    /// The page's origin; nil: unknown, and a page beside the socket is assumed (``assumedOrigin``).
    package var pageOrigin: String?
    /// The token, byte for byte as it was given or stands in the file; nil: none known.
    package var token: String?
    /// Where the token travels; nil: not said.
    package var tokenPlace: TokenPlace?
    /// What the server requires of the token's claims: `--expect aud=app`.
    package var expectations: [(name: String, value: String)] = []
    /// What the client sends first, JSON or not.
    package var firstMessage: String?
    /// Lines of the browser's console.
    package var consoleText: String?
    /// Files only: nothing is dialled.
    package var isOffline = false
    /// What `--nginx-version` says or the binary answered.
    package var nginxVersion: NginxVersion?
    /// Addresses to dial instead, as curl's `--connect-to`.
    package var redirections: [Redirection] = []
    /// Further addresses of the same endpoint, from the backend outward: `--hop backend=ws://10.0.0.5:8000/ws`.
    package var hops: [NamedHop] = []
    /// How long the idle ladder may climb; zero: it is left out.
    package var idle: Duration = .zero
    /// The whole examination, probes included, ends after that long.
    package var timeout: Duration = .seconds(20)

    package init(given: String, url: URLParts, dialect: Dialect) {
        self.given = given
        self.url = url
        self.dialect = dialect
    }

    /// What `given` asks about.
    ///
    /// - Throws: ``HTTPWire/URLError`` when it is no address, not even a mended one.
    package init(_ given: String) throws(URLError) {
        let reading = try AddressReading(given)
        self.init(given: given, url: reading.url, dialect: reading.dialect)
        urlFaults = reading.faults
        isDialectAssumed = reading.isDialectAssumed
    }

    /// Path without query, as it goes on the wire: `/socket.io/`.
    ///
    /// For an address given to `io()` the engine's path, not the namespace.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// What stands behind the `?`, without it; nil: no query.
    package var query: String? {
        target.firstIndex(of: "?").map { String(target[target.index(after: $0)...]) }
    }

    /// Path and query of the WebSocket handshake.
    package var target: String {
        switch dialect {
        case .webSocket, .page: url.target
        case .socketIO(let address): address.handshakeTarget
        }
    }

    /// Whether anything is sent that says who the client is: a token, or a member of the query by such a name.
    package var hasCredentials: Bool {
        if token?.isEmpty == false { return true }
        let names = ["token", "auth", "jwt", "key", "ticket", "session", "password", "secret"]
        return (query ?? "").split(separator: "&").contains { member in
            let name = member.prefix { $0 != "=" }.lowercased()
            return names.contains { name.contains($0) }
        }
    }

    /// `https://host[:port]` of a page beside the socket: what a browser most likely sends as Origin.
    package var assumedOrigin: String { pageOrigin ?? url.origin }
}

/// What speaks at an address.
package enum Dialect: Equatable, Sendable {
    /// `http(s)://…` of a plain page or file, which opens no socket by itself that anybody knows of.
    case page
    /// Socket.IO, dialled by way of `io()` or by its engine's path.
    case socketIO(SocketIOAddress)
    /// A WebSocket of any other protocol.
    case webSocket
}

/// An address of Socket.IO, as the wire sees it.
package struct SocketIOAddress: Equatable, Sendable {
    /// The engine's path, with its slashes: `/socket.io/`.
    package var enginePath: String
    /// The namespace that CONNECT names: `/` or `/im`.
    package var namespace: String
    /// 3 or 4.
    package var engineVersion: Int
    /// Further members of the query, without EIO, transport and sid; without a leading `&`.
    package var query: String

    package init(
        enginePath: String = "/socket.io/", namespace: String = "/", engineVersion: Int = 4,
        query: String = ""
    ) {
        self.enginePath = enginePath
        self.namespace = namespace
        self.engineVersion = engineVersion
        self.query = query
    }

    /// The request target of a WebSocket-only client (Engine.IO v4, "Transports").
    package var handshakeTarget: String { target(transport: "websocket") }

    /// The request target of the first polling request.
    package var pollingTarget: String { target(transport: "polling") }

    private func target(transport: String) -> String {
        "\(enginePath)?EIO=\(engineVersion)&transport=\(transport)" + (query.isEmpty ? "" : "&" + query)
    }
}

/// Where a client puts its token.
package enum TokenPlace: String, CaseIterable, Sendable {
    case cookie
    case firstMessage = "first-message"
    case header
    case query
    /// The `auth` object of Socket.IO's CONNECT.
    case socketIO = "socket.io"
}

/// A version of nginx: 1.25.3.
package struct NginxVersion: Comparable, Hashable, Sendable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// `1.25.3`, `1.25`, also behind `nginx/`; nil: none of these.
    package init?(_ text: String) {
        let bare = text.hasPrefix("nginx/") ? text.dropFirst(6) : text[...]
        let parts = bare.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            .split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...3).contains(parts.count), let major = parts[0], let minor = parts[1] else { return nil }
        var patch = 0
        if parts.count == 3 {
            guard let third = parts[2] else { return nil }
            patch = third
        }
        self.init(major, minor, patch)
    }

    package static func < (left: NginxVersion, right: NginxVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    package var description: String { "\(major).\(minor).\(patch)" }
}

/// `--hop NAME=URL`: the same endpoint, reached at a point further in.
package struct NamedHop: Equatable, Sendable {
    package let name: String
    package let url: URLParts

    package init(name: String, url: URLParts) {
        self.name = name
        self.url = url
    }
}

/// A way in which an address was put together wrongly.
package enum URLFault: Equatable, Sendable {
    /// `ws://http://host/…`
    case doubleScheme(outer: String, inner: String)
    /// `ws://host/:8001/ws`, `ws://host/ws:8001`: a port where no port can stand.
    case portInPath(String)
    /// `wss://host:80:8080/`
    case doublePort(String)
    /// `ws:/host`, `ws:host`, `//host`, `host/ws`: what is between scheme and host is incomplete, or there is no scheme.
    case schemeIncomplete
    /// `ws://undefined/ws`, `ws://null:8000`, `ws://${HOST}/ws`, `ws://host:undefined/`: a variable without a value.
    case variableWithoutValue(String)
    /// `ws:///ws`, `ws://:8000/ws`
    case hostMissing
    /// Any other reason, in the words of ``HTTPWire/URLError``.
    case undialable(String)
}
