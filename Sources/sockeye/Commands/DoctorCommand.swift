import Doctor
import Glibc

/// `sockeye doctor`.
enum DoctorCommand {
    static let command = Command(
        name: "doctor",
        summary: "say why a WebSocket does not work: hop, file, line, fix",
        description: """
            Follows a WebSocket or Socket.IO handshake from the page to the application: through the files you hand over \
            (nginx and its includes, other proxies, environment files, compose, tunnels, logs, tokens, scripts) and over the \
            network, hop by hop. Every finding has a code, its evidence, a place and a fix; docs/causes/CODE.md explains each \
            code. The server need not be Sockeye.

            URL is what the page dials: ws://…, wss://…, or the address passed to io(). Without a URL it looks for what is on this \
            machine (nginx, listening ports, environment files) and asks before it dials anything.

            The exit status is 0 when the path is healthy, 1 when something was found, 3 when it could not look. With --json: an \
            object as docs/doctor.schema.json describes it.
            """,
        arguments: [
            Argument(name: "URL", summary: "what the page dials, or passes to io()", isOptional: true)
        ],
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(
                        name: "--files", value: "DIR",
                        summary: "a folder, or one file, of whatever you have; each file is recognised",
                        isRepeatable: true, completion: .directories),
                    Flag(
                        name: "--nginx", value: "FILE",
                        summary: "the main nginx configuration; its includes are read from disk",
                        completion: .files),
                    Flag(name: "--offline", summary: "read files, dial nothing"),
                    Flag(name: "--json", summary: "print one JSON object"),
                    Flag(name: "--markdown", summary: "print Markdown, for a ticket"),
                    Flag(
                        name: "--lang", value: "LANG", summary: "en or zh; default: that of $LANG",
                        completion: .words(["en", "zh"])),
                ]),
            FlagGroup(
                title: "What the client does",
                flags: [
                    Flag(
                        name: "--page-origin", value: "ORIGIN",
                        summary: "the origin of the page that opens the socket: https://app.example"),
                    Flag(
                        name: "--token", value: "TOKEN|@FILE",
                        summary: "the token the client sends; @FILE reads it, blanks and line ends included"),
                    Flag(
                        name: "--auth", value: "PLACE",
                        summary: "where the token travels: query, header, cookie, first-message or socket.io",
                        completion: .words(TokenPlace.allCases.map(\.rawValue))),
                    Flag(
                        name: "--expect", value: "K=V",
                        summary:
                            "what the server requires of the token: aud=app, iss=…, type=access, secret=@FILE",
                        isRepeatable: true),
                    Flag(
                        name: "--first-message", value: "TEXT|@FILE",
                        summary: "what the client sends first, JSON or not"),
                    Flag(
                        name: "--console", value: "TEXT|@FILE", summary: "lines of the browser's console"),
                ]),
            FlagGroup(
                title: "The network and nginx",
                flags: [
                    Flag(
                        name: "--hop", value: "NAME=URL",
                        summary:
                            "the same endpoint further in, to repeat the probes there: backend=ws://10.0.0.5:8000/ws",
                        isRepeatable: true),
                    Flag(
                        name: "--connect-to", value: "HOST:PORT:ADDRESS:PORT",
                        summary: "dial another place instead, as curl does; empty parts mean any or the same",
                        isRepeatable: true),
                    Flag(
                        name: "--idle", value: "DURATION",
                        summary:
                            "find out at which age, up to this one, an idle connection is cut; default: not tried"
                    ),
                    Flag(
                        name: "--timeout", value: "DURATION",
                        summary: "for everything together; default 20s, and what --idle takes"),
                    Flag(
                        name: "--nginx-prefix", value: "DIR",
                        summary: "what nginx takes relative paths from (nginx -p)", completion: .directories),
                    Flag(
                        name: "--nginx-version", value: "VERSION",
                        summary: "whose defaults apply, such as 1.22.1; default: asked from the nginx here"),
                ]),
        ],
        examples: [
            Example(
                line: "sockeye doctor wss://app.example/ws --nginx /etc/nginx/nginx.conf",
                summary: "on the server: dial it, and read the proxy's configuration"),
            Example(
                line: "sockeye doctor https://chat.example/im --files ./deployment --offline",
                summary: "anywhere: from a folder of files alone"),
        ]
    ) { invocation in
        let settings = try DoctorSettings(invocation)
        return try await DoctorRun(settings).run()
    }
}
