public import PubSub

// Patterns of topics are read here, so that a mistake in one is told with its place and not when somebody connects.
extension Assembly {
    mutating func checkTopics() {
        for (index, topic) in options.topics.enumerated() {
            do {
                _ = try TopicPattern(plain: topic.pattern)
            } catch {
                note(
                    .conflict, place(of: "topic", entry: index), "the pattern \(topic.pattern): \(error)",
                    hint: "use letters, digits, - and _, parted by :, with * and ** for what varies")
            }
            if topic.slowReader == .latest, topic.durable {
                warn(
                    place(of: "topic", entry: index),
                    "\(topic.pattern) is durable, and slow readers skip its messages all the same",
                    hint: "slow_reader = \"close\" makes them come back and recover")
            }
        }
        for (index, right) in options.rights.enumerated() {
            if right.allow.isEmpty && right.deny.isEmpty {
                note(
                    .missing, place(of: "right", entry: index),
                    "\(right.topic): neither allow nor deny is given",
                    hint: "allow = [\"subscribe\"], for example")
            }
            if let endpoint = right.endpoint, !options.endpoints.contains(where: { $0.path == endpoint }) {
                note(
                    .conflict, place(of: "right", entry: index), "there is no endpoint \(endpoint)",
                    hint: "write its path as in [[endpoint]], or leave endpoint out")
            }
        }
        for (index, endpoint) in options.endpoints.enumerated()
        where endpoint.dialect == .sockeye || endpoint.dialect == .socketIO {
            if let name = endpoint.userParameter,
                (try? PathPattern(endpoint.path))?.parameters.contains(name) != true
            {
                note(
                    .conflict, place(of: "endpoint", entry: index), "\(endpoint.path) has no {\(name)}",
                    hint: "name a segment of the path that is written in braces")
            }
            do {
                _ = try options.rights(of: endpoint)
            } catch {
                // The entry is not known any more, but the pattern is what the reader looks for.
                let right = options.rights.firstIndex { $0.topic == error.pattern }
                note(
                    .conflict,
                    right.map { place(of: "right", entry: $0) } ?? place(of: "endpoint", entry: index),
                    "the pattern \(error.pattern), at endpoint \(endpoint.path): \(error.error)",
                    hint: "{user}, {claim.NAME} and the names in the endpoint's path can be used")
            }
        }
    }
}

extension Options {
    /// Who may do what with which topic at an endpoint.
    ///
    /// - Throws: the pattern that cannot be read; never after loading, which checks them.
    public func rights(of endpoint: EndpointOptions) throws(RightsError) -> TopicRights {
        let parameters = (try? PathPattern(endpoint.path))?.parameters ?? []
        var rules: [RightsRule] = []
        for right in rights where right.endpoint == nil || right.endpoint == endpoint.path {
            if !right.deny.isEmpty { rules.append(RightsRule(.deny, right.deny.operations, on: right.topic)) }
            if !right.allow.isEmpty {
                rules.append(RightsRule(.allow, right.allow.operations, on: right.topic))
            }
        }
        if rights.isEmpty { rules = [.open] }
        return try TopicRights(rules, autoSubscriptions: endpoint.subscribe, parameters: parameters)
    }
}

extension [RightOptions.Operation] {
    fileprivate var operations: TopicOperations {
        reduce(into: []) { all, operation in
            switch operation {
            case .subscribe: all.insert(.subscribe)
            case .publish: all.insert(.publish)
            case .presence: all.insert(.presence)
            case .history: all.formUnion([.history, .recover])
            }
        }
    }
}
