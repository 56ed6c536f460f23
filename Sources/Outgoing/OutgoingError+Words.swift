extension OutgoingError: CustomStringConvertible {
    /// What happened, in one line, lower case, without a full stop.
    public var description: String {
        switch self {
        case .urlInvalid(let words): words
        case .methodInvalid(let method): "'\(method)' is no request method"
        case .headerInvalid(let name): "the header field '\(name)' cannot be sent"
        case .busy(let host, let limit): "\(limit) requests wait already, so none can be added for \(host)"
        case .cancelled: "the request was cancelled"
        case .closed: "outgoing requests have been shut down"
        case .authoritiesUnreadable(let path): "\(path) holds no certificates that can be trusted"
        case .library(let words): "the HTTP library failed: \(words)"
        case .unresolved(let host): "the name \(host) does not resolve"
        case .refused(let host): "\(host) refused the connection: nothing listens on that port"
        case .unreachable(let host, let errno): "\(host) cannot be reached (errno \(errno))"
        case .proxyFailed(let words): "the proxy could not be used: \(words)"
        case .tlsUnverified(let host, _, let reason): "the certificate of \(host) is not accepted: \(reason)"
        case .tlsFailed(let host, let reason): "TLS with \(host) failed: \(reason)"
        case .timedOut(let phase, let host, let after): "\(Self.words(phase, host)) within \(after)"
        case .connectionLost(let host, true): "\(host) closed the connection without an answer"
        case .connectionLost(let host, false): "\(host) closed the connection before the request went out"
        case .malformed(let host, let reason): "the answer of \(host) is not HTTP: \(reason)"
        case .headTooLarge(let host, let limit): "the head of \(host)'s answer is longer than \(limit) bytes"
        case .bodyTooLarge(let host, _, let limit): "the answer of \(host) is longer than \(limit) bytes"
        case .truncated(let host, _): "\(host) closed the connection in the middle of its answer"
        case .encodingUnusable(let host, let encoding):
            "the answer of \(host) cannot be decompressed (\(encoding))"
        case .tooManyRedirects(let host, let limit): "\(host) redirected more than \(limit) times"
        case .redirectForbidden(let host): "\(host) redirected to what must not be followed"
        case .status(let status, let host): "\(host) answered \(status)"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .urlInvalid: "write it like https://example.com/hooks or http://127.0.0.1:3000/hooks"
        case .methodInvalid: "use GET, POST, PUT, PATCH, DELETE or HEAD"
        case .headerInvalid:
            "use letters, digits and dashes in names, no line breaks in values, and leave the connection's own fields out"
        case .busy: "find out why the other side is slow, or raise the limits for outgoing requests"
        case .cancelled: "nothing; somebody asked for it"
        case .closed: "nothing; the server is stopping"
        case .authoritiesUnreadable: "give a readable file with certificates in PEM"
        case .library: "see the words above; a report is welcome"
        case .unresolved: "check the spelling, and what `getent hosts` says about the name on this machine"
        case .refused: "check the port, that the server runs (`ss -ltnp`), and which address it listens on"
        case .unreachable: "check the network and the route to the host"
        case .proxyFailed: "check http_proxy, https_proxy and no_proxy, or do not use the environment's proxy"
        case .tlsUnverified:
            "use the name the certificate was made for, renew it, or name its authority's file as trusted"
        case .tlsFailed: "check that the port speaks TLS 1.2 or newer; for a plain port write http://"
        case .timedOut(.queue, _, _), .timedOut(.answer, _, _), .timedOut(.idle, _, _),
            .timedOut(.total, _, _):
            "find out why the other side is slow, or raise the time limit"
        case .timedOut(.resolve, _, _): "check /etc/resolv.conf and whether its name servers answer"
        case .timedOut(.connect, _, _): "look for a firewall that drops packets, and check the address"
        case .timedOut(.tls, _, _): "check that the port speaks TLS at all; for a plain port write http://"
        case .connectionLost: "look into the other side's log; a crashed worker or a TLS-only port does this"
        case .malformed: "check the port: another protocol lives there"
        case .headTooLarge: "make the other side send fewer or shorter header fields"
        case .bodyTooLarge: "make the other side send less, or raise the limit for answers"
        case .truncated: "look into the log of the other side and of the proxies in between"
        case .encodingUnusable: "make the other side honour Accept-Encoding"
        case .tooManyRedirects, .redirectForbidden: "configure the URL that the redirects lead to"
        case .status: "see the other side's log for why"
        }
    }

    private static func words(_ phase: TimeoutPhase, _ host: String) -> String {
        switch phase {
        case .queue: "no place among the requests to \(host)"
        case .resolve: "no answer from the resolver about \(host)"
        case .connect: "no connection to \(host)"
        case .tls: "no TLS handshake with \(host)"
        case .answer: "no answer from \(host)"
        case .idle: "no further byte from \(host)"
        case .total: "no complete answer from \(host)"
        }
    }
}
