/// An address and port on which servers listen, with what all `listen` lines for it say together.
package final class Listener: Sendable {
    /// The address: nil for every address (`*`, none at all).
    package let address: IPAddress?
    /// The address as written, without port: `*`, `127.0.0.1`, `[::]`, `unix:/run/x.sock`, or a name.
    package let addressText: String
    /// The port; 0 for a socket of the file system.
    package let port: Int
    /// The `listen` lines, in the order of the file.
    ///
    /// Empty for a server without any: port 80 is implied.
    package let statements: [Statement]
    /// The servers, in the order of the file.
    package let servers: [Server]
    /// TLS: any line says `ssl`, or the old `ssl on`.
    package let isSecure: Bool
    /// HTTP/2: a line says `http2`, or a server `http2 on`.
    package let speaksHTTP2: Bool
    /// HTTP/3: a line says `quic`.
    ///
    /// It does not speak TCP.
    package let isQUIC: Bool
    /// The PROXY protocol is expected before the request.
    package let expectsProxyProtocol: Bool
    private let explicitDefault: Server?
    private let names: HostnameTable<Server>
    private let patterns: [(pattern: Pattern, server: Server)]

    /// The server for names no other has: the one marked `default_server`, else the first.
    package var defaultServer: Server? { explicitDefault ?? servers.first }
    /// Whether a line marks the default server.
    package var hasExplicitDefault: Bool { explicitDefault != nil }
    /// `127.0.0.1:80`, as nginx prints it.
    package var title: String { port == 0 ? addressText : "\(addressText):\(port)" }

    /// Of the lines of one address, each with its server.
    init?(_ lines: [(line: ListenLine, server: Server)]) {
        guard let first = lines.first?.line else { return nil }
        address = first.address
        addressText = first.text
        port = first.port
        statements = lines.compactMap(\.line.statement)
        isSecure = lines.contains { $0.line.isSecure }
        speaksHTTP2 = lines.contains { $0.line.speaksHTTP2 }
        isQUIC = first.isQUIC
        expectsProxyProtocol = lines.contains { $0.line.expectsProxyProtocol }
        explicitDefault = lines.first { $0.line.isDefault }?.server
        var servers: [Server] = []
        var names = HostnameTable<Server>()
        var patterns: [(pattern: Pattern, server: Server)] = []
        // Lines of one server stand together, so a server that was taken is the last one: no search through all of them.
        for (_, server) in lines where servers.last !== server {
            servers.append(server)
            for name in server.names {
                switch name.kind {
                case .pattern: if let pattern = name.pattern { patterns.append((pattern, server)) }
                case .fixed: names.insert(name.text, server)
                }
            }
        }
        self.servers = servers
        self.names = names
        self.patterns = patterns
    }

    /// The server for a validated host, and how it was found; `groups` of the pattern that chose it.
    func find(_ host: ByteString) -> (
        server: Server?, how: ServerChoice.Reason, match: (Pattern, [Range<Int>?])?
    ) {
        if let (server, match) = names.find(host) {
            switch match {
            case .exact: return (server, .exactName, nil)
            case .leadingWildcard: return (server, .leadingWildcard, nil)
            case .trailingWildcard: return (server, .trailingWildcard, nil)
            }
        }
        if !host.isEmpty {
            var patience = 8
            for (pattern, server) in patterns where patience > 0 {
                switch pattern.match(host) {
                case .match(let groups): return (server, .pattern, (pattern, groups))
                case .undecided: patience -= 1
                case .noMatch: continue
                }
            }
        }
        return (defaultServer, hasExplicitDefault ? .explicitDefault : .firstServer, nil)
    }
}

