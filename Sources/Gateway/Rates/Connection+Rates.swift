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
        if loop.shared.limited.isDisjoint(with: operations) { return true }
        guard let excess = excess(operations) else { return true }
        refuse(.rateLimited(excess.subject.rawValue, wait: excess.wait), id: id)
        return false
    }

    /// Counts something; what it is too often for, or nil.
    func excess(_ operations: LimitedOperations) -> Excess? {
        let (rates, place) = (loop.shared.rates, Int(endpoint))
        if !rates.connection.operations.isDisjoint(with: operations) {
            let decision = buckets.take(operations, at: place, rules: rates.connection, now: loop.now)
            if let excess = excess(decision, .connection, operations) { return excess }
        }
        if let excess = addressExcess(operations, at: place) { return excess }
        guard session.isAuthenticated else { return nil }
        return userExcess(operations, session.user, at: place)
    }

    /// Counts something of a user.
    func userExcess(_ operations: LimitedOperations, _ user: String, at place: Int) -> Excess? {
        let decision = loop.shared.userBuckets.take(
            operations, by: user, at: place, rules: loop.shared.rates.user)
        return excess(decision, .user, operations)
    }

    /// Counts something of the client's address.
    func addressExcess(_ operations: LimitedOperations, at place: Int) -> Excess? {
        let rules = loop.shared.rates.address
        if rules.operations.isDisjoint(with: operations) { return nil }
        return excess(
            loop.shared.addressBuckets.take(operations, by: client.limitName, at: place, rules: rules),
            .address, operations)
    }

    /// Counts something that is done with a key.
    func keyExcess(_ operations: LimitedOperations, _ key: APIKeys.Bearer, tokens: UInt32 = 1) -> Excess? {
        let rules = loop.shared.rates.key
        if rules.operations.isDisjoint(with: operations) { return nil }
        return excess(
            loop.shared.keyBuckets.take(operations, by: key.hash.hex, at: 0, tokens: tokens, rules: rules),
            .key,
            operations)
    }

    private func excess(
        _ decision: RateDecision, _ subject: RateOptions.Subject, _ operations: LimitedOperations
    ) -> Excess? {
        guard case .limited(let wait) = decision else { return nil }
        loop.metrics.limited[operations.label, default: 0] &+= 1
        loop.logOften(
            LogLimit.Kind(level: .info, event: "rate-limited", code: subject.rawValue),
            "too much at once of one \(subject.rawValue): \(operations.label)",
            [
                "operation": "\(operations.label)", "per": "\(subject.rawValue)", "peer": "\(clientName)",
                "user": "\(session.user)",
            ])
        return Excess(subject: subject, wait: wait)
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
