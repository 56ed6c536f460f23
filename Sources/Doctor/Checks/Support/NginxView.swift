/// What the checks over other files ask of the nginx configuration.
struct NginxView: Sendable {
    /// An address something is proxied to.
    struct Target: Equatable, Sendable {
        let host: String
        let port: Int
        let isSecure: Bool
        let place: FilePlace
    }

    /// Where the handshake goes to: each server of the upstream.
    var targets: [Target] = []
    /// All addresses anything is proxied to.
    var allTargets: [Target] = []
    /// How long an idle upgraded connection lives, and the line that says so.
    var readTimeout: (seconds: Double, place: FilePlace?)?
    /// Ports of all listeners.
    var listenPorts: Set<Int> = []
    /// Ports whose listeners read the PROXY protocol.
    var proxyProtocolPorts: Set<Int> = []
    /// Prefixes of locations that hand requests to a backend, `/` not among them.
    var proxiedPrefixes: [(prefix: String, place: FilePlace)] = []
    /// The Host the backend gets; nil: not known.
    var sentHost: String?
    /// Names of request headers that are lost for their underscores.
    var dropsUnderscores = true
    /// The largest single header line and request line the listener takes, in bytes.
    var largestHeaderLine = 8192
    /// Content security policies it adds.
    var policies: [(text: String, place: FilePlace)] = []
    /// Values of Access-Control-Allow-Origin it adds, and whether it hides the backend's.
    var corsOrigins: [(value: String, place: FilePlace)] = []
    var hidesCORS = false
    /// The cookie by which it keeps clients at one server.
    var stickyCookie: (name: String, sameSite: String, place: FilePlace)?
}
