/// The name of a request header that a client's source sends, where it holds an underscore.
package struct SentHeaderName: Equatable, Sendable {
    package let name: String
    package let place: FilePlace

    /// Those of a file that dials a socket: members of an object of headers, calls that set one, `-H` of a command.
    static func all(in file: SourceFile) -> [SentHeaderName] {
        let lines = file.lines.prefix(20_000)
        guard lines.contains(where: { dials($0.text) }) else { return [] }
        var found: [SentHeaderName] = []
        // How many braces are open since a line that began an object of headers.
        var depth = 0
        for line in lines where line.text.utf8.count < 2000 {
            let low = line.text.lowercased()
            let opens = line.text.utf8.reduce(0) { $0 + ($1 == 0x7B ? 1 : $1 == 0x7D ? -1 : 0) }
            if depth > 0 || (low.holds("header") && line.text.contains("{")) {
                for name in keys(line.text) {
                    found.append(SentHeaderName(name: name, place: file.place(line.number)))
                }
                depth = max(0, depth + opens)
            }
            for mark in setters {
                guard let name = line.text.after(mark).flatMap({ quoted($0) }), isHeaderName(name) else {
                    continue
                }
                found.append(SentHeaderName(name: name, place: file.place(line.number)))
            }
            // Go, past the canonical spelling of http.Header.Set.
            if line.text.holds("[]string{"), let name = line.text.after("[").flatMap({ quoted($0) }),
                isHeaderName(name)
            {
                found.append(SentHeaderName(name: name, place: file.place(line.number)))
            }
            if let rest = line.text.after("-H ") ?? line.text.after("--header "),
                let name = quoted(rest)?.before(":"), isHeaderName(name)
            {
                found.append(SentHeaderName(name: name, place: file.place(line.number)))
            }
        }
        return found
    }

    /// Whether a line opens a socket, in any language.
    static func dials(_ line: String) -> Bool { dials.contains { line.holds($0) } }

    /// How programs open a socket: Python, Go, Java and Kotlin, C#, JavaScript, Dart, Ruby, and commands.
    private static let dials = [
        "websockets.connect(", "WebSocketApp(", "create_connection(", "ws_connect(", "aconnect_ws(",
        "connect_ws(",
        "DefaultDialer", "websocket.Dial", "Dialer{", "newWebSocket", "WebSocketClient", "ClientWebSocket",
        "new WebSocket(", "WebSocket.connect(", "IOWebSocketChannel", "Faye::WebSocket::Client",
        "connect_async(",
        "wscat ", "websocat ",
    ]
    private static let setters = [
        ".Set(", ".Add(", ".setHeader(", ".addHeader(", ".header(", ".SetRequestHeader(", ".set_header(",
        ".add_header(", ".append(",
    ]

    /// Names in quotes in front of a colon or an arrow.
    private static func keys(_ text: String) -> [String] {
        var names: [String] = []
        var rest = text[...]
        while let open = rest.firstIndex(where: { $0 == "\"" || $0 == "'" }), names.count < 32 {
            let inner = rest[rest.index(after: open)...]
            guard let close = inner.firstIndex(of: rest[open]) else { break }
            let tail = inner[inner.index(after: close)...].drop { $0 == " " || $0 == "]" }
            let name = String(inner[..<close])
            if tail.hasPrefix(":") || tail.hasPrefix("=>"), isHeaderName(name) { names.append(name) }
            rest = inner[inner.index(after: close)...]
        }
        return names
    }

    private static func quoted(_ text: String) -> String? {
        guard let open = text.first, open == "\"" || open == "'" else { return nil }
        return text.dropFirst().firstIndex(of: open).map { String(text.dropFirst()[..<$0]) }
    }

    private static func isHeaderName(_ text: String) -> Bool {
        text.contains("_") && (3...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || $0 == 0x5F
                    || $0 == 0x2D
            }
    }
}
