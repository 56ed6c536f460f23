import SockeyeClient
import WebSocketWire

/// A line typed in a conversation, understood.
enum ConnectInput: Equatable {
    case nothing
    case message(String)
    case command(SockeyeCommand)
    case ping
    case close(CloseCode?, reason: String)
    case help
    /// What is wrong with it, in words.
    case mistake(String)

    static let commands = [
        "  TEXT                     send it as a text message; //TEXT for one that begins with a slash",
        "  /sub TOPIC               subscribe to a topic of a Sockeye server",
        "  /unsub TOPIC             end the subscription",
        "  /pub TOPIC JSON          publish on a topic; words that are no JSON go as a string",
        "  /ping                    send a ping and show how long the pong takes",
        "  /close [CODE [REASON]]   close, with 1000 or with a code of 3000 ... 4999; Ctrl-C and Ctrl-D close with 1000",
        "  /help                    this list",
    ]

    init(_ line: String) {
        guard line.utf8.first == UInt8(ascii: "/") else {
            self = line.isEmpty ? .nothing : .message(line)
            return
        }
        if line.hasPrefix("//") {
            self = .message(String(line.dropFirst()))
            return
        }
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        self =
            switch (words[0], words.count) {
            case ("/sub", 2): .command(.subscribe(topic: words[1], id: nil))
            case ("/unsub", 2): .command(.unsubscribe(topic: words[1], id: nil))
            case ("/pub", 3): .command(.publish(topic: words[1], data: Self.json(words[2]), id: "pub"))
            case ("/ping", 1): .ping
            case ("/help", _), ("/?", _): .help
            case ("/close", _), ("/quit", 1): Self.close(words.dropFirst())
            case ("/sub", _), ("/unsub", _): .mistake("\(words[0]) wants a topic without blanks")
            case ("/pub", _): .mistake("/pub wants a topic and JSON: /pub news {\"title\":\"hello\"}")
            default:
                .mistake(
                    "there is no command \(words[0].printable); /help lists them, // sends a text with a slash in front"
                )
            }
    }

    private static func close(_ words: ArraySlice<String>) -> ConnectInput {
        guard let word = words.first else { return .close(.normal, reason: "") }
        guard let number = UInt16(word), number == 1000 || (3000...4999).contains(number) else {
            return .mistake("a client may close with 1000 or 3000 ... 4999 (RFC 6455 §7.4.2)")
        }
        return .close(CloseCode(rawValue: number), reason: words.dropFirst().joined(separator: " "))
    }

    private static func json(_ text: String) -> String {
        SockeyeCommand.isJSON(text) ? text : SockeyeCommand.quoted(text)
    }
}
