/// `sockeye connect`.
enum ConnectCommand {
    static let command = Command(
        name: "connect",
        summary: "talk to a WebSocket server from the terminal",
        description: """
            Connects to any WebSocket server. On a terminal it is a conversation: what you type is sent as \
            a text message, what comes is shown with an arrow and the seconds since the connection opened; \
            /help lists the commands. In a pipe each line of standard input is sent as one text message, \
            each text message received is one line of standard output (binary ones in Base64), and \
            everything else goes to standard error.

            At the end of standard input the connection is closed with 1000; messages that come until the \
            server has answered the close frame are still printed. With --wait it stays open for that \
            long, or with '--wait forever' until the server closes.

            With --reconnect it dials again when the connection ends, after one second and then twice as long \
            each time, up to thirty, or when the server asked for it; a token in a file is read again, and \
            topics of a Sockeye server go on where they were. It ends when the server says that coming back \
            would change nothing.

            The exit status is 0 after a normal close (1000, no code, or one asked for with /close), 1 \
            when the connection could not be made or ended in another way, 2 for a wrong command line.
            """,
        arguments: [
            Argument(name: "URL", summary: "ws://host:port/path, wss://…; http and https mean the same")
        ],
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(
                        name: "--subscribe", value: "TOPIC",
                        summary: "subscribe to a topic of a Sockeye server", isRepeatable: true),
                    Flag(
                        name: "--echo",
                        summary:
                            "answer each message with the same message until the server closes; standard input is not read"
                    ),
                    Flag(
                        name: "--reconnect",
                        summary:
                            "dial again when the connection ends, and go on with the topics where they were"),
                    Flag(name: "--json", summary: "print one JSON object for each event"),
                    Flag(name: "--verbose", summary: "show the request and response heads, secrets masked"),
                    Flag(name: "--quiet", summary: "say nothing but errors on standard error"),
                    Flag(
                        name: "--wait", value: "DURATION",
                        summary: "how long to stay after the end of standard input, or 'forever'; default 0s"),
                    Flag(
                        name: "--ping-interval", value: "DURATION",
                        summary: "send a ping that often, and give up when nothing comes back"),
                ]),
            ConnectionFlags.authentication, ConnectionFlags.transport,
        ],
        examples: [
            Example(
                line: "sockeye connect ws://127.0.0.1:8000/ws --token @token --subscribe news",
                summary: "watch a topic"),
            Example(
                line:
                    "sockeye connect wss://example.com/ws --token @token --subscribe news --reconnect --wait forever",
                summary: "watch it over losses and restarts"),
            Example(
                line: "echo hello | sockeye connect wss://example.com/echo --wait 2s",
                summary: "send one message, print what comes back"),
        ]
    ) { invocation in
        try await ConnectRun(ConnectSettings(invocation)).run()
    }
}
