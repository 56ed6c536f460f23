import Configuration
import PubSub
import Telemetry
import Tokens
import Transport

// How often a client may do something. What one bucket refuses the ones asked before have counted: whoever comes too often for
// a user's limit hardly notices that the connection's is nearer too.
extension Connection {
    /// Who was too fast, and for how many milliseconds it must wait.
    struct Excess {
        let subject: RateOptions.Subject
        let wait: UInt64

        /// In whole seconds, as HTTP tells it (RFC 9110 §10.2.3).
        var seconds: UInt64 { (wait &+ 999) / 1000 }
    }

    /// Whether a command may be carried out; refuses it otherwise.
    func isInTime(_ operations: LimitedOperations, id: UnsafeRawBufferPointer) -> Bool {
        if withLoop({ $0.shared.limited.isDisjoint(with: operations) }) { return true }
        guard let excess = excess(operations) else { return true }
        refuse(.rateLimited(excess.subject.rawValue, wait: excess.wait), id: id)
        return false
    }

    /// Counts something; what it is too often for, or nil.
    func excess(_ operations: LimitedOperations) -> Excess? {
        loop.excess(
            operations, &buckets, at: Int(endpoint),
            user: session.isAuthenticated ? session.user : nil, address: client.limitName)
    }

    /// Counts something of a user.
    func userExcess(_ operations: LimitedOperations, _ user: String, at place: Int) -> Excess? {
        loop.userExcess(operations, user, at: place)
    }

    /// Counts something of the client's address.
    func addressExcess(_ operations: LimitedOperations, at place: Int) -> Excess? {
        loop.addressExcess(operations, client.limitName, at: place)
    }

    /// Counts something that is done with a key.
    func keyExcess(_ operations: LimitedOperations, _ key: APIKeys.Bearer, tokens: UInt32 = 1) -> Excess? {
        let rules = loop.shared.rates.key
        if rules.operations.isDisjoint(with: operations) { return nil }
        return loop.excess(
            loop.shared.keyBuckets.take(operations, by: key.hash.hex, at: 0, tokens: tokens, rules: rules),
            .key, operations, of: key.name)
    }
}

extension LoopState {
    /// Counts something for everybody it is limited for.
    ///
    /// - Parameters:
    ///   - buckets: the connection's own.
    ///   - user: nil before it is known.
    ///   - address: nil where it is not known.
    func excess(
        _ operations: LimitedOperations, _ buckets: inout RateBuckets, at place: Int, user: String?,
        address: @autoclosure () -> String?
    ) -> Connection.Excess? {
        let rules = shared.rates.connection
        if !rules.operations.isDisjoint(with: operations) {
            let decision = buckets.take(operations, at: place, rules: rules, now: now)
            if let excess = excess(decision, .connection, operations, of: user ?? "") { return excess }
        }
        if !shared.rates.address.operations.isDisjoint(with: operations), let address = address(),
            let excess = addressExcess(operations, address, at: place)
        {
            return excess
        }
        return user.flatMap { userExcess(operations, $0, at: place) }
    }

    func userExcess(_ operations: LimitedOperations, _ user: String, at place: Int) -> Connection.Excess? {
        let decision = shared.userBuckets.take(operations, by: user, at: place, rules: shared.rates.user)
        return excess(decision, .user, operations, of: user)
    }

    func addressExcess(_ operations: LimitedOperations, _ address: String, at place: Int)
        -> Connection.Excess?
    {
        let decision = shared.addressBuckets.take(
            operations, by: address, at: place, rules: shared.rates.address)
        return excess(decision, .address, operations, of: address)
    }

    fileprivate func excess(
        _ decision: RateDecision, _ subject: RateOptions.Subject, _ operations: LimitedOperations,
        of name: String
    ) -> Connection.Excess? {
        guard case .limited(let wait) = decision else { return nil }
        metrics.limited[operations.label, default: 0] &+= 1
        logOften(
            LogLimit.Kind(level: .info, event: "rate-limited", code: subject.rawValue),
            "too much at once of one \(subject.rawValue): \(operations.label)",
            ["operation": "\(operations.label)", "per": "\(subject.rawValue)", "name": "\(name)"])
        return Connection.Excess(subject: subject, wait: wait)
    }
}

extension SocketAddress {
    /// Who shares a limit: an IPv4 address, or the /64 of an IPv6 address, in which one client may have any number.
    var limitName: String {
        switch self {
        case .v4: ip ?? "?"
        case .v6(let bits, _) where bits.high == 0 && bits.low >> 32 == 0xFFFF:
            SocketAddress.v4(UInt32(truncatingIfNeeded: bits.low), port: 0).ip ?? "?"
        case .v6(let bits, _):
            SocketAddress.v6(SocketAddress.IPv6Address(high: bits.high, low: 0), port: 0).ip ?? "?"
        case .unix: "unix"
        }
    }
}
