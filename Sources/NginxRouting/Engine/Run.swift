import NginxSyntax

/// One request on its way through the phases (`ngx_http_core_run_phases`).
///
/// The names of the flags are those of `ngx_http_request_t`, whose meaning they share.
final class Run {
    let router: NginxRouter
    let request: SimulatedRequest
    let files: (ByteString) -> FileKind
    var trace: RequestTrace

    var listener: Listener?
    var server: Server?
    var location: Location?
    var level: Level
    /// Of the location, for `content_handler`: set by each level that has a handler, until a location is looked for again.
    var handler: Statement?
    var handlerLevel: Level?

    var method: String
    /// Without those nginx drops.
    var headers: [(name: String, value: ByteString)] = []
    /// Of the request's body, once the head is accepted; empty: none.
    var bodyLength: ByteString = ""
    /// Host, validated; empty: none.
    var host: ByteString = ""
    var original = RequestURI(path: "", arguments: "", unparsed: "")
    var uri: ByteString = ""
    var arguments: ByteString = ""
    var isInternal = false
    var validLocation = true
    var validUnparsedURI = true
    var uriChanged = false
    /// Counts down; at zero nginx gives up.
    var uriChanges = 11
    var addURIToAlias = false
    /// Where a try_files has led to for want of files.
    var triedFallbacks: [ByteString] = []
    /// An error page is being made: no further one, unless they may be recursive.
    var errorPageUsed = false
    var errorStatus: Int?
    /// Set by a redirect that an error page took over; nginx leaves it in the answer.
    var leftLocation: Evaluated?

    /// What the last matching pattern captured.
    var captureSubject: ByteString = ""
    var captures: [Range<Int>?] = []
    /// Whether a rewrite that matched made them, so that whoever reads them means its groups.
    var areCapturesRewrites = false
    /// What the location's own pattern captured.
    var locationCaptures: [ByteString] = []
    /// Variables that have a value: set, captured by name, or computed once.
    var values: [String: Evaluated] = [:]
    /// Variables being computed, so that a cycle ends.
    var computing: Set<String> = []
    /// Where the proxied URL comes from, for `$proxy_host` and `$proxy_port`.
    var proxyHost: Evaluated?
    var proxyPort: Evaluated?
    var isSubrequest = false
    /// How many more patterns may run into their limit of steps before none is tried any more.
    var patience = 32

    enum Phase { case serverRewrite, findLocation, locationRewrite, access, content, done }
    var phase = Phase.serverRewrite

    init(router: NginxRouter, request: SimulatedRequest, files: @escaping (ByteString) -> FileKind) {
        self.router = router
        self.request = request
        self.files = files
        method = request.method
        level = router.http
        trace = RequestTrace(request)
    }

    func start() {
        guard chooseServer() else { return finish() }
        resume()
    }

    /// Runs the phases from the current one to the end.
    func resume() {
        // Each round but ten belongs to one of a fixed number of phases; the limit is a second belt.
        var rounds = 0
        while phase != .done, rounds < 200 {
            rounds += 1
            switch phase {
            case .serverRewrite:
                phase = .findLocation
                if let server { run(server.rules, isServer: true) }
            case .findLocation: findLocation()
            case .locationRewrite:
                phase = .access
                // The level of limit_except has no rules, not even the location's.
                if let location, level.kind == .location { run(location.rules, isServer: false) }
                if phase == .access, uriChanged {
                    uriChanges -= 1
                    if uriChanges == 0 {
                        fail(500, .redirectionCycle)
                    } else {
                        enterServerLevel()
                        phase = .findLocation
                    }
                }
            case .access: access()
            case .content: content()
            case .done: break
            }
        }
        finish()
    }

    private func finish() {
        trace.uri = uri
        trace.arguments = arguments
        trace.location = location
        trace.level = trace.choice == nil ? nil : level
        if case .answered = trace.outcome {
            trace.statusOverride = nil
        } else if let errorStatus, errorStatus > 0 {
            trace.statusOverride = errorStatus
        }
    }

    func step(_ event: TraceStep.Event, _ statement: Statement? = nil) {
        trace.steps.append(TraceStep(event: event, statement: statement, uri: uri))
    }

    func assume(_ assumption: Assumption) {
        if !trace.assumptions.contains(assumption) { trace.assumptions.append(assumption) }
    }

    /// The configuration of the server itself is in force (`r->loc_conf = cscf->ctx->loc_conf`).
    func enterServerLevel() {
        location = nil
        if let server { enter(server.level) }
    }

    /// Puts a level in force (`ngx_http_update_location_config`).
    func enter(_ next: Level) {
        level = next
        if let except = location?.limitExcept, next === location?.level, !except.methods.contains(method) {
            level = except.level
        }
        if let statement = level.handler {
            handler = statement
            handlerLevel = level
        } else if level.kind == .limitExcept, let statement = level.parent?.handler {
            // Handlers of the location reach into limit_except.
            handler = statement
            handlerLevel = level
        }
    }

    func fail(_ status: Int, _ reason: Outcome.Failure) {
        finalize(status, outcome: .failed(status: status, reason: reason))
    }

    /// Starts over with another URI (`ngx_http_internal_redirect`).
    func redirect(
        to target: ByteString, arguments query: ByteString, by cause: InternalRedirect,
        _ statement: Statement?
    ) {
        step(.redirected(uri: target, arguments: query, by: cause), statement)
        uriChanges -= 1
        guard uriChanges > 0 else { return fail(500, .redirectionCycle) }
        uri = target
        arguments = query
        handler = nil
        enterServerLevel()
        isInternal = true
        validUnparsedURI = false
        addURIToAlias = false
        validLocation = true
        phase = .serverRewrite
    }

    /// Enters a location by its name (`ngx_http_named_location`).
    func enterNamed(_ name: ByteString) {
        uriChanges -= 1
        guard uriChanges > 0 else { return fail(500, .redirectionCycle) }
        guard !uri.isEmpty else { return fail(500, .emptyURI) }
        guard let found = server?.locations.named.first(where: { $0.name == name }) else {
            return fail(500, .namedLocationMissing(name.text))
        }
        isInternal = true
        uriChanged = false
        handler = nil
        location = found
        step(.named(found), found.statement)
        enter(found.level)
        phase = .locationRewrite
    }
}
