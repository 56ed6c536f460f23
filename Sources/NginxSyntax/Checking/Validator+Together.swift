/// What nginx checks when a block or the whole configuration has been read.
extension Validator {
    /// Each check leaves when the time is up, and reports nothing that more of the tree could take back.
    mutating func checkTogether() {
        for id in tree.nodes.indices {
            if isOver(at: id) { return }
            let directive = NginxDirective(tree: tree, id: id)
            let parent = Int(tree.nodes[id].parent)
            let outer = parent < 0 ? root : contexts[parent]
            switch (directive.name, outer) {
            case ("location", .server), ("location", .location): checkLocation(directive)
            case ("proxy_pass", .location), ("proxy_pass", .locationIf), ("proxy_pass", .limitExcept):
                checkProxyPass(directive, in: outer)
            case ("upstream", .http), ("upstream", .stream):
                if directive.hasBlock, !directive.block.contains(where: { $0.name == "server" }) {
                    report(.emptyUpstream(name: directive.value(0) ?? ""), directive.place)
                }
            case ("if", .server), ("if", .location): checkCondition(directive)
            case ("http", .main): checkDuplicateLocations(in: directive)
            default: break
            }
            if outer != .entries, outer != .unknown { checkArguments(directive, in: outer) }
        }
        checkNames()
        checkCertificates()
        checkBuffers()
        VariableCheck(tree: tree, contexts: contexts, root: root).run(into: &self)
    }

    // MARK: Locations

    private mutating func checkLocation(_ location: NginxDirective) {
        guard let name = LocationName(location) else {
            if let modifier = location.arguments.first, location.argumentCount == 2 {
                report(.invalidValue(name: "location", value: modifier.text), location.place(of: modifier))
            }
            return
        }
        guard let parent = location.parent, parent.name == "location", let outer = LocationName(parent) else {
            return
        }
        let fault: NginxProblem.LocationFault
        if outer.kind == .exact {
            fault = .insideExact
        } else if outer.kind == .named {
            fault = .insideNamed
        } else if name.kind == .named {
            fault = .namedInside
        } else if name.kind != .regex, !name.text.utf8.starts(with: outer.text.utf8) {
            fault = .outsideParent
        } else {
            return
        }
        report(
            .misplacedLocation(name: name.text, parent: outer.text, reason: fault), location.place,
            other: parent.place)
    }

    /// nginx sorts the plain and exact locations of a block and refuses two of a name and kind; regexes and
    /// named ones may repeat.
    private mutating func checkDuplicateLocations(in http: NginxDirective) {
        for block in http.descendants
        where block.hasBlock && (block.name == "server" || block.name == "location") {
            if limits.isOver() { return }
            var names: [LocationName: NginxDirective] = [:]
            for location in block.block where location.name == "location" && location.hasBlock {
                guard let name = LocationName(location), name.kind != .regex, name.kind != .named else {
                    continue
                }
                if let earlier = names[name] {
                    report(.duplicateLocation(name: name.text), location.place, other: earlier.place)
                } else {
                    names[name] = location
                }
            }
        }
    }

    private mutating func checkProxyPass(_ directive: NginxDirective, in context: NginxContext) {
        guard let word = directive.arguments.first, !word.text.utf8.contains(Octet.dollar) else { return }
        let lower = word.text.lowercased()
        let scheme = lower.hasPrefix("http://") ? 7 : lower.hasPrefix("https://") ? 8 : 0
        guard scheme > 0 else {
            return report(.invalidURLPrefix(name: "proxy_pass", value: word.text), directive.place(of: word))
        }
        guard hasURI(word.text.dropFirst(scheme)) else { return }
        let location = directive.parent.flatMap { $0.name == "location" ? LocationName($0) : nil }
        if context != .location || location?.kind == .regex || location?.kind == .named {
            report(
                .proxyPassWithURI(value: word.text), directive.place(of: word), other: directive.parent?.place
            )
        }
    }

    /// Whether an address is followed by a path: `host/…`, `host?…` (nginx takes that for one too),
    /// `unix:/socket:/…`.
    private func hasURI(_ address: Substring) -> Bool {
        if address.hasPrefix("unix:") { return address.dropFirst(5).contains(":") }
        return address.contains("/") || address.contains("?")
    }

    // MARK: Names

    private mutating func checkNames() {
        var zones: Set<String> = []
        var formats: Set<String> = ["combined", "off"]
        var uses: [(NginxDirective, NginxArgument, name: Substring, isFormat: Bool)] = []
        var upstreams: [String: NginxDirective] = [:]
        for id in tree.nodes.indices {
            if isOver(at: id) { return }
            let directive = NginxDirective(tree: tree, id: id)
            switch directive.name {
            case "limit_req_zone", "limit_conn_zone":
                if let zone = parameter("zone", of: directive) { zones.insert(zoneName(zone.value)) }
            case "proxy_cache_path", "fastcgi_cache_path", "uwsgi_cache_path", "scgi_cache_path":
                if let zone = parameter("keys_zone", of: directive) { zones.insert(zoneName(zone.value)) }
            case "limit_req":
                if let zone = parameter("zone", of: directive) {
                    uses.append((directive, zone.word, zone.value, false))
                }
            case "limit_conn", "proxy_cache", "fastcgi_cache", "uwsgi_cache", "scgi_cache":
                guard let word = directive.arguments.first, word.text != "off", !word.text.contains("$")
                else { continue }
                uses.append((directive, word, word.text[...], false))
            case "log_format":
                guard let name = directive.value(0) else { continue }
                if !formats.insert(name).inserted, directive.parent?.name == "http" {
                    report(.duplicateDirective(name: "log_format \(name)"), directive.place)
                }
            case "access_log":
                guard let word = directive.arguments.dropFirst().first, !word.text.contains("=") else {
                    continue
                }
                uses.append((directive, word, word.text[...], true))
            case "upstream":
                guard directive.hasBlock, let name = directive.value(0) else { continue }
                let key = "\(directive.parent?.name ?? "") \(name.lowercased())"
                if let earlier = upstreams[key] {
                    report(
                        .duplicateDirective(name: "upstream \(name)"), directive.place, other: earlier.place)
                } else {
                    upstreams[key] = directive
                }
            default: break
            }
        }
        // A piece of a configuration uses what its `http` block elsewhere defines.
        guard root == .main else { return }
        for use in uses where !(use.isFormat ? formats : zones).contains(String(use.name)) {
            report(
                .undefinedName(directive: use.0.name, name: String(use.name)), use.0.place(of: use.1))
        }
    }

