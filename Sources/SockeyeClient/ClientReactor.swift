public import Bytes
public import EventLoop
import HTTPWire
public import Transport
import WebSocketWire

/// The client connections of one event loop, and what they share: timers, buffers, masking keys.
///
/// A plain class owned by whoever runs the loop (an actor whose executor is the loop): call ``turn(_:_:)``
/// from the loop's turn, and everything else on the loop's thread.
public final class ClientReactor {
    let loop: EventLoop
    /// The time of the turn under way.
    private(set) var now = EventLoop.now()
    var keys: MaskingKeySource
    let scratch = ReaderScratch()
    var buffers: ByteBufferPool { scratch.buffers }
    let sink = ChannelSink()
    let receiveBuffer: UnsafeMutableRawBufferPointer

    private var channels = SlotTable<ClientChannel>()
    private let timers = TimerWheel(tick: 10_000_000, slots: 1024, start: EventLoop.now())
    /// Channels with frames that must leave before the loop sleeps.
    private var toFlush: [ClientChannel] = []
    private var toRead: [ClientChannel] = []
    private unowned(unsafe) var current: ClientChannel?
    private var tlsContexts: [TLSKey: TLSClientContext] = [:]

    private struct TLSKey: Hashable {
        var verifies: Bool
        var file: String?
    }

    /// - Parameters:
    ///   - receiveCapacity: how much one read may take, in bytes. Default 256 KiB.
    ///   - predictableMasks: a seed for cheap masking keys, for load generators alone: with them a proxy
    ///     that does not know WebSockets could be fed chosen bytes (RFC 6455 §10.3).
    public init(loop: EventLoop, receiveCapacity: Int = 256 << 10, predictableMasks seed: UInt64? = nil) {
        self.loop = loop
        keys = seed.map { MaskingKeySource(seed: $0) } ?? MaskingKeySource()
        receiveBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: receiveCapacity, alignment: 64)
    }

    deinit { receiveBuffer.deallocate() }

    /// Channels that have not ended.
    public var count: Int { channels.count }

    /// Starts a connection to the first of `addresses` that answers.
    ///
    /// - Parameters:
    ///   - index: the channel's ``ClientChannel/index``.
    ///   - addresses: what the plan's host resolves to; not empty.
    ///   - sources: local addresses, taken in turn by `index`; empty leaves the choice to the kernel.
    ///   - resolvedIn: how long the name took, for ``ConnectTimings``.
    @discardableResult
    public func connect(
        _ plan: ConnectPlan, index: Int = 0, to addresses: [SocketAddress],
        from sources: [SocketAddress] = [],
        resolvedIn: Duration? = nil, delegate: any ClientChannelDelegate
    ) -> ClientChannel {
        let channel = ClientChannel(index: index, plan: plan, reactor: self, delegate: delegate)
        let start = EventLoop.now()
        var timings = ConnectTimings()
        timings.name = resolvedIn
        let left = plan.options.timeout - (resolvedIn ?? .zero)
        channel.dialer = Dialer(
            addresses, from: sources.isEmpty ? nil : sources[index % sources.count],
            // An address that is dead must not eat up the time of those after it.
            attemptTimeout: left / max(1, addresses.count), totalTimeout: left, now: start)
        channel.dial = DialState(deadline: start + left, startedAt: start, timings: timings)
        channel.token = channels.insert(channel)
        channel.startDialling(start)
        return channel
    }

    /// Makes the loop take a turn soon.
    ///
    /// Any thread may ask for it through the loop itself.
    public func wake() { loop.wake() }

    /// Handles one poll batch.
    ///
    /// Returns when to be called again at the latest.
    public func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? {
        self.now = now
        for event in events {
            guard let channel = channels[event.token] else { continue }
            current = channel
            handle(event, channel)
            if channel.isDirty { channel.flush() }
        }
        current = nil
        timers.advance(to: now) { id in
            // The slot's generation is not in the timer: removing a channel cancels its timer, so the slot
            // is the right one.
            channels[index: id]?.timedOut(now)
        }
        settle()
        return toRead.isEmpty ? timers.nextDeadline : now
    }

    /// Sends what the last calls have written.
    ///
    /// The turn does it by itself; call it after sending from elsewhere on the loop.
    public func settle() {
        // Reading may write and ending may call back, so both lists can grow while they are worked off.
        let reading = toRead
        toRead.removeAll(keepingCapacity: true)
        for channel in reading where channel.phase != .closed { channel.readable(now) }
        var next = 0
        while next < toFlush.count {
            let channel = toFlush[next]
            next += 1
            if channel.isDirty { channel.flush() }
        }
        toFlush.removeAll(keepingCapacity: true)
    }

    private func handle(_ event: ReadyEvent, _ channel: ClientChannel) {
        switch channel.phase {
        case .dialing: channel.continueDialling(now)
        case .securing: channel.secure(now)
        case .upgrading, .open, .closing:
            if event.isWritable { channel.writable() }
            if event.isReadable || event.isHangup || event.isError || event.isReadHangup {
                channel.readable(now)
            }
        case .closed: break
        }
    }
}

extension ClientReactor {
    func willFlush(_ channel: ClientChannel) {
        // The channel whose event is at hand is flushed right after it, while what it wrote is still in the
        // cache.
        if channel !== current { toFlush.append(channel) }
    }

    func willRead(_ channel: ClientChannel) {
        toRead.append(channel)
        loop.wake()
    }

    func setDeadline(_ channel: ClientChannel, _ deadline: MonotonicTime?) {
        let id = SlotTable<ClientChannel>.index(of: channel.token)
        if let deadline { timers.schedule(id, at: deadline) } else { timers.cancel(id) }
    }

    func remove(_ channel: ClientChannel) {
        timers.cancel(SlotTable<ClientChannel>.index(of: channel.token))
        _ = channels.remove(channel.token)
    }

    /// One context for each way of verifying: reading the system's certificates takes milliseconds.
    func tlsContext(for plan: ConnectPlan) throws(TLSError) -> TLSClientContext {
        let key = TLSKey(verifies: plan.options.verifiesCertificate, file: plan.options.certificateFile)
        if let context = tlsContexts[key] { return context }
        let context = try TLSClientContext(verify: key.verifies, caFile: key.file, alpn: ["http/1.1"])
        tlsContexts[key] = context
        return context
    }
}
