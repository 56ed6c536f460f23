public import WebSocketWire

/// The close codes of Sockeye's own, beside those of RFC 6455.
///
/// The range tells a client what to do with a code it does not know: come back after 3000 ... 3499 and 4000
/// ... 4499, not by itself after 3500 ... 3999 and 4500 ... 4999. Codes with a registered meaning (3000,
/// 3003, 3008) are not used.
public enum SockeyeCloseCode: UInt16, CaseIterable, Sendable {
    /// The client reads more slowly than its topics speak.
    case slowReader = 3002
    /// No sign of life came in time.
    case noHeartbeat = 3004
    /// The topic's stream was broken: the client must subscribe anew to learn what it missed.
    case streamBroken = 3005
    /// No `auth` came in time.
    case authenticationTimeout = 3501
    /// The token was refused; an `error` with the reason went before.
    case tokenRefused = 3502
    /// The token ended while connected.
    case tokenExpired = 3503
    /// The token or its user was withdrawn while connected; an `error` with the reason went before.
    case tokenRevoked = 3504
    /// An operator ended the connection.
    case disconnected = 3505
    /// The team's backend said no; an `error` with the reason went before.
    case denied = 3506

    /// The code as the wire has it.
    public var closeCode: CloseCode {
        CloseCode(rawValue: rawValue)
    }

    /// Whether the client should come back by itself, after its usual delay.
    public var invitesReconnect: Bool {
        Self.invitesReconnect(rawValue)
    }

    /// Whether the range contract says that a client should come back by itself after a code.
    ///
    /// Of the codes of RFC 6455, those that blame the client's messages say no.
    public static func invitesReconnect(_ code: UInt16) -> Bool {
        switch code {
        case 1002, 1003, 1007, 1008, 1009, 1010, 3500...3999, 4500...4999: false
        default: true
        }
    }

    /// The reason in the close frame, short of 123 bytes.
    public var reason: String {
        switch self {
        case .slowReader: "reads too slowly"
        case .noHeartbeat: "no sign of life"
        case .streamBroken: "come back and recover"
        case .denied: "denied"
        case .authenticationTimeout: "not authenticated in time"
        case .tokenRefused: "token refused"
        case .tokenExpired: "token expired"
        case .tokenRevoked: "token revoked"
        case .disconnected: "disconnected by the operator"
        }
    }

    /// What happened and what to do, for people.
    public var explanation: String {
        switch self {
        case .slowReader: "messages came faster than this client reads them: come back and catch up"
        case .noHeartbeat:
            "the client gave no sign of life in time, so the path was taken for dead: come back"
        case .streamBroken:
            "the server's store lost messages of a topic: come back, and subscribe with since to learn which are missing"
        case .denied: "the team's backend said no, for the reason in the error before"
        case .authenticationTimeout: "the client did not say who it is in time: send auth as first message"
        case .tokenRefused:
            "the token was refused for the reason in the error before: get another token first"
        case .tokenExpired: "the token ended while connected: get a new token, then connect"
        case .tokenRevoked:
            "the token or its user was withdrawn for the reason in the error before: sign in again"
        case .disconnected: "an operator ended the connection: ask why before coming back"
        }
    }
}
