/// One `[[event]]` entry: what becomes of an event that a Socket.IO client emits.
public struct EventOptions: Sendable, Equatable {
    /// What is done with an event.
    public enum Action: String, CaseIterable, Sendable {
        /// Its arguments acknowledge it.
        case ack
        /// It goes to everybody in the namespace.
        case broadcast
        /// The socket joins a room.
        case join
        /// The socket leaves a room.
        case leave
        /// It is refused.
        case refuse
        /// It goes back to its sender.
        case reply
        /// It goes to a room.
        case room
        /// It goes to all sockets of a user.
        case user
        /// The team's backend is asked, and its answer acknowledges it.
        case webhook
    }

    /// Which events: `*` stands for any run of characters but `:` and `/`, `**` for any run.
    public var name: String
    /// The endpoint it is about, by its path as configured; `nil`: all.
    public var endpoint: String?
    /// The namespace it is about; `nil`: all.
    public var namespace: String?
    /// What is done, in this order.
    public var actions: [Action] = []
    /// The name under which the event goes on; `nil`: its own.
    public var emit: String?
    /// The room, as a template.
    public var room: String?
    /// The user, as a template.
    public var user: String?
    /// How many of the first arguments do not go on.
    public var skip = 0
    /// Whether who sent it goes before the arguments.
    public var from = false
    /// Whether its sender gets it too, where it is in the room.
    public var echo = false
    /// Whether it is dropped for those who cannot take it at once.
    public var volatile = false
    /// Where a webhook is posted to.
    public var url: String?
    /// A file with the secret that signs it; `nil`: it is not signed.
    public var secretFile: String?
    /// How long the webhook's answer may take.
    public var timeout: Duration = .seconds(5)
    /// What a refused client is told; `nil`: that the configuration refuses the event.
    public var reason: String?

    /// An entry that does nothing yet.
    public init(name: String) {
        self.name = name
    }
}

extension Options {
    static let eventGroup = RowGroup(
        name: "event",
        doc: """
            What becomes of an event that a Socket.IO client emits. The first entry that fits decides; an event none fits is \
            refused, and its sender told. Templates are texts with placeholders: `{0}` is the first argument, `{0.room}` the \
            member `room` of it, `{user}`, `{claim.NAME}` and `{socket}` are the sender's.
            """,
        isLive: false, path: \.events, blank: EventOptions(name: ""),
        rows: [
            row(
                "event.name", .topicPattern, .text(\.name),
                "Which events. `*` stands for any run of characters but `:` and `/`, `**` for any run."),
            row(
                "event.endpoint", .urlPath, .text(\.endpoint), isOptional: true,
                "The endpoint it is about, by its path as written. Without it: all that speak Socket.IO."),
            row(
                "event.namespace", .text, .text(\.namespace), isOptional: true,
                "The namespace it is about. Without it: all."),
            row(
                "event.do", .list(.choice(of: EventOptions.Action.self)), .words(\.actions),
                """
                What is done, in this order. `reply`: back to the sender; `ack`: acknowledged with its arguments; `room`, \
                `user`, `broadcast`: to those; `join`, `leave`: a room; `webhook`: the backend is asked, and its answer \
                acknowledges; `refuse`. Without `ack` and `webhook` an acknowledgement that was asked for is `{"ok":true}`.
                """),
            row(
                "event.emit", .text, .text(\.emit), isOptional: true,
                "The name under which it goes on. Without it: its own."),
            row(
                "event.room", .text, .text(\.room), isOptional: true,
                """
                The room of `room`, `join` and `leave`, as a template. `chat:{0}`, for example. The rights (`[[right]]`) are \
                asked as for a topic of that name: `publish` for `room`, `subscribe` for `join`.
                """),
            row(
                "event.user", .text, .text(\.user), isOptional: true,
                "The user of `user`, as a template. Such as `{0}` or `{0.to}`."),
            row(
                "event.skip", .integer(0...100), .integer(\.skip),
                "How many of the first arguments do not go on. Such as 1 where the first one names the room."),
            row(
                "event.from", .boolean, .boolean(\.from),
                """
                Whether who sent it goes before the arguments. As `{"user":NAME,"socket":ID}`, which no client can forge.
                """),
            row(
                "event.echo", .boolean, .boolean(\.echo),
                "Whether its sender gets it too. Where it is in the room itself, or is the user."),
            row(
                "event.volatile", .boolean, .boolean(\.volatile),
                """
                Whether it is dropped for those who cannot take it at once. As suits the position of a pointer. A room with a \
                history keeps it all the same.
                """),
            row(
                "event.url", .url, .text(\.url), isOptional: true,
                "Where `webhook` posts to. `docs/socket-io.md` tells what is posted and answered."),
            row(
                "event.secret_file", .path, .text(\.secretFile), isOptional: true,
                "A file with the secret that signs what is posted. Its first line, without blanks around it."),
            row(
                "event.timeout", .duration(.milliseconds(10)...(.seconds(60))), .duration(\.timeout),
                "How long the backend's answer may take. Then the event is acknowledged with an error."),
            row(
                "event.reason", .text, .text(\.reason), isOptional: true,
                "What a client is told whose event is refused. Without it: that this server refuses the event."
            ),
        ])
}
