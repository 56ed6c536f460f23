/// What can be wrong with a path: the vocabulary of the doctor, and part of its public contract.
///
/// A code never changes its meaning; `docs/causes/CODE.md` explains each.
package enum CauseCode: String, CaseIterable, Sendable {
    // MARK: Headers of the handshake

    /// The location that handles the handshake does not forward Upgrade and/or Connection: upgrade (for
    /// other proxies: upgrading is not enabled for the route).
    case upgradeHeadersMissing = "upgrade-headers-missing"
    /// Upgrade is set to something else than $http_upgrade or websocket (for example to the Connection
    /// variable).
    case upgradeHeaderWrongValue = "upgrade-header-wrong-value"
    /// Connection is a constant without upgrade (keep-alive, empty, close) in the location of the socket.
    case connectionHeaderWrongValue = "connection-header-wrong-value"
    /// Connection is the constant upgrade in a location that also serves ordinary requests, and a backend
    /// objects.
    case connectionHeaderHardcodedUpgrade = "connection-header-hardcoded-upgrade"
    /// The same hop header is sent twice (proxy_set_header repeated at one level with non-empty values).
    case duplicateProxyHeader = "duplicate-proxy-header"
    /// A variable such as $connection_upgrade is used but no map defines it: the configuration does not
    /// load.
    case mapVariableUndefined = "map-variable-undefined"
    /// map stands inside server or location: the configuration does not load.
    case mapMisplaced = "map-misplaced"
    /// The 101 answer reaches the client without Upgrade or Connection (proxy_hide_header).
    case upgradeResponseHeaderHidden = "upgrade-response-header-hidden"
    /// proxy_http_version is 1.0 (the default before nginx 1.29.7) and the backend refuses it, or cannot
    /// upgrade.
    case http10Upstream = "http10-upstream"
    /// proxy_set_header lines of an outer level are lost because the inner level has at least one of its
    /// own.
    case headersNotInherited = "headers-not-inherited"
    /// nginx drops a request header with an underscore in its name (underscores_in_headers off).
    case headerWithUnderscoreDropped = "header-with-underscore-dropped"
    /// The proxy changes the spelling of header names and the (strict) backend refuses that.
    case headerCaseAltered = "header-case-altered"
    /// The map sends Connection: close (or nothing is cleared) so that the keepalive pool of the upstream
    /// is never used. Costs speed, not the handshake.
    case upstreamKeepaliveDefeated = "upstream-keepalive-defeated"

    // MARK: Which location or server answers

    /// No location made for WebSocket matches the path that is really asked for; another one answers.
    case locationDoesNotCoverPath = "location-does-not-cover-path"
    /// A location (or rule) that ranks higher takes the request away from the one made for it.
    case locationShadowed = "location-shadowed"
    /// The location of the socket also takes ordinary pages, which the WebSocket server cannot answer.
    case wsLocationTooBroad = "ws-location-too-broad"
    /// Another server block (name, port, default_server) answers the handshake.
    case wrongServerBlock = "wrong-server-block"
    /// try_files or an index fallback answers the handshake with a page (200).
    case spaFallbackSwallowsWs = "spa-fallback-swallows-ws"
    /// The handshake is answered by a redirect (slash, https, host name); WebSocket clients do not follow
    /// it.
    case redirect301OnHandshake = "redirect-301-on-handshake"
    /// rewrite or return at server level changes or ends the request before the location is chosen.
    case rewriteHijacksHandshake = "rewrite-hijacks-handshake"
    /// proxy_pass points back to the same proxy.
    case upstreamSelfLoop = "upstream-self-loop"

    // MARK: Path given to the backend

    /// The URI part of proxy_pass (slash or path) changes the path: double slash, lost or doubled prefix.
    case proxyPassUriRewritesPath = "proxy-pass-uri-rewrites-path"
    /// The backend expects the path without the public prefix and proxy_pass has no URI part.
    case proxyPassPrefixNotStripped = "proxy-pass-prefix-not-stripped"
    /// A variable in proxy_pass together with a URI part replaces the whole path and loses the query
    /// string.
    case proxyPassVariableDropsUri = "proxy-pass-variable-drops-uri"
    /// $1 of the location is overwritten by a regular expression evaluated later (map, if, rewrite).
    case regexCaptureClobbered = "regex-capture-clobbered"
    /// path option of client, proxy and server differ.
    case socketioPathMismatch = "socketio-path-mismatch"
    /// A path in the Socket.IO address is a namespace, not a path.
    case socketioNamespaceFromUrl = "socketio-namespace-from-url"

    // MARK: Limits and time

    /// The proxy closes the idle connection (proxy_read_timeout, proxy_timeout, timeout tunnel, ProxyPass
    /// timeout ...).
    case readTimeoutTooShort = "read-timeout-too-short"
    /// There is a heartbeat, but its interval is not below the shortest timeout on the way.
    case heartbeatSlowerThanTimeout = "heartbeat-slower-than-timeout"
    /// A balancer or CDN in front closes earlier than the proxy that is looked at.
    case outerIdleTimeout = "outer-idle-timeout"
    /// Request line or header (token, cookie) is longer than the buffers of a proxy or server: 400 or 414.
    case clientHeaderBufferTooSmall = "client-header-buffer-too-small"
    /// The header of the backend's answer is larger than proxy_buffer_size: 502.
    case proxyBufferSizeTooSmall = "proxy-buffer-size-too-small"
    /// limit_conn counts long-lived sockets: 503.
    case limitConnTooLow = "limit-conn-too-low"
    /// limit_req refuses bursts of handshakes: 503 or 429.
    case limitReqTooLow = "limit-req-too-low"
    /// worker_connections (two per proxied socket) or open files are used up.
    case workerConnectionsExhausted = "worker-connections-exhausted"
    /// proxy_buffering keeps back server-sent events or polling answers.
    case bufferingOnStreaming = "buffering-on-streaming"

    // MARK: Reaching the backend

    /// Nothing, or something else, listens on the port of proxy_pass.
    case upstreamWrongPort = "upstream-wrong-port"
    /// http to a TLS port or https to a plain port.
    case upstreamSchemeMismatch = "upstream-scheme-mismatch"
    /// 127.0.0.1, localhost or host.docker.internal inside a container does not mean the host.
    case upstreamUnreachableDockerHost = "upstream-unreachable-docker-host"
    /// host not found in upstream: proxy does not start.
    case upstreamNameUnresolvable = "upstream-name-unresolvable"
    /// A literal name was resolved at start; the container has another address now.
    case upstreamDnsStale = "upstream-dns-stale"
    /// localhost has two addresses and the backend listens on one of them.
    case upstreamIpv6Localhost = "upstream-ipv6-localhost"
    /// TLS to the backend needs SNI (proxy_ssl_server_name off).
    case upstreamSniMissing = "upstream-sni-missing"
    /// SELinux, AppArmor or a firewall forbids the connection (13: Permission denied).
    case upstreamBlockedByOs = "upstream-blocked-by-os"
    /// One side speaks the PROXY protocol and the other does not.
    case proxyProtocolMismatch = "proxy-protocol-mismatch"
    /// The proxy talks HTTP/2 to a backend without RFC 8441.
    case http2ToBackend = "http2-to-backend"
    /// Requests of one Socket.IO session reach different nodes: Session ID unknown.
    case notStickyPolling = "not-sticky-polling"
    /// The same inside one address: several worker processes behind one port.
    case multiWorkerNoSticky = "multi-worker-no-sticky"
    /// Stickiness by cookie, and the client does not send cookies (withCredentials, SameSite).
    case stickyCookieNotSent = "sticky-cookie-not-sent"

    // MARK: Listener and TLS

    /// A plain listener with http2 gives no answer to an HTTP/1.1 handshake.
    case http2OnlyListener = "http2-only-listener"
    /// ws to a TLS port or wss to a plain port.
    case clientSchemePortMismatch = "client-scheme-port-mismatch"
    /// No TLS listener for this host; another application answers.
    case tlsListenerMissing = "tls-listener-missing"
    /// The certificate is not for this host (or not trusted); no warning page for sockets.
    case certNameMismatch = "cert-name-mismatch"
    /// ssl_verify_client on, and the browser sends no client certificate in the handshake.
    case clientCertNotSent = "client-cert-not-sent"

    // MARK: Who may connect

    /// auth_request (forward auth) refuses or redirects a client that has only the application's own token.
    case authRequestBlocksHandshake = "auth-request-blocks-handshake"
    /// The subrequest of auth_request inherits Upgrade/Connection and its backend refuses that.
    case authSubrequestCarriesUpgrade = "auth-subrequest-carries-upgrade"
    /// Basic authentication of the proxy; the client sends no credentials in the handshake.
    case basicAuthBlocksHandshake = "basic-auth-blocks-handshake"
    /// A firewall module (ModSecurity, Coraza) breaks or refuses the upgrade.
    case wafModuleBlocksWs = "waf-module-blocks-ws"
    /// The backend does not accept the Origin.
    case originRejected = "origin-rejected"
    /// The list of origins contains an entry that can never match (no scheme, default port, slash).
    case originAllowlistMalformed = "origin-allowlist-malformed"
    /// The backend sees the upstream name as Host and compares it with Origin (or routes by it).
    case hostHeaderLost = "host-header-lost"
    /// Host arrives without the port, or with the wrong one.
    case hostPortMismatch = "host-port-mismatch"
    /// The backend does not learn that the client used https.
    case forwardedProtoMissing = "forwarded-proto-missing"
    /// The backend refuses the Host (allowedHosts and the like).
    case backendHostNotAllowed = "backend-host-not-allowed"
    /// Access-Control-Allow-Origin does not match: Socket.IO polling fails in the browser.
    case corsOriginNotAllowed = "cors-origin-not-allowed"
    /// Proxy and backend both send Access-Control-Allow-Origin.
    case corsDuplicateHeader = "cors-duplicate-header"
    /// connect-src does not cover the ws address in this browser.
    case cspConnectSrcBlocksWs = "csp-connect-src-blocks-ws"
    /// SameSite keeps the session cookie out of the handshake.
    case cookieNotSentCrossSite = "cookie-not-sent-cross-site"
    /// exp is in the past.
    case tokenExpired = "token-expired"
    /// nbf or iat is in the future (clock skew).
    case tokenNotYetValid = "token-not-yet-valid"
    /// No token, or null/undefined, is sent.
    case tokenMissing = "token-missing"
    /// Not a JWT at all.
    case tokenMalformed = "token-malformed"
    /// A scheme word (Bearer, JWT) is part of the value.
    case tokenMalformedPrefix = "token-malformed-prefix"
    /// Line end or blank at the end of the token.
    case tokenTrailingWhitespace = "token-trailing-whitespace"
    /// Signature does not verify: other key, or the key is decoded on one side only.
    case tokenWrongSecret = "token-wrong-secret"
    /// Sent under another name than the server reads.
    case tokenWrongParamName = "token-wrong-param-name"
    /// A claim has another name than the server reads (user_id, userId).
    case tokenWrongClaimName = "token-wrong-claim-name"
    /// type claim missing or other than access.
    case tokenWrongType = "token-wrong-type"
    /// aud differs.
    case tokenWrongAudience = "token-wrong-audience"
    /// iss differs.
    case tokenWrongIssuer = "token-wrong-issuer"
    /// The first message has another type or form than the server expects.
    case authMessageTypeMismatch = "auth-message-type-mismatch"

    // MARK: Client

    /// ws:// from an https page.
    case mixedContent = "mixed-content"
    /// The client goes to the port of the backend (or dev server) instead of the proxy.
    case clientUrlPortBypass = "client-url-port-bypass"
    /// The built client contains localhost.
    case clientUrlHardcodedLocalhost = "client-url-hardcoded-localhost"
    /// The address is empty or the default because a build variable is not set.
    case clientUrlEnvMissing = "client-url-env-missing"
    /// The address is put together wrongly (port inside the path, double scheme).
    case clientUrlMalformed = "client-url-malformed"
    /// The path is none the backend has.
    case clientUrlWrongPath = "client-url-wrong-path"
    /// A proxy or firewall at the client's side removes the upgrade.
    case clientNetworkStripsUpgrade = "client-network-strips-upgrade"

    // MARK: Backend, protocol and what lies between

    /// No WebSocket library or handler in the backend.
    case backendLacksWsSupport = "backend-lacks-ws-support"
    /// Client and server speak different Engine.IO versions.
    case eioVersionMismatch = "eio-version-mismatch"
    /// The client offered a subprotocol and the 101 answer names none.
    case subprotocolNotEchoed = "subprotocol-not-echoed"
    /// RSV1 or invalid frames: permessage-deflate is used by one side only.
    case compressionCorruptFrame = "compression-corrupt-frame"
    /// The tunnel uses HTTP/2 to the origin, where the upgrade does not work.
    case tunnelHttp2Websocket = "tunnel-http2-websocket"
    /// The CDN in front strips or refuses the upgrade.
    case cdnBlocksWebsocket = "cdn-blocks-websocket"
    /// ws:// in Apache before 2.4.47 without mod_proxy_wstunnel.
    case apacheWstunnelModuleMissing = "apache-wstunnel-module-missing"

    // MARK: Beyond the shared vocabulary

    /// The proxy's configuration does not load for another reason than those above.
    case proxyConfigInvalid = "proxy-config-invalid"
    /// The host name of the URL has no address.
    case nameUnresolvable = "name-unresolvable"
    /// Nothing accepts connections at the public address: refused, filtered or down.
    case publicPortUnreachable = "public-port-unreachable"
    /// The handshake fails, and nothing that was looked at explains it.
    case handshakeFails = "handshake-fails"
    /// The connection opens and is closed at once, or the application does not answer.
    case closedAfterOpen = "closed-after-open"
    /// Access logs hold tokens in clear text.
    case tokenInLog = "token-in-log"
    /// A line of the browser's console looks alarming and is not: the page went away or reconnected.
    case consoleNoise = "console-noise"
    /// The time given was up before everything was looked at.
    case timeRanOut = "time-ran-out"
}
