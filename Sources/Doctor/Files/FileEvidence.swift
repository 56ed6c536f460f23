/// What the files that are no nginx configuration say, each fact with its place.
///
/// The lists are what stands in the files; what follows from several of them is in the extensions.
package struct FileEvidence: Testimony, Sendable {
    /// A file and what it was taken for.
    package struct Recognition: Equatable, Sendable {
        package let file: String
        /// Such as "environment file" or "access log".
        package let kind: Phrase
    }

    /// The files that were understood, nginx among them.
    package var recognised: [Recognition] = []
    /// Names of those that were not, each said in the report and never guessed at.
    package var unrecognised: [String] = []
    /// What each understood file was taken for, by its name.
    package var kinds: [String: FileKind] = [:]
    /// Files that hold nginx directives, main files and includes alike.
    package var nginxFiles: [SourceFile] = []

    /// Names with values: environment files, `environment:` of containers, INI, properties, YAML and JSON settings.
    package var settings: [Setting] = []
    /// Places where a page or a program opens a socket.
    package var dials: [SocketDial] = []
    /// Places where a server says how it takes sockets.
    package var servers: [SocketServer] = []
    /// Where a Socket.IO server takes clients of the root namespace.
    package var rootNamespace: FilePlace?
    /// Whether a source calls `.of(`, by which namespaces are made.
    package var makesNamespaces = false
    /// Names of programs' sources that know the word `Bearer`, and so may take it off a token.
    package var namesBearer: Set<String> = []
    /// Build variables that an image sets behind its build, too late to be baked into the page.
    package var lateVariables: [Setting] = []
    /// Secrets of Kubernetes whose value ends in white space, by name.
    package var spacedSecrets: [(name: String, place: FilePlace)] = []
    /// What tools answered about names: `dig`, `host`, `nslookup`, `getent`.
    package var resolved: [ResolvedName] = []
    /// Messages by which clients sign in.
    package var sentTypes: [SentType] = []
    /// Addresses programs are seen to listen on, in logs and lists of sockets.
    package var seenListeners: [SeenListener] = []
    /// Intervals at which somebody sends something.
    package var heartbeats: [Heartbeat] = []
    /// The dependencies of programs.
    package var packages: [PackageList] = []
    /// Commands that start servers.
    package var processes: [ServerProcess] = []
    /// Services of compose files.
    package var services: [ContainerService] = []
    /// Containers as they run.
    package var containers: [RunningContainer] = []

    /// HAProxy.
    package var haproxy: [HAProxyConfiguration] = []
    /// Apache httpd.
    package var apache: [ApacheConfiguration] = []
    /// Caddy.
    package var caddy: [Caddyfile] = []
    /// frp clients and servers.
    package var tunnels: [FRPConfiguration] = []
    /// cloudflared.
    package var cloudflared: [CloudflaredConfiguration] = []
    /// Traefik, Envoy, Kubernetes and development servers, as routes with their properties.
    package var routes: [ProxyRoute] = []
    /// Balancers and CDNs, as somebody described them.
    package var balancers: [BalancerDescription] = []

    /// Lines of logs that mean something, repetitions counted.
    package var logEvents: [LogEvent] = []
    /// Requests in access logs, by path and status.
    package var accesses: [AccessGroup] = []
    /// HTTP messages somebody recorded.
    package var requests: [RecordedRequest] = []
    package var responses: [RecordedResponse] = []
    /// Addresses somebody asked by hand, and what they answered.
    package var asked: [AskedAddress] = []
    /// Streams somebody watched by hand, with the times of their events.
    package var timedStreams: [TimedStream] = []
    /// What Docker said happened to containers, in the order of time.
    package var containerEvents: [ContainerEvent] = []
    /// Where a program sends `X-Accel-Buffering: no` with its answers, which nginx obeys and keeps to itself; nil: none does.
    package var unbuffered: FilePlace?
    /// Where a program's source answers with `text/event-stream`; nil: none does.
    package var eventStream: FilePlace?
    /// Headers with an underscore in their names that a client's source sends.
    package var sentHeaders: [SentHeaderName] = []
    /// Requests of access logs that also tell of Upgrade.
    package var sightings: [UpgradeSighting] = []
    /// Where a client's source uses a secret out of a file with whatever stands at its end.
    package var untrimmed: UntrimmedSecret?
    /// Variables that a server's source reads the port from it listens on.
    package var portVariables: Set<String> = []
    /// Where a backend is told to send plain requests to https.
    package var forcedTLS: FilePlace?
    /// Where a source makes an ASGI application, which no WSGI server runs.
    package var asgi: FilePlace?
    /// Rewrites of hosting platforms to other servers.
    package var platformRewrites: [PlatformRewrite] = []
    /// `proxy-read-timeout` of ingress-nginx for all hosts.
    package var controllerIdle: (seconds: Double, place: FilePlace)?
    /// Replicas of Kubernetes workloads by name.
    package var replicas: [String: Int] = [:]
    /// Certificates as `openssl s_client` or curl showed them.
    package var certificates: [CertificateReport] = []
    /// Logs that hold tokens in clear text: the first such line of each, and how many there are.
    package var clearTokens: [(place: FilePlace, excerpt: String, count: Int)] = []
    /// Lines of a browser's console, out of a file.
    package var consoleLines: [ConsoleLine] = []

    /// The token that stood in a file.
    package var token: TokenText?
    /// What the server demands of it.
    package var expectations: TokenExpectations?

    /// What the nginx configuration among the files says about the same path; nil: there is none.
    var nginx: NginxView?

    package init() {}

    /// Reads all files.
    package init(_ files: [SourceFile]) {
        for file in files {
            if TimeLimit.isOver(for: .files) { return }
            read(file)
        }
    }

    /// Recognises and reads each file.
    ///
    /// What files say about the client is written into `subject` where no flag said otherwise: the token of
    /// `token.txt`, expectations; a `<token.txt>` in the URL is filled in.
    package static func gather(_ files: [SourceFile], subject: inout Subject) -> FileEvidence {
        var evidence = FileEvidence(files)
        if let token = subject.token {
            evidence.token = TokenText(
                text: token, place: evidence.token?.text == token ? evidence.token?.place : nil)
        } else {
            subject.token = evidence.token?.text
        }
        evidence.fillIn(&subject)
        if !subject.expectations.isEmpty {
            evidence.expectations = TokenExpectations(subject.expectations, over: evidence.expectations)
        }
        return evidence
    }
}
