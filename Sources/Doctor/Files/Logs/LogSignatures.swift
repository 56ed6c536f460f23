/// Phrases by which programs say what happened: all phrases of a signature must stand on the line, in any case.
///
/// Each is the wording of a program's source, its name behind it; where several programs say the same in other words, each has a
/// row. Earlier rows win.
enum LogSignatures {
    struct Signature: Sendable {
        let kind: LogEvent.Kind
        let phrases: [String]
    }

    /// Rows: kind, then phrases joined by ` + `.
    static let all: [Signature] = rows.map {
        Signature(kind: $0.0, phrases: $0.1.split(separator: "+").map(\.trimmed))
    }

    /// The phrases of all signatures, then the marks of requests.
    static let matcher = PhraseMatcher(all.flatMap(\.phrases) + LogRequest.marks + announcements)

    /// Words by which servers say where they listen.
    static let announcements = [
        "listening", "running on", "running at", "started on port", "starting server on", "server started on",
        "starting on", "started at",
    ]

    /// How many phrases the signatures have.
    static let phraseCount = all.reduce(0) { $0 + $1.phrases.count }

    private static let rows: [(LogEvent.Kind, String)] =
        network + limits + tls + origins + engine + tokens + upgrades

    private static let network: [(LogEvent.Kind, String)] = [
        // nginx -t, ngx_http_variables.c and ngx_conf_file.c
        (.variableUnknown, "[emerg] + unknown \" + \" variable"),
        (.mapNotAllowed, "\"map\" directive is not allowed here"),
        // nginx, ngx_http_parse.c: a name with an underscore, at level info.
        (.headerLineInvalid, "client sent invalid header line"),
        // nginx, ngx_http_upstream.c
        (.permissionDenied, "(13: permission denied) + while connecting to upstream"),
        (.permissionDenied, "(13)permission denied + ah00957"),
        (.permissionDenied, "avc:  denied  { name_connect }"),
        (.permissionDenied, "avc: denied { name_connect }"),
        // musl has words of its own for EHOSTUNREACH.
        (.noRoute, "113: host is unreachable"), (.noRoute, "connect: host is unreachable"),
        (.permissionDenied, "apparmor=\"denied\" + operation=\"connect\""),
        (.firewallDropped, "[ufw block]"), (.firewallDropped, "dpt= + drop"),
        (.firewallDropped, "dpt= + reject"),
        (.noRoute, "113: no route to host"), (.noRoute, "(113)no route to host"), (.noRoute, "ehostunreach"),
        (.noRoute, "connect: no route to host"), (.noRoute, "101: network is unreachable"),
        (.connectionRefused, "111: connection refused"), (.connectionRefused, "(111)connection refused"),
        (.connectionRefused, "connect: connection refused"), (.connectionRefused, "econnrefused"),
        (.connectionRefused, "connect to local service + error"),
        (.hostNotFound, "host not found in upstream"), (.hostNotFound, "could not be resolved ("),
        (.hostNotFound, "enotfound"), (.hostNotFound, "no such host"),
        (.hostNotFound, "dns lookup failure for"),
        (.hostNotFound, "name or service not known"), (.hostNotFound, "could not resolve address"),
        (.idleCut, "upstream timed out (110 + while proxying upgraded connection"),
        (.idleCut, "client timed out (110 + while proxying upgraded connection"),
        (.upstreamTimedOut, "upstream timed out (110"),
        (.apacheNoHandler, "no protocol handler was valid for the url"),
        (.edgeWithoutHost, "no host in request url"),
    ]

    private static let limits: [(LogEvent.Kind, String)] = [
        (.responseHeaderTooBig, "upstream sent too big header while reading response header"),
        (.headerLineTooLong, "client sent too long header line"),
        (.headerLineTooLong, "client sent too large request"),
        (.headerLineTooLong, "client sent too long uri"), (.headerLineTooLong, "hpe_header_overflow"),
        (.headerLineTooLong, "request header or cookie too large"),
        (.headerLineTooLong, "request header fields too large"),
        (.headerLineTooLong, "request line is too large"),
        (.headerLineTooLong, "limit request headers fields size"),
        (.headerLineTooLong, "request header is too large"), (.headerLineTooLong, "request-uri too large"),
        (.limitConnections, "limiting connections by zone"), (.limitRequests, "limiting requests, excess"),
        (.outOfConnections, "worker_connections are not enough"),
        (.outOfConnections, "reached maxrequestworkers"), (.outOfConnections, "reached its maxconn"),
        (.outOfConnections, "exceed open file resource limit"),
        (.outOfConnections, "too many open files"), (.outOfConnections, "emfile"),
        (.outOfConnections, "fd_setsize"), (.outOfConnections, "server reached maxrequestworkers"),
        (.outOfConnections, "reached its configured maxconn"),
        (.outOfConnections, "proxy + maxconn + limit reached"),
    ]

