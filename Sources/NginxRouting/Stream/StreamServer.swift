/// A `server` of the stream block: a connection is passed on, its bytes unread.
package struct StreamServer: Sendable {
    /// The directive.
    package let statement: Statement
    /// The block with the stream block around it.
    package let level: Level
    /// Its addresses.
    package let lines: [ListenLine]
    /// `proxy_pass`; nil: it answers itself.
    package let pass: Statement?
    /// The name of the upstream or the address, variables evaluated as far as `$ssl_preread_server_name` decides.
    let target: Template?
    let maps: [String: MapTable]
    /// The stream block's upstreams by name, in small letters.
    package let upstreams: [String: Upstream]
    /// The name in the TLS hello is read, to choose by it.
    package let readsServerName: Bool
    /// TLS ends here: a listener says `ssl`.
    package var isSecure: Bool { lines.contains { $0.isSecure } }
    /// The PROXY protocol is sent to the backend.
    package let sendsProxyProtocol: Statement?
    /// The connection to the backend speaks TLS.
    package let proxiesTLS: Statement?

    static func all(in block: Statement, compiler: inout RuleCompiler) -> [StreamServer] {
        let outer = Level(.http, block, parent: nil)
        var maps: [String: MapTable] = [:]
        var upstreams: [String: Upstream] = [:]
        for item in block.block {
            if item.name == "map", item.arguments.count == 2 {
                maps[String(item.text(1).dropFirst())] = MapTable(item, compiler: &compiler)
            } else if item.name == "upstream" {
                upstreams[item.text(0).lowercased()] = Upstream(item)
            }
        }
        return block.block.filter { $0.name == "server" }.map { server in
            let level = Level(.server, server, parent: outer)
            let pass = level.own("proxy_pass").last
            func on(_ name: String) -> Statement? {
                level.value(name).flatMap { $0.text(0) == "on" ? $0 : nil }
            }
            return StreamServer(
                statement: server, level: level,
                lines: level.own("listen").flatMap { ListenLine.parse($0, ssl: false, http2: false) },
                pass: pass,
                target: pass.flatMap { $0.arguments.first }.map { Template($0) }, maps: maps,
                upstreams: upstreams,
                readsServerName: on("ssl_preread") != nil, sendsProxyProtocol: on("proxy_protocol"),
                proxiesTLS: on("proxy_ssl"))
        }
    }

    /// Where a connection with this name in its TLS hello goes.
    package func destination(serverName: String?) -> StreamDestination? {
        guard let target else { return nil }
        let name = evaluate(target, serverName, depth: 0)
        let place = HostPort(name.bytes.text, defaultPort: 0)
        return StreamDestination(
            target: name, place: place,
            upstream: place.hasPort ? nil : upstreams[name.bytes.text.lowercased()])
    }

    private func evaluate(_ template: Template, _ serverName: String?, depth: Int) -> Evaluated {
        var result = Evaluated("")
        for piece in template.pieces {
            switch piece {
            case .literal(let text): result.append(Evaluated(text))
            case .variable("ssl_preread_server_name") where readsServerName:
                result.append(Evaluated(ByteString(serverName ?? "")))
            case .variable(let name):
                guard depth < 8, let map = maps[name] else {
                    result.append(.unknown(name))
                    continue
                }
                let source = evaluate(map.source, serverName, depth: depth + 1)
                guard source.isKnown else {
                    result.append(.unknown(name))
                    continue
                }
                if let entry = map.find(source.bytes).entry {
                    result.append(evaluate(entry.value, serverName, depth: depth + 1))
                }
            case .capture(let number): result.append(.unknown(String(number)))
            case .arguments: break
            }
        }
        return result
    }
}

/// Where a stream server passes a connection.
package struct StreamDestination: Sendable {
    /// As evaluated.
    package let target: Evaluated
    package let place: HostPort
    package let upstream: Upstream?
}
