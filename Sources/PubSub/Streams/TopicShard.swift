/// The topics whose home is one loop: who numbers their messages, remembers them, and knows which loops want them.
///
/// Every topic has exactly one home, so numbering needs no lock and every loop sees one order. Sans-IO: the
/// caller carries what this decides from loop to loop and to the store. Not Sendable: one shard belongs to one loop.
///
/// Times are milliseconds of one clock of the caller's choosing; Unix time where topics are durable, so that ages
/// hold across a restart. A clock set back makes nothing younger, only older later.
public final class TopicShard {
    /// Topics without subscriber, history and keys that are still remembered; over it the one idle longest is
    /// forgotten, and starts again with a new epoch should it come back.
    ///
    /// Bounds what publishing to made-up names can cost; those that keep something are bounded by the budget.
    public static let idleLimit = 16_384

    /// 64 bytes side by side; what a topic remembers lies in an object of its own.
    struct Stream {
        var name = ""
        var position = StreamPosition(epoch: Epoch(0), offset: 0)
        var memory: StreamMemory?
        /// Subscribers on all loops and lanes.
        var total: UInt32 = 0
        /// Index into `policies`.
        var policy: UInt32 = 0
        /// Neighbours in the list below.
        var previous = SlotList.none
        var next = SlotList.none
        /// When it was last used, in seconds; wraps after 136 years.
        var touched: UInt32 = 0
        var list = ListName.none
        /// Copied from the policy: publishing needs nothing but a number.
        var keepsNothing = true
    }

    let loopCount: Int
    let nextEpoch: () -> Epoch
    let resolve: (String) -> StreamPolicy
    /// Bytes that histories and keys may take; see `keptBytes`.
    let budget: Int
    var index = HashIndex()
    /// The stream that was looked up last, which is in the index; none at first and when it was forgotten.
    var recent = SlotList.none
    var streams: ContiguousArray<Stream> = []
    /// Subscribers by stream, loop and lane: index `slot * stride + loop * laneCount + lane`.
    var interest: ContiguousArray<UInt32> = []
    /// Subscribers that are told by event, by stream and loop: index `slot * loopCount + loop`.
    ///
    /// Apart from the lanes, for a dialect of events makes its own frames of a message, on each loop.
    var eventInterest: ContiguousArray<UInt32> = []
    var vacant: ContiguousArray<UInt32> = []
    /// Streams nobody listens to, longest unused first; a stream is in at most one list.
    var idle = SlotList()
    /// Those of them that keep history or keys.
    var idleKeeping = SlotList()
    /// Streams with subscribers and history, longest unused first.
    var keeping = SlotList()
    var policies: ContiguousArray<StreamPolicy> = []
    private var policyNumbers: [StreamPolicy: UInt32] = [:]
    var lingering = DeadlineQueue<(topic: String, user: String)>()
    /// Where the next sweep begins.
    var sweepHand = 0

    /// Bytes that histories and publication keys take now, with the streams they keep alive.
    public internal(set) var keptBytes = 0
    /// Bytes of messages on their way to disk.
    public internal(set) var pendingBytes = 0
    /// Bytes that may be on their way to disk; over it publishing is refused.
    ///
    /// 64 MiB: some seconds of a slow disk.
    public var pendingLimit = 64 << 20

    /// A shard without topics.
    ///
    /// - Parameters:
    ///   - loopCount: how many loops may ask for messages, at least 1.
    ///   - budget: bytes that histories and keys of all topics may take together. Over it the histories of the
    ///     topics that lie idle longest lose their older half, then those of topics with subscribers.
    ///   - policy: what a topic of this name remembers; asked when its stream begins, so it should be quick.
    ///   - nextEpoch: gives a value never given before; randomness comes from outside.
    public init(
        loopCount: Int, budget: Int, policy: @escaping (String) -> StreamPolicy,
        nextEpoch: @escaping () -> Epoch
    ) {
        self.loopCount = max(1, loopCount)
        self.budget = max(0, budget)
        self.resolve = policy
        self.nextEpoch = nextEpoch
    }

