import Bytes
import Configuration
import EventLoop
import PubSub
import Synchronization

/// The limits in force, by whom they are on.
final class Rates: Sendable {
    let connection: RateRules
    let user: RateRules
    let address: RateRules
    let key: RateRules
    /// What clients are limited in: what most messages ask and no more.
    let operations: LimitedOperations

    /// - Parameters:
    ///   - paths: of the endpoints, by their places in the table.
    ///   - former: what was in force until now; its buckets go on where nothing has changed.
    init(_ options: [RateOptions], paths: [String], after former: Rates? = nil) {
        func rules(_ subject: RateOptions.Subject, _ former: RateRules?) -> RateRules {
            let rules = options.filter { $0.per == subject }.compactMap { option in
                option.rate.map { limit in
                    RateRules.Rule(
                        LimitedOperations(option.operations), limit,
                        place: option.endpoint.map { path in paths.firstIndex(of: path) ?? -1 })
                }
            }
            guard let former else { return RateRules(rules) }
            return former.rules == rules ? former : RateRules(rules, generation: former.generation &+ 1)
        }
        connection = rules(.connection, former?.connection)
        user = rules(.user, former?.user)
        address = rules(.address, former?.address)
        key = rules(.key, former?.key)
        operations = connection.operations.union(user.operations).union(address.operations)
    }
}

/// The buckets of those who may be on several loops at once: a user, an address, a key.
///
/// One table for all loops, behind sixteen locks, so that a limit holds exactly and is known before the command is carried out;
/// docs/decisions/0011-one-table-of-buckets.md. Only commands that a limit speaks of come here.
final class SharedBuckets: Sendable {
    private final class Part: Sendable {
        let names = Mutex(NamedRateBuckets(capacity: 65_536 / SharedBuckets.partCount))
    }

    private let parts = (0..<SharedBuckets.partCount).map { _ in Part() }

    /// As `RateBuckets.take`, for the bearer of a name.
    func take(
        _ operations: LimitedOperations, by name: String, at place: Int, tokens: UInt32 = 1, rules: RateRules
    ) -> RateDecision {
        if rules.operations.isDisjoint(with: operations) { return .allowed }
        let part = parts[Int(UInt(bitPattern: TopicKey(name).hashValue) % UInt(Self.partCount))]
        // The clock is read inside: another loop's may be ahead of this one's turn.
        return part.names.withLock {
            $0.take(operations, by: name, at: place, tokens: tokens, rules: rules, now: EventLoop.now())
        }
    }

    private static let partCount = 16
}

extension LimitedOperations {
    /// As configured.
    init(_ operations: [RateOptions.Operation]) {
        self = []
        for operation in operations { insert(LimitedOperations(operation)) }
    }

    private init(_ operation: RateOptions.Operation) {
        self =
            switch operation {
            case .any: .any
            case .call: .call
            case .connect: .connect
            case .history: .history
            case .inbox: .inbox
            case .notify: .notify
            case .presence: .presence
            case .publish: .publish
            case .subscribe: .subscribe
            }
    }

    /// For metrics: the one kind beside `any`, or `any` alone.
    var label: String {
        Self.labels.first { contains($0.0) }?.1 ?? "any"
    }

    private static let labels: [(LimitedOperations, String)] = [
        (.call, "call"), (.connect, "connect"), (.history, "history"), (.inbox, "inbox"), (.notify, "notify"),
        (.presence, "presence"), (.publish, "publish"), (.subscribe, "subscribe"),
    ]
}

extension CommandType {
    /// What a command counts as.
    var limited: LimitedOperations {
        switch self {
        case .auth, .cancel, .ping, .resume, .unsubscribe: .any
        case .call: [.any, .call]
        case .history: [.any, .history]
        case .inbox, .markRead: [.any, .inbox]
        case .presence: [.any, .presence]
        case .publish: [.any, .publish]
        case .subscribe: [.any, .subscribe]
        }
    }
}