    private static let tls: [(LogEvent.Kind, String)] = [
        (.tlsToPlain, "wrong version number"), (.tlsToPlain, "server gave http response to https client"),
        (.tlsToPlain, "first record does not look like a tls handshake"),
        (.tlsToPlain, "packet length too long + upstream"),
        (.plainToTLS, "plain http request was sent to https port"),
        (.plainToTLS, "client sent an http request to an https server"),
        (.plainToTLS, "speaking plain http to an ssl-enabled server port"),
        (.plainToTLS, "ssl routines + http request"),
        (.serverNameUnknown, "unrecognized name + upstream"), (.serverNameUnknown, "ssl alert number 112"),
        (.serverNameUnknown, "alert handshake failure + upstream"),
        (.serverNameUnknown, "peer closed connection in ssl handshake + upstream"),
        // What a proxy thinks of its backend's certificate is another matter.
        (.certificateOfUpstream, "certificate + handshaking to upstream"),
        (.certificateRefused, "err_tls_cert_altname_invalid"),
        (.certificateRefused, "does not match certificate's altnames"),
        (.certificateRefused, "hostname mismatch, certificate is not valid for"),
        (.certificateRefused, "x509: certificate"), (.certificateRefused, "certificate_verify_failed"),
        (.certificateRefused, "certificate verify failed"),
        (.certificateRefused, "unable to verify the first certificate"),
        (.certificateRefused, "unable_to_verify_leaf_signature"),
        (.certificateRefused, "depth_zero_self_signed_cert"), (.certificateRefused, "cert_has_expired"),
        (.certificateRefused, "pkix path building failed"),
        (.certificateRefused, "no subject alternative dns name matching"),
        (.certificateRefused, "no subject alternative names"),
        (.certificateRefused, "self-signed certificate in certificate chain"),
        (.certificateRefused, "invalid peer certificate"),
        (.certificateRequired, "client sent no required ssl certificate"),
        (.certificateRequired, "no required ssl certificate was sent"),
        (.certificateRequired, "peer did not return a certificate"),
        (.proxyHeaderBroken, "broken header + proxy protocol"),
        (.proxyHeaderBroken, "proxy protocol + signature not found"),
        (.proxyLineReceived, "proxy tcp4 "), (.proxyLineReceived, "proxy tcp6 "),
        (.proxyLineReceived, "invalid method + proxy"),
        (.firewallDenied, "modsecurity + access denied"), (.firewallDenied, "coraza + access denied"),
        (.firewallDenied, "coraza + transaction interrupted"),
        (.firewallDenied, "modsecurity + denied with code"),
    ]

    private static let origins: [(LogEvent.Kind, String)] = [
        (.hostRefused, "blocked request. this host"), (.hostRefused, "blocked host"),
        (.hostRefused, "invalid http_host header"),
        (.hostRefused, "disallowedhost"), (.hostRefused, "invalid host header"),
        (.hostRefused, "invalid host/origin header"), (.hostRefused, "host not allowed"),
        (.hostRefused, "host is not allowed"),
        (.hostRefused, "host header is specified and is not an ip address or localhost"),
        (.hostRefused, "untrusted host"), (.hostRefused, "is not in allowed_hosts"),
        (.hostRefused, "not in allowedhosts"),
        // daphne: an origin validator, or a consumer that closes before it accepts.
        (.handshakeRejected, "websocket reject /"),
        (.originRefused, "origin not allowed"), (.originRefused, "origin is not authorized"),
        (.originRefused, "origin is not allowed"), (.originRefused, "origin' header value not allowed"),
        (.originRefused, "cross-origin websocket"),
        (.originRefused, "cross origin websocket"), (.originRefused, "origin + does not match host"),
        (.originRefused, "does not match origin"),
        (.originRefused, "not an accepted origin"), (.originRefused, "origin checking failed"),
        (.originRefused, "invalid origin"),
        (.originRefused, "not allowed by cors"), (.originRefused, "forbidden origin"),
        (.originRefused, "rejected origin"),
        (.originRefused, "origin rejected"), (.originRefused, "origin refused"),
        (.originRefused, "disallowed origin"),
        (.originRefused, "blocked origin"), (.originRefused, "unauthorized origin"),
        (.originRefused, "origin not accepted"),
        (.originRefused, "cross origin request + blocked"), (.originRefused, "origin denied"),
        (.originRefused, "not in allowed origins"), (.originRefused, "bad origin"),
        (.originRefused, "unexpected origin"),
        (.originRefused, "origin mismatch"), (.originRefused, "could not check origin"),
        (.originRefused, "origin verification failed"),
        (.originRefused, "not allowed origin"), (.originRefused, "from different origin"),
    ]

