import Bytes
import CSystem
import EventLoop
import PubSub
import Telemetry
import Transport
import WebSocketWire

/// Everything one loop owns: its connections, its timers, its part of the topics.
///
/// Not Sendable and never locked: the worker actor holds the only reference, and enters once per poll batch.
final class LoopState {
    let index: Int
    let loop: EventLoop
    let shared: ServerShared
    /// Mailboxes of all loops, this one included.
    let peers: [Mailbox<LoopMessage>]
    /// This loop's own.
    private let mailbox: Mailbox<LoopMessage>
    /// By what tokens are judged; replaced by mail.
    var acceptance: Acceptance

    var connections = SlotTable<Connection>()
    /// Connections that ended in this turn, kept until its events are dealt with: one may be at work in its own method.
    private var departed: [Connection] = []
    var outlets = Outlets()
    /// Made by the first turn, on the loop's thread.
    private(set) lazy var sends = TurnSends(usesRing: shared.limits.usesRing)
    let wheel = TimerWheel(tick: LoopState.tickNanoseconds, slots: 4096)
    /// What this loop accepts from, by number; nil where another loop accepts for it.
    var listeners: [LoopListener?] = []
    var plans: [ListenerPlan] = []
    /// The loop that gets the next connection of a listener shared by mail.
    var nextPeer = 0
    /// When the lack of descriptors was last complained of, in ticks.
    var exhaustedLogged: UInt32?
    /// How many lines about peers this second has seen.
    var logLimit = LogLimit()

    /// At what idle age connections of a network are cut: what all loops together have learned.
    var idleCuts = IdleCuts()

    let hub = Hub()
    let shard: TopicShard
    var durables = DurableWaits()
    /// Whom notifications reach; nil until there has been one.
    var windows: Windows?
    var laggards = Laggards()
    var publications = Publications()
    /// Answers of backends that are at home here.
    var streams: StreamTable
    /// What connections of this loop read of answers, wherever those are at home.
    var viewings = Viewings()
    /// Commands of this loop's connections that wait for a backend's decision.
    var decisions = PendingDecisions()
    /// Engine.IO sessions that live here.
    var engine: EngineState
    /// Sockets of Socket.IO in them.
    var events: EventState
    var metrics: LoopMetrics
    private var turnCount: UInt64 = 0

    /// One receive buffer for all: bytes are looked at where they arrive.
    let receiveBuffer: UnsafeMutableRawBufferPointer
    /// Where the messages end that are being read.
    var inputEnd: UnsafeRawPointer?
    /// Answers to the connection being read, sent when its input is used up.
    let reply = ByteBuffer(capacity: 64 * 1024)
    /// Answers to subscribers, held until the turn ends so that they leave with the turn's messages.
    let deferred = ByteBuffer()
    /// Stretches of one gathered send, reused.
    var gather: [UnsafeRawBufferPointer] = []
    /// A payload before its frame header is known.
    let work = ByteBuffer(capacity: 4096)
    let scratch = ReaderScratch()
    let subscribedHead = SubscribedHead()
    var buffers: ByteBufferPool { scratch.buffers }

    /// The clock as of the last poll.
    var now: MonotonicTime
    /// The same in ticks.
    private(set) var tick: UInt32
    /// Milliseconds since 1970 as of the last poll; behind by a millisecond at most.
    private(set) var unixMilliseconds: Int64 = 0
    /// When that was read.
    private var unixRead = MonotonicTime.zero
    var housekeeping = Housekeeping()
    var isDraining = false
    /// Called when this loop holds no connection any more, while draining.
    var onDrained: (() -> Void)?
    /// When draining must be over.
    var drainDeadline = MonotonicTime.distantFuture

    /// Timers and idle ages are counted in ticks: fine enough for a heartbeat, and 32 bits last 13 years.
    static let tickNanoseconds: UInt64 = 100_000_000
    /// As much as one `recv` may take; sixteen messages of 16 KiB, and the size of a warm part of the L2 cache.
    static let receiveCapacity = 512 * 1024
    /// Replies of one connection are sent in between when they grow beyond this.
    static let replyLimit = 1 << 20
    /// Buffers that grew beyond this are given back.
    static let keptCapacity = 1 << 20
    /// So many connections may end in a turn without their list being made anew.
    private static let keptDeparted = 1024

