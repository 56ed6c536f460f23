/// Why a client refused the answer to its handshake.
public enum HandshakeError: Error, Equatable, Sendable {
    /// Any status but 101. `location` is where a redirection leads.
    case notSwitched(status: Int, reason: String, location: String?)
    case missingUpgrade(String?)
    case missingConnectionUpgrade(String?)
    case missingAccept
    case wrongAccept(expected: String, received: String)
    case severalSubprotocols([String])
    case unaskedSubprotocol(String)
    case unaskedExtension(String)

    /// A stable name, such as `CONNECT-ACCEPT`.
    public var code: String {
        switch self {
        case .notSwitched: "CONNECT-STATUS"
        case .missingUpgrade, .missingConnectionUpgrade: "CONNECT-UPGRADE"
        case .missingAccept, .wrongAccept: "CONNECT-ACCEPT"
        case .severalSubprotocols, .unaskedSubprotocol: "CONNECT-SUBPROTOCOL"
        case .unaskedExtension: "CONNECT-EXTENSION"
        }
    }

    /// What to look at, in one sentence.
    public var remedy: String {
        switch self {
        case .notSwitched(let status, _, _): HandshakeError.remedy(forStatus: status)
        case .missingUpgrade, .missingConnectionUpgrade:
            "a proxy took the headers of the answer away, or the server speaks another protocol: check each hop"
        case .missingAccept, .wrongAccept:
            "check that the address is that of a WebSocket server, and that no cache answers in its place"
        case .severalSubprotocols, .unaskedSubprotocol:
            "let the server answer with one of the subprotocols offered"
        case .unaskedExtension: "let the server agree to nothing that was not offered"
        }
    }

    private static func remedy(forStatus status: Int) -> String {
        switch status {
        case 200..<300:
            "an ordinary page answered: the path is not the WebSocket's, or a proxy passes it to something else"
        case 300..<400: "use the address that the redirection names, with ws:// or wss://"
        case 400: "the handshake arrived damaged: check that the proxy passes Upgrade and Connection on"
        case 401, 403: "check the token and the Origin"
        case 404: "check the path, and that the proxy has a location for it"
        case 426: "the server saw no upgrade: let the proxy speak HTTP/1.1 and pass Upgrade and Connection on"
        case 429, 503: "the server is busy: try again later"
        case 502, 504: "the proxy does not reach the server behind it: check its address and that it runs"
        default: "read the body of the answer"
        }
    }
}

extension HandshakeError: CustomStringConvertible {
    /// What happened, in one sentence.
    public var description: String {
        switch self {
        case .notSwitched(let status, let reason, let location):
            "the server answered \(status)\(reason.isEmpty ? "" : " " + reason) instead of 101"
                + (location.map { ", and points to '\($0)'" } ?? "")
        case .missingUpgrade(let value):
            "the answer has \(value.map { "Upgrade '\($0)'" } ?? "no Upgrade") instead of 'websocket'"
        case .missingConnectionUpgrade(let value):
            "the answer has \(value.map { "Connection '\($0)'" } ?? "no Connection") instead of 'Upgrade'"
        case .missingAccept: "the answer has no Sec-WebSocket-Accept"
        case .wrongAccept(let expected, let received):
            "Sec-WebSocket-Accept is '\(received)', but the key asks for '\(expected)'"
        case .severalSubprotocols(let names):
            "the server chose several subprotocols: \(names.joined(separator: ", "))"
        case .unaskedSubprotocol(let name):
            "the server chose the subprotocol '\(name)', which was not offered"
        case .unaskedExtension(let name): "the server uses the extension '\(name)', which was not offered"
        }
    }
}
