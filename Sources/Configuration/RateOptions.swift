public import PubSub

/// One `[[rate]]` entry: how often something may be done by one connection, user, address or key.
public struct RateOptions: Sendable, Equatable {
    /// Something that is counted.
    public enum Operation: String, CaseIterable, Sendable {
        /// Everything that is sent, whatever it is.
        case any
        /// Calls of backends.
        case call
        /// New WebSockets.
        case connect
        /// Pages of history.
        case history
        /// Looking into the inbox, and marking what is in it.
        case inbox
        /// Notifications sent over the HTTP API.
        case notify
        /// Questions who is there.
        case presence
        /// Publications.
        case publish
        /// Subscriptions.
        case subscribe
    }

    /// Who has a bucket of his own.
    public enum Subject: String, CaseIterable, Sendable {
        /// Every address, or for IPv6 every /64.
        case address
        /// Every WebSocket.
        case connection
        /// Every key of the HTTP API.
        case key
        /// Every user, with all connections.
        case user
    }

    /// What is counted.
    public var operations: [Operation] = []
    /// By whom.
    public var per = Subject.connection
    /// So many in such a time: `20/s`.
    public var limit: String
    /// How many may be done at once; 0: as many as `limit` names.
    public var burst = 0
    /// The path of the endpoint it is about, as configured; `nil`: all.
    public var endpoint: String?

    /// An entry that limits nothing yet.
    public init(limit: String) {
        self.limit = limit
    }

    /// What `limit` and `burst` say; `nil` when `limit` cannot be read, never after loading.
    public var rate: RateLimit? {
        Self.parse(limit).map {
            RateLimit(count: $0.count, perMilliseconds: $0.milliseconds, burst: burst == 0 ? nil : burst)
        }
    }

    /// Reads `20/s`, `600/m` or `5/10s`; `nil` when it is nothing of the kind, or not within 1 ms to a day.
    static func parse(_ text: String) -> (count: Int, milliseconds: Int)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = Int(parts[0]), (1...1_000_000_000).contains(count) else {
            return nil
        }
        let span = parts[1].first?.isNumber == true ? String(parts[1]) : "1\(parts[1])"
        guard let duration = Duration(text: span), (1...86_400_000).contains(duration.wholeMilliseconds)
        else {
            return nil
        }
        return (count, Int(duration.wholeMilliseconds))
    }

    /// What can be counted of whom; the rest of the operations never happens to such a subject.
    static func operations(of subject: Subject) -> [Operation] {
        switch subject {
        case .address, .user: [.any, .call, .connect, .history, .inbox, .presence, .publish, .subscribe]
        case .connection: [.any, .call, .history, .inbox, .presence, .publish, .subscribe]
        case .key: [.any, .history, .notify, .presence, .publish]
        }
    }
}

extension Options {
    static let rateGroup = RowGroup(
        name: "rate",
        doc: """
            How often something may be done. Each entry is a bucket of its own for every connection, user, address or key, \
            from which all its operations take; what several entries speak of must be allowed by each of them. Whoever comes \
            too often is told `rate_limited` and when to try again, and stays connected; over HTTP that is status 429 with \
            `Retry-After`. Without any entry nothing is limited. A change makes all buckets full.
            """,
        isLive: true, path: \.rates, blank: RateOptions(limit: ""),
        rows: [
            row(
                "rate.operations", .list(.choice(of: RateOptions.Operation.self)), .words(\.operations),
                isLive: true,
                """
                What is counted. `any` is every message of a client, pings included, or every request with a key; `connect` \
                every new WebSocket; `subscribe` includes catching up, `inbox` includes `mark_read`, and a broadcast to N \
                topics is N times `publish`.
                """),
            row(
                "rate.per", .choice(of: RateOptions.Subject.self), .word(\.per), isLive: true,
                """
                Who has a bucket of his own. `connection`; `user`, with all his connections on all loops; `address`, the \
                client's, for IPv6 its /64 (`trusted_proxies` tells it behind a proxy); `key`, a key of the HTTP API.
                """),
            row(
                "rate.limit", .rate, .text(\.limit), isLive: true,
                "How many in which time. `20/s`, `600/m`, `5/10s`: in the long run, evenly spread."),
            row(
                "rate.burst", .integer(1...1_000_000, zero: "as many as limit names"), .integer(\.burst),
                isLive: true,
                "How many may be done at once. So much is saved up by whoever does nothing for a while."),
            row(
                "rate.endpoint", .urlPath, .text(\.endpoint), isOptional: true, isLive: true,
                "The endpoint it is about, by its path as written. Without it: all, with one bucket."),
        ])
}

extension Assembly {
    mutating func checkRates() {
        for (index, rate) in options.rates.enumerated() {
            let place = place(of: "rate", entry: index)
            if rate.operations.isEmpty {
                note(
                    .missing, place, "nothing is limited to \(rate.limit): no operations are given",
                    hint: "operations = [\"publish\"], for example")
            }
            let possible = RateOptions.operations(of: rate.per)
            for operation in rate.operations where !possible.contains(operation) {
                note(
                    .conflict, place, "\(operation.rawValue) cannot be counted per \(rate.per.rawValue)",
                    hint: "use one of \(possible.map(\.rawValue).joined(separator: ", ")), or another per")
            }
            guard let endpoint = rate.endpoint else { continue }
            if rate.per == .key {
                note(
                    .conflict, place, "the HTTP API belongs to no endpoint", hint: "leave endpoint out")
            } else if !options.allEndpoints.contains(where: { $0.path == endpoint }) {
                note(
                    .conflict, place, "there is no endpoint \(endpoint)",
                    hint: "write its path as in [[endpoint]], or leave endpoint out")
            }
        }
    }
}