    private static let engine: [(LogEvent.Kind, String)] = [
        // SignalR, whose negotiation and connection must meet one server.
        (.sessionUnknown, "no connection with that id"), (.sessionUnknown, "session id unknown"),
        (.sessionUnknown, "invalid session + engineio"),
        (.sessionUnknown, "invalid session + sid"), (.sessionUnknown, "unknown session"),
        (.unsupportedEngineVersion, "unsupported protocol version"),
        (.unsupportedEngineVersion, "unsupported version of the socket.io or engine.io protocols"),
        (.namespaceUnknown, "invalid namespace"), (.namespaceUnknown, "unable to connect to namespace"),
        (.reservedBits, "bad rsv"), (.reservedBits, "reserved bits"), (.reservedBits, "rsv1 must be clear"),
        (.reservedBits, "invalid frame header"), (.reservedBits, "unexpected_rsv"),
        (.reservedBits, "unexpected reserved bits"),
        (.reservedBits, "reserved bit"), (.reservedBits, "rsv1 set"), (.reservedBits, "rsv must be zero"),
        (.reservedBits, "rsv != 0"),
        (.subprotocolRefused, "subprotocol + unsupported"),
        (.subprotocolRefused, "subprotocol + not supported"),
        (.subprotocolRefused, "sec-websocket-protocol + no response was received"),
        (.subprotocolRefused, "no subprotocol"),
        (.firstMessageRefused, "unknown message type"), (.firstMessageRefused, "expected auth message"),
        (.firstMessageRefused, "first message must"), (.firstMessageRefused, "unexpected first message"),
        (.firstMessageRefused, "authentication message + expected"),
        (.firstMessageRefused, "unknown type + auth"),
        (.firstMessageRefused, "message incorrectly formatted"),
        (.firstMessageRefused, "unexpected message type"),
        (.firstMessageRefused, "unrecognized message type"), (.firstMessageRefused, "invalid message type"),
        (.firstMessageRefused, "unsupported message type"),
        (.firstMessageRefused, "invalid message received"),
        (.firstMessageRefused, "4400 + invalid message"), (.firstMessageRefused, "unknown action + auth"),
        (.firstMessageRefused, "authenticate first"), (.firstMessageRefused, "expected type"),
        (.firstMessageRefused, "unknown event + auth"),
        (.connected, "websocket + connection established"), (.connected, "websocket + connected"),
        (.connected, "websocket + [accepted]"), (.connected, "connection open"),
        (.connected, "new connection attempt"),
        (.connected, "socket connected"), (.connected, "client connected"),
        (.connected, "websocket + authenticated"),
    ]

