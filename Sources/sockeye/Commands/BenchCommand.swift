/// `sockeye bench`.
enum BenchCommand {
    static let command = Command(
        name: "bench",
        summary: "load a WebSocket server and measure it",
        description: """
            Opens many connections to any WebSocket server and checks every reply, byte for byte and in \
            order.

            echo: each connection sends messages that the server sends back. fanout: every connection \
            subscribes, one more publishes, and each delivery is checked. idle: connections that do \
            nothing, to see what one costs. churn: connect, close, and again. In fanout the messages are \
            those of Sockeye's JSON protocol; --subscribe and --publish speak another one.

            With --pid the server's own processor time and memory are read from /proc, so that the result \
            is what a message costs, which depends much less on the machine's mood than messages a second.

            Point it at servers that are yours. The exit status is 0 when every reply was right, 1 when \
            one was wrong or missing, 3 when the connections could not be made.
            """,
        arguments: [Argument(name: "URL", summary: "ws://host:port/path, wss://…")],
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(
                        name: "--mode", value: "MODE", summary: "echo (default), fanout, idle or churn",
                        completion: .words(BenchSettings.Mode.allCases.map(\.rawValue))),
                    Flag(name: "--connections", value: "N", summary: "how many; default 50, idle 1000"),
                    Flag(
                        name: "--size", value: "BYTES",
                        summary: "of a message's payload; default 64, fanout 128"),
                    Flag(
                        name: "--in-flight", value: "N",
                        summary:
                            "messages on their way: on each connection in echo, publications in fanout; default 1"
                    ),
                    Flag(name: "--duration", value: "DURATION", summary: "of the measurement; default 3s"),
                    Flag(
                        name: "--pid", value: "PID", summary: "the server's process; several with commas",
                        isRepeatable: true),
                    Flag(name: "--json", summary: "print one JSON object"),
                ]),
            FlagGroup(
                title: "Load",
                flags: [
                    Flag(
                        name: "--rate", value: "N",
                        summary:
                            "messages (publications) a second altogether; latency then counts from when each was due"
                    ),
                    Flag(
                        name: "--warmup", value: "DURATION", summary: "before the measurement; default 500ms"),
                    Flag(name: "--loops", value: "N", summary: "threads of this program; default 1"),
                    Flag(
                        name: "--sources", value: "N",
                        summary:
                            "local addresses (127.0.0.2 and on) to connect from, 28000 connections each; default 1"
                    ),
                    Flag(
                        name: "--concurrency", value: "N", summary: "handshakes under way at once; default 64"
                    ),
                    Flag(name: "--binary", summary: "send binary messages instead of text"),
                    Flag(
                        name: "--hold", value: "DURATION",
                        summary: "idle: how long to wait before memory is read; default 2s"),
                    Flag(
                        name: "--touch", summary: "idle: ping each connection once and read the memory again"),
                    Flag(name: "--quiet", summary: "show no progress"),
                ]),
            FlagGroup(
                title: "Messages",
                flags: [
                    Flag(
                        name: "--topic", value: "TOPIC",
                        summary: "fanout, idle: the topic to subscribe to; default bench (idle: none)"),
                    Flag(
                        name: "--subscribe", value: "TEXT",
                        summary: "what subscribes, on another server than Sockeye"),
                    Flag(
                        name: "--publish", value: "TEXT",
                        summary: "what publishes; \(BenchMessages.placeholder) stands for the payload"),
                    Flag(
                        name: "--find", value: "TEXT",
                        summary: "what stands right before the payload in a delivery"),
                    Flag(name: "--ready", value: "TEXT", summary: "what the answer to a subscription holds"),
                    Flag(
                        name: "--settle", value: "DURATION",
                        summary: "how long to wait after subscribing when there is no answer; default 1s"),
                ]),
            ConnectionFlags.authentication, ConnectionFlags.transport,
        ],
        examples: [
            Example(
                line:
                    "sockeye bench ws://127.0.0.1:8000/echo --connections 50 --in-flight 16 --pid $(pgrep -x sockeye)"
            ),
            Example(
                line: "sockeye bench ws://127.0.0.1:8000/ws --mode fanout --connections 1000 --token @token"),
            Example(
                line: "sockeye bench ws://127.0.0.1:9001/ --mode fanout --subscribe S --publish 'P{payload}'",
                summary: "another protocol"),
        ]
    ) { invocation in
        try await BenchRun(BenchSettings(invocation)).run()
    }
}