    private func parameter(_ name: String, of directive: NginxDirective) -> (
        word: NginxArgument, value: Substring
    )? {
        for word in directive.arguments where word.text.hasPrefix(name + "=") {
            return (word, word.text.dropFirst(name.utf8.count + 1))
        }
        return nil
    }

    /// `name` of `name:10m`.
    private func zoneName(_ zone: Substring) -> String { String(zone.prefix { $0 != ":" }) }

    // MARK: TLS

    /// For each address and port with `ssl`, the default server needs a certificate, its own or that of
    /// `http`.
    private mutating func checkCertificates() {
        guard let http = tree.children(of: -1, in: tree).first(where: { $0.name == "http" && $0.hasBlock })
        else { return }
        let inHTTP = http.block.contains { $0.name == "ssl_certificate" || rejects($0) }
        guard !inHTTP else { return }
        var order: [String] = []
        var listeners: [String: (isTLS: NginxDirective?, server: NginxDirective, isExplicit: Bool)] = [:]
        for server in http.block where server.name == "server" && server.hasBlock {
            if limits.isOver() { return }
            for listen in server.all("listen") {
                guard let address = listen.value(0).map(ListenAddress.key) else { continue }
                let options = listen.values.dropFirst()
                let isDefault = options.contains("default_server") || options.contains("default")
                let isTLS = options.contains("ssl") || options.contains("quic") ? listen : nil
                if var known = listeners[address] {
                    if isDefault, !known.isExplicit { (known.server, known.isExplicit) = (server, true) }
                    known.isTLS = known.isTLS ?? isTLS
                    listeners[address] = known
                } else {
                    order.append(address)
                    listeners[address] = (isTLS, server, isDefault)
                }
            }
        }
        for address in order {
            guard let listener = listeners[address], let listen = listener.isTLS else { continue }
            let certified = listener.server.block.contains { $0.name == "ssl_certificate" || rejects($0) }
            // Lua may bring the certificate; nginx wants one in the file even so, but OpenResty's users put
            // it elsewhere.
            if !certified {
                report(.certificateMissing(listen: address), listen.place, other: listener.server.place)
            }
        }
    }

    private func rejects(_ directive: NginxDirective) -> Bool {
        directive.name == "ssl_reject_handshake" && directive.value(0)?.lowercased() == "on"
    }
}

/// Addresses of `listen`, in one spelling for each.
enum ListenAddress {
    /// `80`, `*:80`, `0.0.0.0:80` and `80 ` are one address; so are `[::]:80` and `[::]:80`.
    static func key(_ text: String) -> String {
        if text.hasPrefix("unix:") { return text }
        if NginxValue.number(text) != nil { return "*:" + text }
        var host = text
        var port = "80"
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            host = String(text[..<colon])
            port = String(text[text.index(after: colon)...])
        }
        if host == "0.0.0.0" || host.isEmpty { host = "*" }
        return host.lowercased() + ":" + port
    }
}

/// The name of a location, its modifier taken off.
package struct LocationName: Hashable, Sendable {
    /// How a location matches.
    package enum Kind: Sendable, Hashable {
        /// `= /path`
        case exact
        /// `/path` and `^~ /path`
        case prefix
        /// `~ regex` and `~* regex`
        case regex
        /// `@name`
        case named
    }

    /// How it matches.
    package let kind: Kind
    /// Path, pattern, or the name with its `@`.
    package let text: String

    /// Reads the arguments of a `location`, the modifier with or without a blank behind it; nil for a
    /// modifier nginx does not know.
    package init?(_ location: NginxDirective) {
        guard let first = location.value(0) else { return nil }
        if let second = location.value(1) {
            switch first {
            case "=": kind = .exact
            case "^~": kind = .prefix
            case "~", "~*": kind = .regex
            default: return nil
            }
            text = second
        } else if first.hasPrefix("=") {
            (kind, text) = (.exact, String(first.dropFirst()))
        } else if first.hasPrefix("^~") {
            (kind, text) = (.prefix, String(first.dropFirst(2)))
        } else if first.hasPrefix("~*") {
            (kind, text) = (.regex, String(first.dropFirst(2)))
        } else if first.hasPrefix("~") {
            (kind, text) = (.regex, String(first.dropFirst()))
        } else {
            (kind, text) = (first.hasPrefix("@") ? .named : .prefix, first)
        }
    }
}
