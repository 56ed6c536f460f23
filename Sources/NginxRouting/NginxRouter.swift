package import NginxSyntax

/// Answers what an nginx with a configuration does with a request.
///
/// Built once for a configuration (a pass over its directives), then asked as often as wanted; a question reads nothing but the
/// request and what the caller says about files. What nginx would refuse at start is `NginxConfiguration.problems`' matter: the
/// router takes the best reading of it.
package final class NginxRouter: Sendable {
    /// The configuration.
    package let configuration: NginxConfiguration
    /// The release whose rules apply.
    package let release: NginxRelease
    /// Addresses and ports of the http block, each with its servers.
    package let listeners: [Listener]
    /// The servers of the http block in the order of the file.
    package let servers: [Server]
    /// The http block.
    package let http: Level
    /// `upstream` blocks by name, in small letters.
    ///
    /// The first of a name counts.
    package let upstreams: [String: Upstream]
    /// The servers of the stream block.
    package let streams: [StreamServer]
    /// Variables that the configuration gives a value.
    let definitions: [String: Definition]
    let assigned: Set<String>
    /// Patterns PCRE2 refuses: its words, the octet where it stopped, and the directive.
    package let patternProblems: [(message: String, offset: Int, statement: Statement)]

    enum Definition: Sendable {
        case map(MapTable)
        case geo(GeoTable)
        case split(SplitClients)
        /// By a module whose results nobody can know beforehand: `js_set`, `auth_request_set`.
        case module(Statement)
    }

    /// A router for a configuration.
    ///
    /// - Parameter isOver: Whether the time is up, asked every few hundred directives and patterns. What is built then is a part, and
    ///   says so nowhere: whoever gives the time knows that it was up.
    package init(
        _ configuration: NginxConfiguration, release: NginxRelease = .debian12,
        isOver: @escaping @Sendable () -> Bool = { false }
    ) {
        self.configuration = configuration
        self.release = release
        var compiler = RuleCompiler(patience: Patience(isOver))
        var root: [Statement] = []
        for directive in configuration.root where directive.name == "http" || directive.name == "stream" {
            root.append(Statement(directive, &compiler.patience))
        }
        let blocks = root.filter { $0.name == "http" }
        let http = Level(.http, blocks.first, parent: nil)
        var servers: [Server] = []
        var definitions: [String: Definition] = [:]
        var upstreams: [String: Upstream] = [:]
        // A second http block is refused by nginx; its servers are read all the same.
        for block in blocks {
            let level = block === blocks.first ? http : Level(.http, block, parent: nil)
            for statement in block.block {
                if compiler.patience.step() { break }
                switch statement.name {
                case "server":
                    servers.append(
                        Server(statement, index: servers.count, parent: level, compiler: &compiler))
                case "upstream":
                    let upstream = Upstream(statement)
                    if upstreams[upstream.name.lowercased()] == nil {
                        upstreams[upstream.name.lowercased()] = upstream
                    }
                case "map" where statement.arguments.count == 2:
                    definitions[NginxRouter.variable(statement.text(1))] = .map(
                        MapTable(statement, compiler: &compiler))
                case "geo" where !statement.arguments.isEmpty:
                    definitions[NginxRouter.variable(statement.text(statement.arguments.count - 1))] = .geo(
                        GeoTable(statement, patience: &compiler.patience))
                case "split_clients" where statement.arguments.count == 2:
                    definitions[NginxRouter.variable(statement.text(1))] = .split(SplitClients(statement))
                default: break
                }
            }
        }
        for directive in configuration.all {
            if compiler.patience.step() { break }
            guard NginxRouter.setters.contains(directive.name) else { continue }
            let name = NginxRouter.variable(directive.value(0) ?? "")
            if definitions[name] == nil {
                definitions[name] = .module(Statement(directive, &compiler.patience))
            }
        }
        self.http = http
        self.servers = servers
        self.definitions = definitions
        self.upstreams = upstreams
        listeners = Listener.all(of: servers)
        streams = root.filter { $0.name == "stream" }.flatMap {
            StreamServer.all(in: $0, compiler: &compiler)
        }
        assigned = compiler.assigned
        patternProblems = compiler.problems.map { ($0.problem.message, $0.problem.offset, $0.statement) }
    }

    /// Follows a request.
    ///
    /// `files` is asked for absolute paths, or paths below the configuration's prefix; where it does not know, a file is taken to be
    /// missing and the trace says so in `assumptions`. Bounded: at most ten internal redirects, and every pattern has a limit of steps.
    package func trace(
        _ request: SimulatedRequest, files: @escaping (ByteString) -> FileKind = { _ in .unknown }
    ) -> RequestTrace {
        let run = Run(router: self, request: request, files: files)
        run.start()
        return run.trace
    }

    /// What a variable would be called in a `map` or `set` line.
    private static func variable(_ text: String) -> String {
        text.hasPrefix("$") ? String(text.dropFirst()) : text
    }

    private static let setters: Set<String> = [
        "js_set", "perl_set", "auth_request_set", "set_by_lua", "set_by_lua_block", "set_by_lua_file",
        "js_var",
        "auth_jwt_claim_set", "auth_jwt_header_set", "geoip2", "userid", "keyval", "memc_set", "set_real_ip",
        "set_escape_uri", "set_unescape_uri", "set_random", "set_secure_random_alphanum", "set_md5",
        "set_sha1",
        "array_join", "encrypted_session_expires", "secure_link_md5", "session_log",
    ]

    /// The listeners a client may have reached, the likeliest first.
    package func listeners(port: Int?, localAddress: String?, isSecure: Bool) -> [Listener] {
        let tcp = listeners.filter { !$0.isQUIC }
        guard let port else {
            return tcp.filter { $0.isSecure == isSecure } + tcp.filter { $0.isSecure != isSecure }
        }
        let here = tcp.filter { $0.port == port && !$0.addressText.hasPrefix("unix:") }
        if let address = localAddress.flatMap({ IPAddress($0) }) {
            // The kernel hands the connection to the socket bound to exactly this address, if there is one.
            if let exact = here.first(where: { $0.address == address }) { return [exact] }
            return here.filter { listener in
                listener.address.map { $0.isWildcard && $0.octets.count == address.octets.count } ?? true
            }
        }
        return here.filter { $0.address?.isWildcard ?? true }
            + here.filter { !($0.address?.isWildcard ?? true) }
    }
}
