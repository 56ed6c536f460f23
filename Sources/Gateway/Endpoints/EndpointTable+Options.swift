import Configuration
import Outgoing
import PubSub
import WebSocketWire

extension EndpointTable {
    /// The endpoints as configured, the echo endpoint included.
    ///
    /// - Parameter listeners: where the server listens, for the rules about origins.
    convenience init(_ options: Options, listeners: [String] = [], over http: OutgoingHTTP? = nil)
        throws(ServeError)
    {
        var endpoints: [Endpoint] = []
        var namespaces = 0
        for (index, option) in options.allEndpoints.enumerated() {
            let pattern: PathPattern
            do {
                pattern = try PathPattern(option.path)
            } catch {
                throw .badEndpoint(option.path, error.description)
            }
            if endpoints.contains(where: { $0.pattern.isSame(as: pattern) }) {
                throw .badEndpoint(option.path, "another endpoint answers this path")
            }
            let rights: TopicRights
            do throws(RightsError) {
                rights = try options.rights(of: option)
            } catch {
                throw .badEndpoint(option.path, "the pattern \(error.pattern): \(error.error)")
            }
            var engine: EngineEndpoint?
            if option.dialect.isEngine {
                let space =
                    option.dialect == .socketIO
                    ? try EventSpace(option, from: namespaces, options, over: http) : nil
                namespaces += space?.namespaces.count ?? 0
                engine = EngineEndpoint(option, index: index, options, listeners: listeners, space)
            }
            endpoints.append(
                Endpoint(
                    pattern: pattern, dialect: Endpoint.Dialect(option.dialect),
                    tokenPlaces: Endpoint.TokenPlaces(option.authentication),
                    tokenParameter: option.queryName, cookieName: option.cookieName, rights: rights,
                    userParameter: option.userParameter,
                    messageLimit: options.messageLimit(of: option), deflate: DeflatePolicy(options, option),
                    notifies: option.notifications, givesEvents: option.eventStream, engine: engine))
        }
        self.init(endpoints)
    }
}

extension Endpoint.Dialect {
    fileprivate init(_ dialect: EndpointOptions.Dialect) {
        self =
            switch dialect {
            case .echo: .echo
            case .engineIO, .socketIO: .engine
            case .sockeye: .sockeye
            }
    }
}

extension Endpoint.TokenPlaces {
    init(_ entries: [EndpointOptions.TokenEntry]) {
        self = []
        for entry in entries {
            switch entry {
            case .cookie: insert(.cookie)
            case .query: insert(.query)
            case .header: insert(.header)
            case .subprotocol: insert(.subprotocol)
            case .message: insert(.message)
            }
        }
    }
}

extension DeflatePolicy {
    /// What an endpoint agrees to.
    ///
    /// The echo endpoint shows every way a client may ask for.
    fileprivate init(_ options: Options, _ endpoint: EndpointOptions) {
        let mode: Mode =
            switch (endpoint.dialect, options.compression) {
            case (.echo, _), (.sockeye, .context): .contextTakeover
            case (.sockeye, .shared): .noContextTakeover
            case (.sockeye, .off), (.engineIO, _), (.socketIO, _): .off
            }
        self.init(mode: mode, level: options.compressionLevel, minimumBytes: options.compressionMinimum)
    }
}