/// A `server` of the http block.
package final class Server: Sendable {
    /// One word of `server_name`.
    package struct Name: Sendable {
        enum Kind: Sendable { case fixed, pattern }
        let kind: Kind
        /// In small letters; the pattern without its `~`.
        package let text: ByteString
        let pattern: Pattern?
        /// As written.
        package let source: String
    }

    /// The block.
    package let level: Level
    /// Its names; empty: the empty name.
    package let names: [Name]
    /// Its locations.
    package let locations: LocationSet
    /// The directive.
    package let statement: Statement
    /// Position among all servers, from 0.
    package let index: Int
    let rules: [RewriteRule]
    /// Its `listen` lines.
    package let lines: [ListenLine]

    /// `$server_name`.
    var primaryName: ByteString {
        guard let first = names.first else { return "" }
        if first.kind == .pattern { return ByteString(first.source) }
        // A leading dot is no part of the name.
        return first.text.bytes.first == 0x2E ? first.text.dropping(1) : first.text
    }

    init(_ statement: Statement, index: Int, parent: Level, compiler: inout RuleCompiler) {
        self.statement = statement
        self.index = index
        level = Level(.server, statement, parent: parent)
        var names: [Name] = []
        for line in level.own("server_name") {
            for word in line.arguments {
                if word.bytes.first == 0x7E, word.count > 1 {
                    let source = word.dropping(1)
                    let isCaseless = source.bytes.contains { $0 >= 0x41 && $0 <= 0x5A }
                    names.append(
                        Name(
                            kind: .pattern, text: source,
                            pattern: compiler.pattern(source, caseless: isCaseless, in: line),
                            source: word.text))
                } else {
                    names.append(Name(kind: .fixed, text: word.lowercased, pattern: nil, source: word.text))
                }
            }
        }
        self.names = names.isEmpty ? [Name(kind: .fixed, text: "", pattern: nil, source: "")] : names
        rules = compiler.rules(statement.block, in: level)
        locations = LocationSet(statement.block, parent: level, compiler: &compiler)
        let old = level.value("ssl")?.text(0) == "on"
        let http2 = level.value("http2")?.text(0) == "on"
        let own = level.own("listen").flatMap { ListenLine.parse($0, ssl: old, http2: http2) }
        lines = own.isEmpty ? [ListenLine(port: 80, isSecure: old, speaksHTTP2: http2)] : own
    }
}

/// What one `listen` says.
package struct ListenLine: Sendable {
    package var statement: Statement?
    package var address: IPAddress?
    package var text = "*"
    package var port: Int
    package var isSecure = false
    package var speaksHTTP2 = false
    package var isQUIC = false
    package var expectsProxyProtocol = false
    package var isDefault = false

    /// The line's addresses; several for a range of ports.
    static func parse(_ statement: Statement, ssl: Bool, http2: Bool) -> [ListenLine] {
        guard let word = statement.arguments.first?.text else { return [] }
        var line = ListenLine(statement: statement, port: 80, isSecure: ssl, speaksHTTP2: http2)
        for option in statement.arguments.dropFirst() {
            switch option {
            case "ssl": line.isSecure = true
            case "http2": line.speaksHTTP2 = true
            case "quic", "http3":
                line.isQUIC = true
                line.isSecure = true
            case "proxy_protocol": line.expectsProxyProtocol = true
            case "default_server", "default": line.isDefault = true
            default: break
            }
        }
        if word.hasPrefix("unix:") {
            line.text = word
            line.port = 0
            return [line]
        }
        var ports = word[...]
        if word.hasPrefix("[") {
            guard let close = word.firstIndex(of: "]") else { return [] }
            line.text = String(word[...close])
            line.address = IPAddress(String(word[word.index(after: word.startIndex)..<close]))
            ports = word[word.index(after: close)...].drop { $0 == ":" }
        } else if let colon = word.lastIndex(of: ":") {
            line.text = String(word[..<colon])
            line.address = IPAddress(line.text)
            ports = word[word.index(after: colon)...]
        } else if word.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == "-") }) {
            line.text = "*"
        } else {
            line.text = word
            line.address = IPAddress(word)
            ports = ""
        }
        if line.text == "0.0.0.0" || line.text == "" { line.text = "*" }
        if line.text == "*" { line.address = nil }
        let ends = ports.split(separator: "-").compactMap { Int($0) }
        guard let low = ends.first, let high = ends.last, low >= 0, high <= 65_535, low <= high else {
            return [line]
        }
        return (low...high).prefix(1024).map { port in
            var one = line
            one.port = port
            return one
        }
    }
}

/// Which server answers, and why.
package struct ServerChoice: Sendable {
    /// Why.
    package enum Reason: String, Sendable {
        case exactName, leadingWildcard, trailingWildcard, pattern
        /// No name matched: the one marked `default_server`.
        case explicitDefault
        /// No name matched and none is marked: the first of its address.
        case firstServer
    }

    package let listener: Listener
    package let server: Server
    package let reason: Reason
    /// What was compared: Host without port, in small letters.
    package let host: ByteString
}

extension Listener {
    /// All addresses of the servers, in the order in which they are first written.
    static func all(of servers: [Server]) -> [Listener] {
        var found: [String: [(line: ListenLine, server: Server)]] = [:]
        var order: [String] = []
        for server in servers {
            for line in server.lines {
                let key = "\(line.text.lowercased()):\(line.port)\(line.isQUIC ? "/udp" : "")"
                if found[key] == nil { order.append(key) }
                found[key, default: []].append((line, server))
            }
        }
        return order.compactMap { found[$0].flatMap { Listener($0) } }
    }
}
