/// A place in a page or program where a socket is opened.
package struct SocketDial: Equatable, Sendable {
    package enum Library: String, Sendable {
        case actionCable = "Action Cable"
        case echo = "Laravel Echo"
        case eventSource = "EventSource"
        case mqtt = "MQTT"
        case phoenix = "Phoenix"
        case signalR = "SignalR"
        case socketIO = "Socket.IO"
        case sockJS = "SockJS"
        case stomp = "STOMP"
        case webSocket = "WebSocket"
    }

    package var library: Library
    /// The address as the script puts it together; nil: none is given, so the library takes the page's own.
    package var address: [TextPiece]?
    /// The options object; `.null`: none.
    package var options: ScriptValue = .null
    /// Subprotocols it offers.
    package var subprotocols: [String] = []
    /// Whether the page itself closes the socket when the component goes away.
    package var isClosedByPage = false
    package var place: FilePlace

    package init(_ library: Library, address: [TextPiece]?, at place: FilePlace) {
        self.library = library
        self.address = address
        self.place = place
    }
}

/// The type of a message a client sends to sign in.
package struct SentType: Equatable, Sendable {
    /// The member that tells messages apart: `type`, `event`.
    package let field: String
    package let type: String
    package let place: FilePlace
}

/// An interval at which one side sends something.
package struct Heartbeat: Equatable, Sendable {
    /// Who beats.
    package enum Side: String, Sendable { case client, server }
    package let seconds: Double
    package let side: Side
    /// What it was read from: `setInterval`, `pingInterval`.
    package let name: String
    package let place: FilePlace
}

/// What a server's source or settings say about how it takes sockets.
package struct SocketServer: Equatable, Sendable {
    package enum Library: String, Sendable { case socketIO = "Socket.IO", webSocket = "WebSocket" }
    package var library: Library
    /// The path it serves; nil: not said.
    package var path: String?
    /// The port it listens on by itself; nil: that of an HTTP server it is put upon, or not said.
    package var port: Int?
    /// Namespaces of Socket.IO, `/` not named.
    package var namespaces: [String] = []
    /// Origins it lets in; nil: not said.
    package var origins: [String]?
    /// Whether it answers every origin with `*`, which browsers do not take together with credentials.
    package var answersStar = false
    /// Whether it takes clients of Engine.IO 3; nil: not said.
    package var allowsEIO3: Bool?
    /// Names under which it reads a token, with where.
    package var tokenNames: [TokenName] = []
    /// Values of the first message's type that it knows.
    package var messageTypes: [String] = []
    /// Whether its source names subprotocols, so that it may answer with one.
    package var namesSubprotocols = false
    package var place: FilePlace

    /// A name of a token, and where it is read from.
    package struct TokenName: Equatable, Sendable {
        package let place: TokenPlace
        package let name: String
        package let at: FilePlace
    }

    package init(_ library: Library, path: String? = nil, at place: FilePlace) {
        self.library = library
        self.path = path
        self.place = place
    }

    /// Whether its own path is `target`, or one under which `target` lies; false where it names none, or the root.
    package func serves(_ target: String) -> Bool {
        guard let path, path.utf8.count > 1 else { return false }
        return target == path || target + "/" == path
            || target.hasPrefix(path.hasSuffix("/") ? path : path + "/")
    }
}
