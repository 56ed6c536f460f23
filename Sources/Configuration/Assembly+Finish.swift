extension Assembly {
    /// Settles what depends on several options, checks that they go together, and gives the result.
    consuming func finish() throws(ConfigurationError) -> ConfigurationLoader.Loaded {
        expandHome()
        resolveProfile()
        // Options that could not even be read would only make contradictions of their defaults.
        if problems.isEmpty {
            checkListeners()
            checkEndpoints()
            checkTopics()
            checkBackends()
            checkWebhooks()
            checkSocketIO()
            checkTokens()
            checkRates()
            checkNumbers()
            warnAboutOrigins()
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return ConfigurationLoader.Loaded(options: options, sources: sources, warnings: warnings)
    }

    private mutating func expandHome() {
        // Without HOME the state directory asks the user database, which is the system's affair.
        if home != nil { options.state = expand(options.state, "state") }
        options.logTo = expand(options.logTo, "log.destination")
        for index in options.keys.indices {
            options.keys[index].secretFile = options.keys[index].secretFile.map { expand($0, "key") }
            options.keys[index].pemFile = options.keys[index].pemFile.map { expand($0, "key") }
            options.keys[index].jwksFile = options.keys[index].jwksFile.map { expand($0, "key") }
        }
        for index in options.events.indices {
            options.events[index].secretFile = options.events[index].secretFile.map { expand($0, "event") }
        }
        for index in options.tls.indices {
            options.tls[index].certificate = expand(options.tls[index].certificate, "tls")
            options.tls[index].key = expand(options.tls[index].key, "tls")
        }
        expandBackends()
    }

    /// Puts what `NODE_ENV` says in the place of `node_env`; whoever forgot to set it does not get the laxer rules.
    private mutating func resolveProfile() {
        guard options.profile == .nodeEnvironment else { return }
        let word = environment["NODE_ENV"] ?? ""
        options.profile = ["development", "test"].contains(word) ? .development : .production
        if !["development", "test", "production"].contains(word) {
            warn(
                place(of: "profile"),
                word.isEmpty
                    ? "NODE_ENV is not set, so this is production"
                    : "NODE_ENV is \"\(word)\", which counts as production",
                hint: "set NODE_ENV to development or production, or profile itself")
        }
        sources["profile"] = .place(.environment("NODE_ENV"))
    }

    mutating func expand(_ path: String, _ name: String) -> String {
        guard path.hasPrefix("~/") else { return path }
        guard let home else {
            note(
                .missing, place(of: name), "\"\(path)\" needs HOME, which is not set",
                hint: "give an absolute path")
            return path
        }
        return (home.hasSuffix("/") ? String(home.dropLast()) : home) + path.dropFirst()
    }

    private mutating func checkListeners() {
        if options.listen.isEmpty {
            note(
                .missing, place(of: "listen"), "there is no address to listen on",
                hint: "give one, such as 127.0.0.1:8000")
        }
        var seen: Set<String> = []
        for (index, entry) in options.listeners.enumerated() {
            let place = place(of: "listen", entry: index)
            // Port 0 is another port every time.
            if !seen.insert(entry.address).inserted, !entry.address.hasSuffix(":0") {
                note(
                    .conflict, place, "\(entry.address) is there twice",
                    hint: "keep one of them")
            }
            if entry.tls, options.tls.isEmpty {
                note(
                    .missing, place,
                    "\(entry.address) speaks TLS, but no certificate is configured",
                    hint: "add [[tls]] with cert and key, or --tls-cert and --tls-key")
            }
        }
        if !options.tls.isEmpty, !options.listeners.contains(where: \.tls) {
            warn(
                place(of: "tls"), "a certificate is configured, but every address says tls = false",
                hint: "leave tls out of [[listen]]: an address then speaks TLS")
        }
    }

    private mutating func checkEndpoints() {
        var seen: [PathPattern] = []
        for (index, endpoint) in options.allEndpoints.enumerated() {
            let isEcho = index == options.endpoints.count
            let place = isEcho ? place(of: "echo") : place(of: "endpoint", entry: index)
            // Its syntax was checked when it was read.
            guard let pattern = try? PathPattern(endpoint.path) else { continue }
            if let other = seen.first(where: pattern.isSame) {
                note(
                    .conflict, place, "the paths \(other) and \(pattern) are the same",
                    hint: "keep one of them")
            }
            seen.append(pattern)
            if Self.reserved.contains(endpoint.path) {
                note(
                    .conflict, place, "the server answers \(endpoint.path) itself",
                    hint: "choose another path, such as /ws")
            }
            if let stats = endpoint.stats, (try? PathPattern(stats))?.isLiteral == false {
                note(
                    .conflict, place, "the path of statistics, \(stats), has a hole",
                    hint: "write it out, such as /ws/stats")
            }
            if endpoint.dialect == .sockeye || endpoint.dialect == .socketIO, endpoint.authentication.isEmpty
            {
                note(
                    .conflict, place, "\(endpoint.path) takes a token nowhere, so nobody could use it",
                    hint:
                        "leave authentication out, or name one of query, header, subprotocol, cookie and message"
                )
            }
        }
    }

    private mutating func checkNumbers() {
        if options.outboundLow > options.outboundHigh {
            note(
                .conflict, place(of: "outbound.low"), "outbound.low is above outbound.high",
                hint: "lower it, or raise the other")
        }
        if options.pingInterval != .zero, options.idleTimeout <= options.pingInterval {
            note(
                .conflict, place(of: "timeouts.idle"),
                "timeouts.idle is not longer than heartbeat.interval, so healthy connections would be cut",
                hint: "twice heartbeat.interval forgives one lost ping")
        }
        if options.publishLimit > options.messageLimit {
            // Only somebody who chose one of both meant something by it.
            if sources["limits.publish"] == nil {
                options.publishLimit = options.messageLimit
            } else {
                note(
                    .conflict, place(of: "limits.publish"),
                    "limits.publish is above limits.message, which holds it",
                    hint: "raise limits.message too")
            }
        }
    }

    private mutating func warnAboutOrigins() {
        if options.profile == .production, options.allowedOrigins.isEmpty {
            warn(
                place(of: "profile"), "in production without allowed_origins every browser is refused",
                hint: "add allowed_origins = [\"https://app.example.com\"], or --origin")
        }
        for origin in options.allowedOrigins
        where options.profile == .production && origin.hasPrefix("http://") {
            warn(
                place(of: "allowed_origins"),
                "\(origin) is not encrypted: anybody on the way can change its pages",
                hint: "serve the page over https")
        }
    }

    mutating func warn(_ place: Place, _ message: String, hint: String) {
        warnings.append(ConfigurationProblem(code: .doubtful, place: place, message: message, hint: hint))
    }

    func place(of group: String, entry index: Int) -> Place {
        guard let places = entryPlaces[group], places.indices.contains(index) else { return place(of: group) }
        return places[index]
    }

    func place(of name: String) -> Place {
        if case .place(let place) = sources[name] { place } else { .options }
    }

    /// What the server answers itself.
    private static let reserved: Set<String> = ["/health", "/api/refusals"]
}
