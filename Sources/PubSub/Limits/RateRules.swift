/// What is limited: kinds of things that clients ask for.
public struct LimitedOperations: OptionSet, Hashable, Sendable {
    /// The kinds as bits.
    public let rawValue: UInt16

    /// Kinds from their bits.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Everything that is sent, whatever it is.
    public static let any = LimitedOperations(rawValue: 1)
    /// Calls of backends.
    public static let call = LimitedOperations(rawValue: 2)
    /// New WebSockets.
    public static let connect = LimitedOperations(rawValue: 4)
    /// Pages of history.
    public static let history = LimitedOperations(rawValue: 8)
    /// Looking into the inbox, and marking what is in it.
    public static let inbox = LimitedOperations(rawValue: 16)
    /// Notifications sent.
    public static let notify = LimitedOperations(rawValue: 32)
    /// Questions who is there.
    public static let presence = LimitedOperations(rawValue: 64)
    /// Publications.
    public static let publish = LimitedOperations(rawValue: 128)
    /// Subscriptions, recoveries included.
    public static let subscribe = LimitedOperations(rawValue: 256)
}

/// Limits that hold together for everybody of one kind: for every connection, or for every user.
///
/// Each rule has a bucket of its own, which all its operations take from; something that several rules speak of must be
/// allowed by each of them.
public struct RateRules: Hashable, Sendable {
    /// One limit, and what it is on.
    public struct Rule: Hashable, Sendable {
        /// What takes from its bucket.
        public var operations: LimitedOperations
        /// How often.
        public var limit: RateLimit
        /// The place it is about, by the caller's numbering; nil: all.
        public var place: Int?

        /// A rule from its parts.
        public init(_ operations: LimitedOperations, _ limit: RateLimit, place: Int? = nil) {
            self.operations = operations
            self.limit = limit
            self.place = place
        }

        func speaks(of operations: LimitedOperations, at place: Int) -> Bool {
            !self.operations.isDisjoint(with: operations) && (self.place ?? place) == place
        }
    }

    /// The rules, in any order.
    public let rules: [Rule]
    /// Another number for every change: buckets of other rules count as full.
    public let generation: UInt32
    /// What any of the rules speaks of.
    public let operations: LimitedOperations

    /// Rules that hold together.
    public init(_ rules: [Rule] = [], generation: UInt32 = 0) {
        self.rules = rules
        self.generation = generation
        operations = rules.reduce(into: []) { $0.formUnion($1.operations) }
    }
}
