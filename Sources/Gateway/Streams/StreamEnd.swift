import Outgoing

/// How an answer ended.
enum StreamEnd: Equatable, Sendable {
    case cancelled
    case done
    case failed(StreamFailure)

    /// As the wire tells it.
    var state: String {
        switch self {
        case .cancelled: "cancelled"
        case .done: "done"
        case .failed: "failed"
        }
    }
}

/// Why an answer is not whole, as its user is told: nothing of what the backend is or where it stands.
enum StreamFailure: Error, Equatable, Sendable {
    /// It answered with no success, or with what is not of the configured form.
    case backendFailed
    /// It did not answer in time, or stopped in the middle.
    case backendLate
    /// It could not be reached, or the connection broke.
    case backendUnavailable
    /// It has ended and is not kept any more, though a slow reader had not got all of it.
    case forgotten
    /// The server is being stopped.
    case goingAway
    /// The answer, or one piece of it, is longer than allowed; bytes.
    case tooLong(limit: Int)

    /// What a transfer's failure is to its user.
    init(_ error: OutgoingError) {
        self =
            switch error {
            case .timedOut(.queue, _, _): .backendUnavailable
            case .timedOut: .backendLate
            case .closed: .goingAway
            case .malformed, .headTooLarge, .bodyTooLarge, .encodingUnusable, .tooManyRedirects,
                .redirectForbidden, .status:
                .backendFailed
            case .urlInvalid, .methodInvalid, .headerInvalid, .busy, .cancelled, .authoritiesUnreadable,
                .library, .unresolved, .refused, .unreachable, .proxyFailed, .tlsUnverified, .tlsFailed,
                .connectionLost, .truncated:
                .backendUnavailable
            }
    }

    /// The stable code a client can act on.
    var code: ErrorCode {
        switch self {
        case .backendFailed: .backendFailed
        case .backendLate: .backendTimeout
        case .backendUnavailable: .backendUnavailable
        case .forgotten: .streamUnknown
        case .goingAway: .goingAway
        case .tooLong: .streamTooLong
        }
    }

    /// What happened, in words.
    var message: String {
        switch self {
        case .backendFailed: "the backend answered with something that is no answer"
        case .backendLate: "the backend did not answer in time"
        case .backendUnavailable: "the backend could not be reached, or broke off"
        case .forgotten: "the answer is not kept any more"
        case .goingAway: "the server is shutting down"
        case .tooLong(let limit): "the answer is longer than the \(limit) bytes it may have"
        }
    }

    /// What the client can do about it.
    var remedy: String {
        switch self {
        case .backendFailed: "call again later; the server's log tells more"
        case .backendLate, .backendUnavailable: "call again in a moment; the server's log tells more"
        case .forgotten: "call again, and read faster"
        case .goingAway: "come back, and call again"
        case .tooLong: "ask for less at a time"
        }
    }
}
