public import WebSocketWire

/// Why a connection could not be made, or did not last.
///
/// Sorted by where it went wrong: what the caller asked for, the way there (name, TCP, TLS), the upgrade,
/// the open connection, its end. Each case has a stable ``code``, ``description`` (what happened) and
/// ``remedy`` (what to do); programs branch on cases or codes, never on words.
public enum ClientError: Error, Equatable, Sendable {
    // What the caller asked for.
    /// The address is not a usable `ws`, `wss`, `http` or `https` URL.
    case urlInvalid(String)
    /// An option or a message cannot be sent as asked: a line break in a header value, a close code that
    /// may not travel.
    case requestInvalid(String)

    // The way there.
    /// The name does not resolve.
    case nameNotFound(host: String, detail: String)
    /// The resolver did not answer in time.
    case nameTimedOut(host: String)
    /// Nothing listens on the port: the host answered with a reset.
    case connectionRefused(address: String)
    /// No answer at all within the time limit: a firewall, a wrong address, a host that is down.
    case connectTimedOut(address: String)
    /// No route, or a router said no.
    case unreachable(address: String, detail: String)
    /// The system refused to make the connection (descriptors, ports, rights).
    case connectFailed(address: String, detail: String)
    /// The TLS handshake failed; `code` is the stable code of the cause.
    case tlsFailed(code: String, words: String, remedy: String)
    /// The server accepted the TCP connection, but did not finish the TLS handshake in time.
    case tlsTimedOut(address: String)

    // The upgrade.
    /// The request was sent, and no answer came in time.
    case handshakeTimedOut(address: String)
    /// The connection ended before a whole response head had arrived.
    case handshakeEnded(received: Int)
    /// The first bytes of the answer are not HTTP; a printable preview of them.
    case notHTTP(preview: String)
    /// The answer is a TLS record: the port expects `wss`.
    case portSpeaksTLS
    /// The server sends the client elsewhere; a WebSocket client does not follow (RFC 6455 §4.1).
    case redirected(status: Int, location: String)
    /// Any other HTTP status than 101, with the body's explanation.
    case refused(HTTPRefusal)
    /// A 101 that breaks RFC 6455 §4.1: wrong `Sec-WebSocket-Accept`, a subprotocol or extension nobody
    /// offered.
    case handshakeInvalid(code: String, words: String, remedy: String)

    // The open connection.
    /// The server broke the protocol; we answered with the matching close code.
    case protocolViolation(WebSocketError)
    /// The connection ended without a close frame (what browsers call 1006).
    case connectionLost(detail: String)
    /// No byte came within a whole ping interval after a ping.
    case pingUnanswered(milliseconds: UInt64)
    /// The connection is closed, or closing: nothing can be sent any more.
    case closed

    // Ours.
    /// The task that waited was cancelled.
    case cancelled
    /// A system call that should not fail did.
    case system(String)
}

extension ClientError: CustomStringConvertible {
    /// A stable code such as `CONN-020`.
    ///
    /// The code of the cause (`TLS-…`, `WS-…`, the server's own) is part of
    /// ``description``.
    public var code: String {
        switch self {
        case .urlInvalid: "CONN-001"
        case .requestInvalid: "CONN-002"
        case .nameNotFound: "CONN-010"
        case .nameTimedOut: "CONN-011"
        case .connectionRefused: "CONN-020"
        case .connectTimedOut: "CONN-021"
        case .unreachable: "CONN-022"
        case .connectFailed: "CONN-023"
        case .tlsFailed: "CONN-030"
        case .tlsTimedOut: "CONN-031"
        case .handshakeTimedOut: "CONN-040"
        case .handshakeEnded: "CONN-041"
        case .notHTTP: "CONN-042"
        case .portSpeaksTLS: "CONN-043"
        case .redirected: "CONN-044"
        case .refused: "CONN-045"
        case .handshakeInvalid: "CONN-046"
        case .protocolViolation: "CONN-050"
        case .connectionLost: "CONN-051"
        case .pingUnanswered: "CONN-052"
        case .closed: "CONN-053"
        case .cancelled: "CONN-060"
        case .system: "CONN-061"
        }
    }

