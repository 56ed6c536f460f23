/// An `upstream` block.
package struct Upstream: Sendable {
    /// A `server` of it.
    package struct Peer: Sendable {
        /// As written: `10.0.0.1:8080`, `app`, `unix:/run/app.sock`.
        package let address: String
        package let host: String
        /// 80 if none is written; nil for a socket of the file system.
        package let port: Int?
        package let isBackup: Bool
        package let isDown: Bool
        /// `resolve`: the name is asked for again while running.
        package let resolves: Bool
        package let weight: Int
        package let statement: Statement
    }

    /// Who of the servers gets the next request.
    package enum Balancing: Equatable, Sendable {
        case roundRobin, leastConnections, random, ipHash
        /// `hash key [consistent]`
        case hash(key: String)
        /// `sticky …`
        case sticky(String)
        /// A directive of a module: `least_time`, `fair`, `balancer_by_lua_block`.
        case other(String)

        /// Whether one client's requests reach one server.
        package var isSticky: Bool {
            switch self {
            case .ipHash, .hash, .sticky: true
            case .roundRobin, .leastConnections, .random, .other: false
            }
        }
    }

    package let name: String
    package let peers: [Peer]
    package let balancing: Balancing
    /// The line that chose it; nil for round robin.
    package let balancingStatement: Statement?
    /// Idle connections kept for each worker; nil: none written.
    package let keepalive: Int?
    package let keepaliveStatement: Statement?
    /// Whether there is shared memory, which `resolve` needs.
    package let hasZone: Bool
    package let statement: Statement

    /// Servers that take requests: neither down nor waiting for all others to fail.
    package var activePeers: [Peer] { peers.filter { !$0.isDown && !$0.isBackup } }

    init(_ statement: Statement) {
        self.statement = statement
        name = statement.text(0)
        peers = statement.block.filter { $0.name == "server" }.map { line in
            let address = line.text(0)
            let place = HostPort(address, defaultPort: 80)
            let options = line.arguments.dropFirst().map(\.text)
            let weight = options.first { $0.hasPrefix("weight=") }.flatMap { Int($0.dropFirst(7)) }
            return Peer(
                address: address, host: place.host, port: place.port,
                isBackup: options.contains("backup"), isDown: options.contains("down"),
                resolves: options.contains("resolve"), weight: weight ?? 1, statement: line)
        }
        var balancing = Balancing.roundRobin
        var by: Statement?
        for line in statement.block {
            switch line.name {
            case "ip_hash": balancing = .ipHash
            case "least_conn": balancing = .leastConnections
            case "random": balancing = .random
            case "hash": balancing = .hash(key: line.text(0))
            case "sticky": balancing = .sticky(line.text(0))
            case "least_time", "fair", "sticky_cookie_insert", "jvm_route", "consistent_hash":
                balancing = .other(line.name)
            case let name where name.hasPrefix("balancer_by_lua"): balancing = .other(name)
            default: continue
            }
            by = line
        }
        self.balancing = balancing
        balancingStatement = by
        keepaliveStatement = statement.block.last { $0.name == "keepalive" }
        keepalive = keepaliveStatement.flatMap { $0.arguments.first?.number }
        hasZone = statement.block.contains { $0.name == "zone" }
    }
}

/// `host[:port]`, with brackets around IPv6, or `unix:path`.
package struct HostPort: Equatable, Sendable {
    /// Without brackets; the path of a socket.
    package let host: String
    /// As written, brackets included: what goes into a Host field.
    package let hostText: String
    /// nil for a socket of the file system.
    package let port: Int?
    /// Whether a port is written.
    package let hasPort: Bool

    package init(_ text: String, defaultPort: Int) {
        if text.hasPrefix("unix:") {
            host = String(text.dropFirst(5).prefix { $0 != ":" })
            hostText = "localhost"
            port = nil
            hasPort = false
            return
        }
        var name = text[...]
        var port: Int?
        if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
            name = text[...close]
            port = Int(text[text.index(after: close)...].dropFirst())
        } else if let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            name = text[..<colon]
            port = Int(text[text.index(after: colon)...])
        }
        hostText = String(name)
        host = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : String(name)
        hasPort = port != nil
        self.port = port ?? defaultPort
    }
}
