import HTTPWire

/// When a delivery that failed is tried again.
///
/// Sans-IO: time and randomness are arguments.
public struct WebhookPolicy: Sendable, Equatable {
    /// How often a delivery is tried at most, the first time included.
    ///
    /// 1 ... 100; default 8.
    public var attempts = 8
    /// The delay before the second try; each further one doubles it.
    ///
    /// Default 1 s.
    public var firstDelay: Duration = .seconds(1)
    /// The longest delay of the doubling; default 1 min.
    public var longestDelay: Duration = .seconds(60)
    /// The longest `Retry-After` that is honoured; a longer one counts as this.
    ///
    /// Default 5 min.
    public var longestRetryAfter: Duration = .seconds(300)
    /// A delivery that is older is not tried again; default 15 min.
    public var lifetime: Duration = .seconds(900)

    /// The defaults.
    public init() {}

    /// What comes of one try.
    public enum Verdict: Equatable, Sendable {
        /// 2xx.
        case delivered
        /// Tried again once this time has passed.
        case again(after: Duration)
        /// Never again: it would fail the same way, or there have been enough tries, or it took too long.
        case abandoned(WebhookEnd)
    }

    /// Judges a try.
    ///
    /// Tried again are failures of the connection, our own queue being full, 429 and 5xx. Any other answer is a decision of the
    /// receiver: 4xx says that the delivery is wrong, 3xx that the URL is.
    /// - Parameters:
    ///   - attempt: how many tries there were, this one included; from 1.
    ///   - age: how long ago the delivery was handed in.
    ///   - unixSeconds: the wall clock, for a `Retry-After` with a date.
    ///   - random: any 64 bits; the delay lies between a half and all of the doubled one, so that what failed together
    ///     does not come back together.
    public func judge(
        _ result: Result<OutgoingHead, OutgoingError>, attempt: Int, age: Duration, unixSeconds: Int64,
        random: UInt64
    ) -> Verdict {
        var asked: Duration = .zero
        switch result {
        case .success(let head):
            if head.isSuccess { return .delivered }
            guard head.status == 429 || head.status >= 500 else { return .abandoned(.refused(head.status)) }
            if let value = head.fields["Retry-After"], let delay = RetryAfter.delay(value, now: unixSeconds) {
                asked = min(delay, longestRetryAfter)
            }
        case .failure(let error):
            guard Self.isWorthRepeating(error) else { return .abandoned(.failed(error)) }
        }
        let delay = max(asked, backoff(attempt, random))
        if attempt >= attempts { return .abandoned(.exhausted(attempts: attempt)) }
        if age + delay > lifetime { return .abandoned(.expired(attempts: attempt)) }
        return .again(after: delay)
    }

    /// The delay behind the try `attempt`.
    func backoff(_ attempt: Int, _ random: UInt64) -> Duration {
        var delay = max(firstDelay, .milliseconds(1))
        var doublings = max(0, attempt - 1)
        while doublings > 0, delay < longestDelay {
            delay = delay * 2
            doublings -= 1
        }
        delay = min(delay, max(longestDelay, .milliseconds(1)))
        // 10 bits of jitter are plenty, and keep the arithmetic whole.
        return delay / 2 + delay / 2 * Int(random & 1_023) / 1_023
    }

    private static func isWorthRepeating(_ error: OutgoingError) -> Bool {
        switch error {
        case .busy, .unresolved, .refused, .unreachable, .proxyFailed, .tlsUnverified, .tlsFailed, .timedOut,
            .connectionLost, .truncated, .malformed, .library:
            true
        case .status(let status, _), .bodyTooLarge(_, let status, _): status == 429 || status >= 500
        case .urlInvalid, .methodInvalid, .headerInvalid, .cancelled, .closed, .authoritiesUnreadable,
            .headTooLarge, .encodingUnusable, .tooManyRedirects, .redirectForbidden:
            false
        }
    }
}

/// Why a delivery is given up.
public enum WebhookEnd: Error, Equatable, Sendable, CustomStringConvertible {
    /// As many tries as there may be.
    case exhausted(attempts: Int)
    /// It got too old.
    case expired(attempts: Int)
    /// A failure that would repeat itself.
    case failed(OutgoingError)
    /// The receiver said no with this status.
    case refused(Int)

    /// A stable code.
    public var code: String {
        switch self {
        case .exhausted: "OUT-HOOK-EXHAUSTED"
        case .expired: "OUT-HOOK-EXPIRED"
        case .failed(let error): error.code
        case .refused: "OUT-HOOK-REFUSED"
        }
    }

    /// What happened, in one line.
    public var description: String {
        switch self {
        case .exhausted(let attempts): "not delivered in \(attempts) tries"
        case .expired(let attempts): "too old after \(attempts) tries"
        case .failed(let error): error.description
        case .refused(let status): "the receiver answered \(status)"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .exhausted, .expired: "find out why the receiver does not answer with 2xx"
        case .failed(let error): error.remedy
        case .refused(300..<400): "configure the URL that the redirect leads to"
        case .refused: "look into the receiver's log; it answers what it does not want with 4xx"
        }
    }
}