    /// What happened, in one line, lower case, without a full stop.
    public var description: String {
        switch self {
        case .urlInvalid(let words): words
        case .requestInvalid(let words): words
        case .nameNotFound(let host, let detail): "the name \(host) does not resolve (\(detail))"
        case .nameTimedOut(let host): "no answer from the resolver about \(host) in time"
        case .connectionRefused(let address):
            "\(address) refused the connection: nothing listens on that port"
        case .connectTimedOut(let address): "no answer from \(address) in time"
        case .unreachable(let address, let detail): "\(address) cannot be reached (\(detail))"
        case .connectFailed(let address, let detail): "cannot connect to \(address) (\(detail))"
        case .tlsFailed(let code, let words, _): "TLS failed: \(words) [\(code)]"
        case .tlsTimedOut(let address):
            "\(address) accepted the connection, but did not finish the TLS handshake in time"
        case .handshakeTimedOut(let address):
            "\(address) accepted the connection, but did not answer the upgrade request in time"
        case .handshakeEnded(0): "the server closed the connection without answering the upgrade request"
        case .handshakeEnded(let received):
            "the server closed the connection in the middle of its answer, after \(received) bytes"
        case .notHTTP(let preview): "the answer is not HTTP: it begins with \(preview)"
        case .portSpeaksTLS: "the port answered with TLS, but the URL asks for a plain connection"
        case .redirected(let status, let location): "the server answered \(status) and points to \(location)"
        case .refused(let refusal): refusal.description
        case .handshakeInvalid(let code, let words, _): "the upgrade was answered wrongly: \(words) [\(code)]"
        case .protocolViolation(let error):
            "the server broke the WebSocket protocol: \(error) [\(error.code)]"
        case .connectionLost(let detail): "the connection ended without a close frame (\(detail))"
        case .pingUnanswered(let milliseconds): "nothing came back within \(milliseconds) ms after a ping"
        case .closed: "the connection is closed"
        case .cancelled: "cancelled"
        case .system(let words): words
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .urlInvalid: "write it like wss://example.com/ws, or ws://127.0.0.1:8000/ws"
        case .requestInvalid: "change the option or message named above"
        case .nameNotFound: "check the spelling, and what `getent hosts` says about the name on this machine"
        case .nameTimedOut: "check /etc/resolv.conf and whether its name servers answer"
        case .connectionRefused:
            "check the port, that the server runs (`ss -ltnp`), and that it listens on this address and not on another one"
        case .connectTimedOut:
            "look for a firewall or security group that drops packets, and check the address"
        case .unreachable: "check the network and the route to the host"
        case .connectFailed:
            "see the cause in brackets; `ulimit -n` and the range of local ports are the usual ones"
        case .tlsFailed(_, _, let remedy): remedy
        case .tlsTimedOut:
            "check that the port speaks TLS at all; if it does not, use ws:// instead of wss://"
        case .handshakeTimedOut:
            "check that the port belongs to a WebSocket server; a proxy whose upstream hangs looks the same, so try the upstream directly"
        case .handshakeEnded:
            "look into the server's log; a TLS-only port and an overloaded proxy do this too"
        case .notHTTP: "check the port: another protocol lives there"
        case .portSpeaksTLS: "use wss:// instead of ws://"
        case .redirected(_, let location):
            if location.hasPrefix("https:") || location.hasPrefix("http:") || location.hasPrefix("ws") {
                "connect to that address yourself, with ws:// or wss:// in front; WebSocket clients do not follow redirects"
            } else {
                "connect to that path yourself; WebSocket clients do not follow redirects"
            }
        case .refused(let refusal): refusal.advice
        case .handshakeInvalid(_, _, let remedy): remedy
        case .protocolViolation: "report it to the maker of the server, with the output of --verbose"
        case .connectionLost:
            "a proxy's idle timeout, a restart or a crash: look at the age of the connection and at the logs of each hop"
        case .pingUnanswered: "the path or the server is dead or stalled; connect again"
        case .closed: "connect again"
        case .cancelled: "nothing to do"
        case .system: "see the cause"
        }
    }
}
