import HTTPWire

/// Turns what is wrong with a handshake into the one reason that explains the rest.
struct HandshakeDiagnosis {
    let head: RequestHead
    let refusals: [Handshake.Refusal]

    /// The reason to act on first: what a hop did comes before what the client did, since it hides the rest.
    var code: RefusalCode {
        let isAttempt = Handshake.isAttempt(head) || head.fields.hasToken("connection", "upgrade")
        if !isAttempt { return .noUpgrade }
        if has({ $0 == .httpVersion10 }) { return .http10 }
        if has({ if case .upgradeIsNotWebSocket = $0 { true } else { false } }) { return .upgradeOther }
        let lacksConnection = has { if case .missingConnectionUpgrade = $0 { true } else { false } }
        if lacksConnection, head.fields.hasToken("connection", "close") { return .connectionClose }
        if lacksConnection || has({ $0 == .missingUpgrade }) { return .upgradeStripped }
        if has({ if case .unsupportedVersion = $0 { true } else { false } }) { return .version }
        if has({ $0 == .missingVersion }) { return .versionMissing }
        if has({ $0 == .badKey || $0 == .missingKey }) { return .key }
        if has({ $0 == .badSubprotocols }) { return .subprotocol }
        if has({ $0 == .bodyNotAllowed }) { return .body }
        // HTTP/1.1 without Host never passes the parser, and another method was judged before.
        return .noUpgrade
    }

    private func has(_ isIt: (Handshake.Refusal) -> Bool) -> Bool { refusals.contains(where: isIt) }

    /// What did not arrive, as it should have stood in the request.
    var missing: [String] {
        refusals.compactMap { refusal in
            switch refusal {
            case .httpVersion10: "HTTP/1.1"
            case .missingHost: "Host"
            case .missingUpgrade, .upgradeIsNotWebSocket: "Upgrade: websocket"
            case .missingConnectionUpgrade: "Connection: Upgrade"
            case .missingKey: "Sec-WebSocket-Key"
            case .missingVersion: "Sec-WebSocket-Version: 13"
            case .methodNotGET, .badKey, .unsupportedVersion, .badSubprotocols, .bodyNotAllowed: nil
            }
        }
    }

    /// A sentence for each thing that is wrong.
    var problems: [String] {
        refusals.map { refusal in
            switch refusal {
            case .methodNotGET(let method):
                "the method is \(PlainText.line(method.name, limit: 32)) instead of GET"
            case .httpVersion10: "the request came over HTTP/1.0, which knows no upgrade"
            case .missingHost: "Host is missing"
            case .missingUpgrade: "Upgrade is missing"
            case .upgradeIsNotWebSocket(let value):
                "Upgrade is '\(PlainText.line(value))' instead of 'websocket'"
            case .missingConnectionUpgrade(let value):
                value.map { "Connection is '\(PlainText.line($0))' instead of 'Upgrade'" }
                    ?? "Connection is missing"
            case .missingKey: "Sec-WebSocket-Key is missing"
            case .badKey: "Sec-WebSocket-Key is not 16 octets in Base64, sent once"
            case .missingVersion: "Sec-WebSocket-Version is missing"
            case .unsupportedVersion(let value):
                "Sec-WebSocket-Version is '\(PlainText.line(value))' instead of '13'"
            case .badSubprotocols: "Sec-WebSocket-Protocol is no list of different tokens"
            case .bodyNotAllowed: "the request announces a body"
            }
        }
    }

    /// Whether a hop on the way is to blame, rather than the client.
    static func isHopsFault(_ code: RefusalCode) -> Bool {
        [.upgradeStripped, .http10, .connectionClose, .upgradeOther].contains(code)
    }

    /// What happened, in one sentence.
    func message(_ code: RefusalCode) -> String {
        switch code {
        case .http10:
            "a WebSocket handshake arrived over HTTP/1.0: a proxy on the way does not speak HTTP/1.1 to this server"
        case .connectionClose:
            "a WebSocket handshake arrived with 'Connection: close' instead of 'Connection: Upgrade': a proxy on the way replaced it"
        case .upgradeOther: "the handshake's Upgrade does not name 'websocket'"
        case .upgradeStripped:
            "a WebSocket handshake arrived without \(missing.joined(separator: " and without ")): a hop on the way took it out"
        case .noUpgrade: "this path speaks WebSocket, and the request does not ask for an upgrade"
        default: problems.joined(separator: "; ")
        }
    }

    /// What to do, when nginx or an unknown hop is to blame.
    func remedy(_ code: RefusalCode) -> String {
        switch code {
        case .http10, .connectionClose, .upgradeStripped, .upgradeOther:
            "pass the upgrade on at every hop: in nginx, in the location of this path, proxy_http_version 1.1; proxy_set_header "
                + "Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; with the map of the lines given here"
        case .noUpgrade:
            "open it as a WebSocket (new WebSocket(\"ws…\") or 'sockeye connect'); if a WebSocket client sent this, a hop on the way "
                + "removed the whole handshake: in nginx set proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
                + "proxy_set_header Connection $connection_upgrade; for this path"
        case .version: "use a client that speaks version 13 of the protocol (RFC 6455)"
        case .versionMissing, .key:
            "send the handshake of RFC 6455 §4.1: Sec-WebSocket-Version: 13, and in Sec-WebSocket-Key 16 random octets in Base64, once"
        case .subprotocol: "offer each subprotocol once, as a token without blanks"
        default: "send GET without a body"
        }
    }

    /// The lines that let nginx pass an upgrade on; the map belongs into the http block.
    static let nginxLines = [
        "# in the http block, once:",
        "map $http_upgrade $connection_upgrade {",
        "    default upgrade;",
        "    ''      close;",
        "}",
        "# in the location that passes this path on:",
        "proxy_http_version 1.1;",
        "proxy_set_header Upgrade $http_upgrade;",
        "proxy_set_header Connection $connection_upgrade;",
        "proxy_set_header Host $host;",
    ]
}
