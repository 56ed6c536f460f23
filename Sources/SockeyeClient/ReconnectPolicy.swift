import WebSocketWire

/// Whether, and when, a client comes back after its connection has ended.
///
/// A value without a clock: what happened goes in, what to do comes out.
public struct ReconnectPolicy: Sendable {
    /// The longest delay before the first attempt.
    ///
    /// 1 ms and more; default 1 s.
    public var firstDelay: Duration = .seconds(1)
    /// The doubling of the delay ends here.
    ///
    /// Default 30 s.
    public var longestDelay: Duration = .seconds(30)
    /// Attempts in a row before it gives up; nil, the default: it never does.
    public var attemptLimit: Int?

    /// The defaults.
    public init() {}

    /// How a connection, or the attempt to make one, came to its end.
    public enum Ending: Equatable, Sendable {
        /// With close frames.
        case closed(CloseSummary)
        case failed(ClientError)
        /// The server refused a command that a session cannot go without: the token.
        case refused(SockeyeFault)
    }

    /// What to do about it.
    public enum Verdict: Equatable, Sendable {
        /// Dial again when this time has passed.
        case again(after: Duration)
        /// Dialling again would end the same way until something else changes.
        case stop
    }

    /// Judges an ending.
    ///
    /// The range of a close code decides (`docs/protocol.md`, Close codes); of failures those that time can mend are tried
    /// again. A token that was refused or has ended is worth another attempt only where another can be got.
    /// - Parameters:
    ///   - waits: how often it has waited since there was an open session.
    ///   - window: the delay the server asked for before it went; it counts instead of the first delay.
    ///   - canRenewToken: whether there is a token for the next attempt that this one has not used.
    ///   - random: any 64 bits; the delay lies between half and all of the doubled one, so that clients that were cut off
    ///     together do not come back together.
    public func judge(
        _ ending: Ending, waits: Int, window: Duration? = nil, canRenewToken: Bool, random: UInt64
    ) -> Verdict {
        guard Self.mayComeBack(ending, canRenewToken: canRenewToken) else { return .stop }
        if let attemptLimit, waits >= attemptLimit { return .stop }
        if let window, waits == 0 { return .again(after: window) }
        return .again(after: delay(waits, random))
    }

    /// The next delay after so many: 1 s, 2 s, 4 s and so on at most.
    func delay(_ waits: Int, _ random: UInt64) -> Duration {
        var delay = max(firstDelay, .milliseconds(1))
        let longest = max(longestDelay, delay)
        var doublings = waits
        while doublings > 0, delay < longest {
            delay = delay * 2
            doublings -= 1
        }
        delay = min(delay, longest)
        // 10 bits of jitter are plenty, and keep the arithmetic whole.
        return delay / 2 + delay / 2 * Int(random & 1_023) / 1_023
    }

    private static func mayComeBack(_ ending: Ending, canRenewToken: Bool) -> Bool {
        switch ending {
        case .closed(let summary):
            // By us, or as agreed.
            if summary.initiator == .client || summary.code == .normal { return false }
            if ending.isAboutToken { return canRenewToken }
            return summary.code.map { invitesReconnect($0.rawValue) } ?? true
        case .refused(let fault):
            return fault.isTransient || ending.isAboutToken && canRenewToken
        case .failed(let error):
            return ending.isAboutToken ? canRenewToken : timeMends(error)
        }
    }

    private static func timeMends(_ error: ClientError) -> Bool {
        switch error {
        case .nameNotFound, .nameTimedOut, .connectionRefused, .connectTimedOut, .unreachable, .connectFailed,
            .tlsTimedOut, .handshakeTimedOut, .handshakeEnded, .connectionLost, .pingUnanswered, .closed,
            .system:
            true
        case .refused(let refusal): [408, 425, 429].contains(refusal.status) || refusal.status >= 500
        case .urlInvalid, .requestInvalid, .tlsFailed, .notHTTP, .portSpeaksTLS, .redirected,
            .handshakeInvalid, .protocolViolation, .cancelled:
            false
        }
    }

    /// The contract of `docs/protocol.md`, Close codes; of RFC 6455's own, those that blame the client's messages say no.
    static func invitesReconnect(_ code: UInt16) -> Bool {
        switch code {
        case 1002, 1003, 1007...1010, 3500...3999, 4500...4999: false
        default: true
        }
    }
}

extension ReconnectPolicy.Ending {
    /// Whether another token could have led further.
    public var isAboutToken: Bool {
        switch self {
        // Token refused, and token ended while connected.
        case .closed(let summary): summary.code?.rawValue == 3502 || summary.code?.rawValue == 3503
        case .refused(let fault): fault.code.hasPrefix("TOKEN-") && !fault.isTransient
        case .failed(.refused(let refusal)):
            [401, 403].contains(refusal.status) && Self.isAboutToken(refusal.body)
        case .failed: false
        }
    }

    private static func isAboutToken(_ body: HTTPRefusal.Body) -> Bool {
        // Another server than Sockeye does not say why.
        guard case .explained(let explanation) = body, let code = explanation.code else { return true }
        return code.hasPrefix("TOKEN-")
    }
}

extension SockeyeFault {
    /// Whether the same may succeed a little later.
    public var isTransient: Bool {
        ["TOKEN-UNCHECKED", "backend_unavailable", "rate_limited", "store_unavailable"].contains(code)
    }
}