    private static let tokens: [(LogEvent.Kind, String)] = [
        // Clients that refuse to send a field with a line end in it: Node, Go, http.client, hyper, requests.
        (.tokenSpaced, "invalid character in header content + authorization"),
        (.tokenSpaced, "invalid header field value for \"authorization\""),
        (.tokenSpaced, "invalid header field value for \"cookie\""),
        (.tokenSpaced, "invalid header value b'bearer"),
        (.tokenSpaced, "return character(s) in header value"),
        (.tokenSpaced, "illegal header value b'bearer"),
        (.tokenExpired, "jwt expired"), (.tokenExpired, "token expired"),
        (.tokenExpired, "token has expired"),
        (.tokenExpired, "signature has expired"), (.tokenExpired, "token is expired"),
        (.tokenExpired, "expiredsignature"),
        (.tokenExpired, "expiredjwtexception"), (.tokenExpired, "lifetime validation failed"),
        (.tokenExpired, "jwtexpired"), (.tokenExpired, "jwt is expired"),
        (.tokenExpired, "tokenexpirederror"),
        (.tokenExpired, "jwt expired at"), (.tokenExpired, "token_expired"),
        (.tokenExpired, "exp + claim timestamp check failed"),
        (.tokenNotYetValid, "jwt not active"), (.tokenNotYetValid, "token is not yet valid"),
        (.tokenNotYetValid, "nbf + claim timestamp check failed"), (.tokenNotYetValid, "jwtnotyetvalid"),
        (.tokenNotYetValid, "immaturesignature"), (.tokenNotYetValid, "token used before issued"),
        (.audienceRefused, "jwt audience invalid"), (.audienceRefused, "invalid audience"),
        (.audienceRefused, "audience doesn't match"), (.audienceRefused, "audience validation failed"),
        (.audienceRefused, "audience mismatch"), (.audienceRefused, "aud claim is not valid"),
        (.audienceRefused, "unexpected + aud + claim value"), (.audienceRefused, "jwtnotinaudience"),
        (.audienceRefused, "invalidaudience"),
        (.audienceRefused, "expected audience"), (.audienceRefused, "incorrect audience"),
        (.issuerRefused, "jwt issuer invalid"), (.issuerRefused, "invalid issuer"),
        (.issuerRefused, "issuer validation failed"),
        (.issuerRefused, "issuer mismatch"), (.issuerRefused, "iss claim is not valid"),
        (.issuerRefused, "unexpected + iss + claim value"), (.issuerRefused, "jwtnotinissuer"),
        (.issuerRefused, "invalidissuer"),
        (.issuerRefused, "untrusted issuer"), (.issuerRefused, "issuer did not match"),
        (.issuerRefused, "issued by a different provider"), (.issuerRefused, "incorrect issuer"),
        (.signatureRefused, "invalid signature"), (.signatureRefused, "signature verification failed"),
        (.signatureRefused, "jwt signature does not match"), (.signatureRefused, "signature is invalid"),
        (.signatureRefused, "signature validation failed"), (.signatureRefused, "bad signature"),
        (.tokenMalformed, "jwt malformed"), (.tokenMalformed, "not enough segments"),
        (.tokenMalformed, "token is malformed"),
        (.tokenMalformed, "invalid token format"), (.tokenMalformed, "invalid compact jws"),
        (.tokenMalformed, "jwt strings must contain exactly 2 period"),
        (.tokenMalformed, "invalid number of segments"),
        (.tokenMissing, "jwt must be provided"), (.tokenMissing, "no token provided"),
        (.tokenMissing, "missing token"),
        (.tokenMissing, "token not provided"), (.tokenMissing, "token is required"),
        (.tokenMissing, "token missing"),
        (.tokenMissing, "token: undefined"), (.tokenMissing, "token: null"), (.tokenMissing, "no token in"),
        (.tokenTypeRefused, "token type + invalid"), (.tokenTypeRefused, "wrong token type"),
        (.tokenTypeRefused, "token has wrong type"), (.tokenTypeRefused, "not an access token"),
    ]

    private static let upgrades: [(LogEvent.Kind, String)] = [
        (.noWebSocketLibrary, "no supported websocket library detected"),
        (.noWebSocketLibrary, "websocket transport is not available"),
        (.noWebSocketLibrary, "websocket transport not available"),
        (.noWebSocketLibrary, "install simple-websocket"),
        (.noWebSocketLibrary, "websockets are not supported"),
        (.noWebSocketLibrary, "websocket is not supported"),
        (.noWebSocketLibrary, "does not support websocket"),
        (.noWebSocketLibrary, "no websocket support"),
        (.noWebSocketLibrary, "response does not implement http.hijacker"),
        (.noWebSocketLibrary, "doesn't support hijack"), (.noWebSocketLibrary, "under wsgi + websocket"),
        (.upgradeOverHTTP2, "http2: invalid upgrade request header"),
        (.upgradeOverHTTP2, "http2: unsupported scheme + upgrade"),
        (.upgradeOverHTTP2, "upgrade request not supported + http2"),
        (.protocolTooOld, "handshake request must be at least http/1.1"),
        (.protocolTooOld, "http version must be 1.1"),
        (.protocolTooOld, "http/1.0 + websocket"),
        (.unsupportedUpgrade, "unsupported upgrade request"),
        (.unsupportedUpgrade, "unknown 'connection' header"),
        (.upgradeMissing, "can \"upgrade\" only to \"websocket\""),
        (.upgradeMissing, "invalid upgrade header"),
        (.upgradeMissing, "'upgrade' token not found"),
        (.upgradeMissing, "client is not using the websocket protocol"),
        (.upgradeMissing, "not a websocket handshake"), (.upgradeMissing, "missing upgrade header"),
        (.upgradeMissing, "upgrade header is missing"), (.upgradeMissing, "no upgrade header"),
        (.upgradeMissing, "'websocket' token not found"), (.upgradeMissing, "connection header must include"),
        (.upgradeMissing, "missing or invalid upgrade header"),
        (.upgradeMissing, "invalid connection header"),
        (.upgradeMissing, "failed to upgrade to websocket"), (.upgradeMissing, "expected websocket upgrade"),
    ]
}