    /// A shard whose topics keep nothing.
    public convenience init(loopCount: Int, nextEpoch: @escaping () -> Epoch) {
        self.init(loopCount: loopCount, budget: 0, policy: { _ in .plain }, nextEpoch: nextEpoch)
    }

    /// How many topics are known, idle ones included.
    public var topicCount: Int {
        index.count
    }

    /// What a topic of this name remembers: as decided when its stream began, or as would be decided now.
    public func policy(of name: String) -> StreamPolicy {
        slot(of: name).map { policies[Int(streams[Int($0)].policy)] } ?? resolve(name)
    }

    /// Where a topic's stream stands; nil when it is not in memory, or not yet loaded.
    public func position(of name: String) -> StreamPosition? {
        guard let slot = slot(of: name), !isLoading(slot) else { return nil }
        return streams[Int(slot)].position
    }

    // MARK: Streams by slot

    var stride: Int {
        loopCount &* Hub.Lane.allCases.count
    }

    func place(_ slot: UInt32, _ loop: Int, _ lane: Hub.Lane) -> Int? {
        guard loop >= 0, loop < loopCount else { return nil }
        return Int(slot) &* stride &+ loop &* Hub.Lane.allCases.count &+ Int(lane.rawValue)
    }

    func eventPlace(_ slot: UInt32, _ loop: Int) -> Int? {
        guard loop >= 0, loop < loopCount else { return nil }
        return Int(slot) &* loopCount &+ loop
    }

    func slot(of name: String) -> UInt32? {
        if isRecent(name) { return recent }
        return slot(of: name, tag: NameOctets.tag(name))
    }

    /// The same where the tag is at hand.
    func slot(of name: String, tag: UInt32) -> UInt32? {
        let slot = index.find(tag) { NameOctets.equal(streams[Int($0)].name, name) }
        if let slot { recent = slot }
        return slot
    }

    /// Whether a name is that of the stream looked up last: one subscription asks for its topic four times, and who comes
    /// next mostly comes for the same.
    private func isRecent(_ name: String) -> Bool {
        recent != SlotList.none && NameOctets.equal(streams[Int(recent)].name, name)
    }

    /// The stream of that name, begun if need be; nil when it must be loaded first.
    func readySlot(_ name: String, now: Int64) -> UInt32? {
        if isRecent(name) { return isLoading(recent) ? nil : recent }
        let tag = NameOctets.tag(name)
        if let slot = slot(of: name, tag: tag) { return isLoading(slot) ? nil : slot }
        let policy = resolve(name)
        return policy.isDurable ? nil : begin(name, tag: tag, policy: policy, now: now)
    }

    /// Begins the stream of a name that has none.
    func begin(_ name: String, tag: UInt32, policy: StreamPolicy, now: Int64) -> UInt32 {
        let slot: UInt32
        if let free = vacant.popLast() {
            slot = free
        } else {
            slot = UInt32(truncatingIfNeeded: streams.count)
            streams.append(Stream())
            for _ in 0..<stride { interest.append(0) }
            for _ in 0..<loopCount { eventInterest.append(0) }
        }
        let position = StreamPosition(epoch: nextEpoch(), offset: 0)
        streams[Int(slot)] = Stream(
            name: name, position: position, policy: number(of: policy), touched: Self.seconds(now),
            keepsNothing: policy.keepsNothing)
        index.insert(slot, tag: tag)
        return slot
    }

    /// What a stream remembers; made if need be.
    func memory(_ slot: UInt32) -> StreamMemory {
        if let memory = streams[Int(slot)].memory { return memory }
        let memory = StreamMemory()
        memory.newest = streams[Int(slot)].position.offset
        streams[Int(slot)].memory = memory
        return memory
    }

    func policy(_ slot: UInt32) -> StreamPolicy {
        policies[Int(streams[Int(slot)].policy)]
    }

    private func number(of policy: StreamPolicy) -> UInt32 {
        if let last = policies.last, last == policy { return UInt32(policies.count - 1) }
        if let known = policyNumbers[policy] { return known }
        let number = UInt32(truncatingIfNeeded: policies.count)
        policies.append(policy)
        policyNumbers[policy] = number
        return number
    }

    static func seconds(_ now: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: now / 1000)
    }
}
