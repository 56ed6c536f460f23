public import PubSub

// Namespaces and events of Socket.IO: that they belong somewhere, and say enough.
extension Assembly {
    mutating func checkSocketIO() {
        let paths = options.endpoints.filter { $0.dialect == .socketIO }.map(\.path)
        for (index, endpoint) in options.endpoints.enumerated() where endpoint.dialect.isEngine {
            let place = place(of: "endpoint", entry: index)
            if endpoint.engine.transports.isEmpty {
                note(
                    .conflict, place, "\(endpoint.path) has no transport, so nobody could use it",
                    hint: "leave transports out, or name polling, websocket or both")
            }
            if (try? PathPattern(endpoint.path))?.isLiteral == false {
                note(
                    .conflict, place, "\(endpoint.path) has a hole, and Socket.IO clients dial a fixed path",
                    hint: "write it out, such as /socket.io")
            }
        }
        checkNamespaces(paths)
        for (index, event) in options.events.enumerated() {
            check(event, place(of: "event", entry: index), paths)
        }
    }

    private mutating func checkNamespaces(_ paths: [String]) {
        for (index, namespace) in options.namespaces.enumerated() {
            let place = place(of: "namespace", entry: index)
            checkEndpoint(namespace.endpoint, place, paths)
            if !namespace.name.hasPrefix("/") || namespace.name.contains(where: { $0 == "," || $0 == "?" }) {
                note(
                    .badValue, place, "the namespace \"\(namespace.name)\" is no name",
                    hint: "begin it with /, and leave out , and ?")
            }
            let twin = options.namespaces[..<index].contains {
                $0.name == namespace.name
                    && ($0.endpoint == namespace.endpoint || $0.endpoint == nil || namespace.endpoint == nil)
            }
            if twin {
                note(
                    .conflict, place, "the namespace \(namespace.name) is there twice",
                    hint: "keep one of them")
            }
            if let topic = namespace.topic, (try? TopicPattern(plain: topic)) == nil || topic.contains("*") {
                note(
                    .conflict, place, "the topic \(topic) of \(namespace.name) leaves open which is meant",
                    hint: "name one topic, without * and placeholders")
            }
            for path in paths where namespace.endpoint == nil || namespace.endpoint == path {
                do {
                    _ = try options.autoSubscriptions(of: namespace, at: path)
                } catch {
                    note(
                        .conflict, place, "the pattern \(error.pattern): \(error.error)",
                        hint: "{user}, {claim.NAME} and the names in the endpoint's path can be used")
                }
            }
        }
    }

    private mutating func check(_ event: EventOptions, _ place: Place, _ paths: [String]) {
        checkEndpoint(event.endpoint, place, paths)
        if let name = event.namespace, name != "/" || !options.namespaces.isEmpty,
            !options.namespaces.contains(where: { $0.name == name })
        {
            note(
                .conflict, place, "there is no namespace \(name)",
                hint: "write its name as in [[namespace]], or leave namespace out")
        }
        if (try? TopicPattern(plain: event.name)) == nil {
            note(
                .conflict, place, "\"\(event.name)\" is no pattern of event names",
                hint: "use * for what varies; placeholders have no meaning here")
        }
        if event.actions.isEmpty {
            note(
                .missing, place, "nothing is done with \(event.name)",
                hint: "do = [\"room\"], for example; \"refuse\" says no")
        }
        func needs(_ action: EventOptions.Action, _ member: String, _ value: String?) {
            guard event.actions.contains(action), value == nil else { return }
            note(
                .missing, place, "\(event.name): \(action.rawValue) needs \"\(member)\"",
                hint: "add \(member) = …, or take \(action.rawValue) out")
        }
        for action in [EventOptions.Action.room, .join, .leave] { needs(action, "room", event.room) }
        needs(.user, "user", event.user)
        needs(.webhook, "url", event.url)
        for alone in [EventOptions.Action.refuse, .webhook]
        where event.actions.contains(alone) && event.actions.count > 1 {
            note(
                .conflict, place, "\(event.name): \(alone.rawValue) stands alone",
                hint: alone == .refuse ? "take the others out" : "let the backend's answer ask for the rest")
        }
        for template in [event.room, event.user] {
            guard let template else { continue }
            do {
                _ = try EventTemplate(template)
            } catch {
                note(
                    .conflict, place, "the template \(template): \(error)",
                    hint: "such as chat:{0}, {0.room} or user:{user}")
            }
        }
        checkReadable(event.secretFile, place)
        if event.actions.contains(.webhook), event.secretFile == nil {
            warn(
                place, "\(event.url ?? "the webhook") acts for clients, and cannot tell who asks",
                hint: "give it a secret_file")
        }
    }

    private mutating func checkEndpoint(_ endpoint: String?, _ place: Place, _ paths: [String]) {
        if let endpoint, !paths.contains(endpoint) {
            note(
                .conflict, place, "no endpoint \(endpoint) speaks Socket.IO",
                hint: "write its path as in [[endpoint]], where dialect = \"socket.io\"")
        } else if paths.isEmpty {
            note(
                .conflict, place, "no endpoint speaks Socket.IO",
                hint: "add [[endpoint]] with path = \"/socket.io\" and dialect = \"socket.io\"")
        }
    }
}

extension Options {
    /// The namespaces of an endpoint that speaks Socket.IO, in the order of the file: `/` alone where none is configured.
    public func namespaces(of endpoint: EndpointOptions) -> [NamespaceOptions] {
        if namespaces.isEmpty { return [NamespaceOptions(name: "/")] }
        return namespaces.filter { $0.endpoint == nil || $0.endpoint == endpoint.path }
    }

    /// The rights at an endpoint together with the rooms that a namespace gives every socket.
    ///
    /// - Throws: the pattern that cannot be read; never after loading, which checks them.
    public func rights(of endpoint: EndpointOptions, in namespace: NamespaceOptions) throws(RightsError)
        -> TopicRights
    {
        var endpoint = endpoint
        endpoint.subscribe += namespace.subscribe
        return try rights(of: endpoint)
    }

    fileprivate func autoSubscriptions(of namespace: NamespaceOptions, at path: String) throws(RightsError)
        -> TopicRights
    {
        guard let endpoint = endpoints.first(where: { $0.path == path }) else {
            return try TopicRights([.open])
        }
        return try rights(of: endpoint, in: namespace)
    }
}
