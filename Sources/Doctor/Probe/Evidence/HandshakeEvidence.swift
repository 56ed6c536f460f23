import HTTPWire
package import WebSocketWire

/// How one WebSocket handshake was asked for.
package struct HandshakeRequest: Equatable, Sendable {
    /// Path and query.
    package var target: String
    /// The Host field; nil: that of the URL.
    package var host: String?
    /// nil: no Origin is sent.
    package var origin: String?
    package var subprotocols: [String] = []
    package var offersDeflate = false
    /// Further fields: a token, a cookie.
    package var fields: [WireField] = []
    /// Fields of the handshake left out, in small letters: `upgrade`, `connection`.
    package var leftOut: Set<String> = []
    package var version = "HTTP/1.1"

    package init(target: String, origin: String? = nil) {
        self.target = target
        self.origin = origin
    }
}

/// One WebSocket handshake and what became of it.
package struct HandshakeAttempt: Equatable, Sendable {
    /// Whether a client would take the answer for an open WebSocket.
    package enum Verdict: Equatable, Sendable {
        /// 101, and everything a client checks is right.
        case upgraded(subprotocol: String?, deflate: DeflateParameters?)
        /// 101, but a client fails the connection: by the code of `HandshakeError`.
        case invalid(code: String, words: String)
        /// Any other answer, or none.
        case refused
    }

    package let request: HandshakeRequest
    package let exchange: HTTPExchange
    package let verdict: Verdict

    package init(request: HandshakeRequest, exchange: HTTPExchange, verdict: Verdict) {
        self.request = request
        self.exchange = exchange
        self.verdict = verdict
    }

    /// Whether the WebSocket is open.
    package var isUpgraded: Bool {
        if case .upgraded = verdict { true } else { false }
    }

    /// Whether the status is 101, a valid answer or not.
    package var isSwitching: Bool { exchange.status == 101 }
}

/// What was said on an open WebSocket.
package struct Conversation: Equatable, Sendable {
    /// One thing that came.
    package enum Event: Equatable, Sendable {
        /// At most the first 4 KiB of a message, and its whole length.
        case message(isText: Bool, text: String, bytes: Int, wasCompressed: Bool)
        case ping
        case pong
    }

    /// How it ended.
    package enum End: Equatable, Sendable {
        /// We closed it; nothing was wrong.
        case byUs
        /// The server sent a close frame; nil: without a code.
        case closed(code: UInt16?, reason: String)
        /// The connection ended without one.
        case lost(StreamEnd)
        /// A frame broke RFC 6455 or 7692, by the code of `WebSocketError`.
        case violated(code: String, words: String, firstByte: UInt8?)
    }

    /// What came before anything but the client's own first message was said.
    package var events: [Event] = []
    package var end: End = .byUs
    /// What came after the probe's greeting; nil: it was not said.
    package var afterGreeting: [Event]?
    /// How it ended after the greeting: servers with a strict protocol may close on a message they do not know.
    package var endAfterGreeting: End = .byUs
    /// How long after the 101 it ended.
    package var age: Duration = .zero
    /// How long a ping took to its pong; nil: no pong came in time.
    package var pong: Duration?

    package init() {}

    /// The messages, in order.
    package var messages: [String] {
        (events + (afterGreeting ?? [])).compactMap { event in
            if case .message(_, let text, _, _) = event { text } else { nil }
        }
    }

    /// Whether the server ended it.
    package var isEndedByServer: Bool { end != .byUs }
}
