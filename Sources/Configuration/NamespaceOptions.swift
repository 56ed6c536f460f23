/// One `[[namespace]]` entry: a part of a Socket.IO endpoint that clients connect to by its name.
public struct NamespaceOptions: Sendable, Equatable {
    /// What the greeting carries.
    public enum Greeting: String, CaseIterable, Sendable {
        /// Who the client is: `{"socket":…,"user":…,"recovered":…}`.
        case session
        /// What the client sent with its CONNECT, as it came.
        case auth
    }

    /// Its name, which begins with `/`.
    public var name: String
    /// The path of the endpoint it is at, as configured; `nil`: every endpoint that speaks Socket.IO.
    public var endpoint: String?
    /// Whether anybody may connect, without a token.
    public var open = false
    /// Rooms every socket is in from the start.
    public var subscribe = ["user:{user}"]
    /// The topic that every socket of the namespace hears; `nil`: the namespace's name.
    public var topic: String?
    /// The event a socket is greeted with; `nil`: none.
    public var greeting: String? = "connected"
    /// What the greeting carries.
    public var greetingData = Greeting.session
    /// How long after the answer to its CONNECT a socket over a WebSocket is greeted.
    public var greetingDelay = Duration.zero
    /// The event that a topic's message becomes when it was not published as one.
    public var messageEvent = "message"

    /// An entry with the defaults.
    public init(name: String) {
        self.name = name
    }
}

extension Options {
    static let namespaceGroup = RowGroup(
        name: "namespace",
        doc: """
            A namespace of the endpoints whose `dialect` is `socket.io`: what stands behind the host in `io("https://HOST/chat")`. \
            Without any entry there is one, `/`, with the defaults below. `docs/socket-io.md` tells the whole story.
            """,
        isLive: false, path: \.namespaces, blank: NamespaceOptions(name: ""),
        rows: [
            row(
                "namespace.name", .text, .text(\.name),
                "The namespace's name. It begins with `/`, as in `/chat`; it is no path of a URL."),
            row(
                "namespace.endpoint", .urlPath, .text(\.endpoint), isOptional: true,
                "The endpoint it is at, by its path as written. Without it: all that speak Socket.IO."),
            row(
                "namespace.open", .boolean, .boolean(\.open),
                """
                Whether anybody may connect. Otherwise a client needs a token, which is looked for in the `auth` of its \
                CONNECT, then wherever `endpoint.authentication` says.
                """),
            row(
                "namespace.subscribe", .list(.topicPattern), .texts(\.subscribe),
                """
                Rooms every socket is in from the start. Placeholders as in `endpoint.subscribe`; the default makes messages to \
                `user:NAME` reach all of the user's sockets. A room whose value is missing is left out.
                """),
            row(
                "namespace.topic", .topicPattern, .text(\.topic), isOptional: true,
                """
                The topic that every socket of the namespace hears. Publishing to it is a broadcast. Without it, the topic has \
                the namespace's name.
                """),
            row(
                "namespace.greeting", .text, .text(\.greeting), isOptional: true,
                "The event a socket is greeted with. It comes right behind the answer to its CONNECT; empty for none."
            ),
            row(
                "namespace.greeting_data", .choice(of: NamespaceOptions.Greeting.self),
                .word(\.greetingData),
                """
                What the greeting carries. `session`: an object with `socket`, `user` and `recovered`; `auth`: what the client \
                sent with its CONNECT, as it came.
                """),
            row(
                "namespace.greeting_delay", .duration(.milliseconds(1)...(.seconds(1)), zero: "no delay"),
                .duration(\.greetingDelay),
                """
                How long after the answer to its CONNECT a client is greeted that has a WebSocket. The clients of Socket.IO need no \
                delay. A program that reads WebSocket messages by attaching a handler anew for each one may lose the greeting \
                when its WebSocket library hands out both in one go, as `ws` for Node does.
                """),
            row(
                "namespace.message_event", .text, .text(\.messageEvent),
                """
                The event that a topic's message becomes here when it was not published as one. A message whose data has the \
                form `{"event":NAME,"args":[…]}` becomes that event; anything else is the only argument of this one.
                """),
        ])
}