    init(index: Int, loop: EventLoop, shared: ServerShared, peers: [Mailbox<LoopMessage>]) {
        self.index = index
        self.loop = loop
        self.shared = shared
        self.peers = peers
        self.mailbox = peers[index]
        self.acceptance = shared.tokens.acceptance
        self.now = EventLoop.now()
        self.tick = Self.tick(now)
        self.engine = EngineState(shared.endpoints.endpoints)
        self.events = EventState(shared.endpoints.endpoints, life: shared.life, loop: index)
        self.metrics = LoopMetrics(endpoints: shared.endpoints.endpoints.count)
        self.streams = StreamTable(budget: shared.limits.streamBudget / peers.count)
        self.shard = TopicShard(
            loopCount: peers.count, budget: shared.limits.historyBudget / peers.count,
            policy: { shared.topicPolicy($0) }, nextEpoch: shared.epochs.next)
        self.receiveBuffer = .allocate(byteCount: Self.receiveCapacity, alignment: 64)
        self.unixMilliseconds = csys_unix_milliseconds()
        listenForNotifications()
    }

    deinit {
        receiveBuffer.deallocate()
    }

    /// Seconds since 1970 as of the last poll.
    var unixTime: Int64 {
        unixMilliseconds / 1000
    }

    private static func tick(_ time: MonotonicTime) -> UInt32 {
        UInt32(truncatingIfNeeded: time.nanoseconds / tickNanoseconds)
    }

    /// One poll batch: everything that became ready, then everything that is due, then everything to send.
    ///
    /// - Returns: when to wake up at the latest.
    func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime {
        readClocks(now)
        sends.beginTurn(events.count)
        for place in events.indices {
            let event = events[place]
            let token = event.token
            // While one is served the next one's memory comes: thousands of connections fit into no near cache.
            if place &+ 1 < events.count, let next = connections.unretained(events[place &+ 1].token) {
                csys_prefetch(next.toOpaque(), Connection.hotSize)
            }
            if token >= LoopListener.firstToken {
                accept(Int(token - LoopListener.firstToken))
            } else {
                connections.unretained(token)?._withUnsafeGuaranteedRef { $0.handle(event, on: self) }
            }
        }
        mailbox.drain { receive($0) }
        wheel.advance(to: now) { expire($0) }
        engine.wheel.advance(to: now) { engineExpired($0) }
        endLingering()
        endTurn()
        turnCount &+= 1
        // Reading the clock again costs a hundredth of an echo: a sample tells as much.
        if turnCount & 63 == 0 { metrics.turns.record(EventLoop.now().nanoseconds &- now.nanoseconds) }
        if now >= logLimit.due { tellHeldBack() }
        if !departed.isEmpty { departed.removeAll(keepingCapacity: departed.count <= Self.keptDeparted) }
        if isDraining { finishDraining() }
        return min(
            wheel.nextDeadline ?? .distantFuture, engine.wheel.nextDeadline ?? .distantFuture, drainDeadline,
            logLimit.due, keepHouse())
    }

    private func readClocks(_ now: MonotonicTime) {
        self.now = now
        tick = Self.tick(now)
        // It moves in steps of a millisecond or more.
        guard now.nanoseconds &- unixRead.nanoseconds >= 1_000_000 else { return }
        unixRead = now
        unixMilliseconds = csys_unix_milliseconds()
    }

    private func expire(_ slot: UInt32) {
        connections[index: slot]?.deadlinePassed()
    }

    /// Takes a connection out of the table; it is let go when the turn ends, and its descriptor is closed with it.
    ///
    /// - Returns: whether it was in the table.
    @discardableResult
    func takeOut(_ connection: Connection) -> Bool {
        guard let connection = connections.remove(connection.token) else { return false }
        departed.append(connection)
        return true
    }
}
