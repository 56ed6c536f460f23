import Bytes
import EventLoop
import SockeyeClient
import Transport
import WebSocketWire

/// What one loop of a measurement has counted.
struct BenchCounts: Sendable {
    /// Connections that are ready for the measurement.
    var ready = 0
    /// Connections that could not be made, or were lost.
    var failed = 0
    /// Messages, deliveries or connections that were done, since the beginning.
    var done: UInt64 = 0
    /// Messages sent, or publications, since the beginning.
    var sent: UInt64 = 0
    /// Replies that were wrong, out of order, or not asked for.
    var errors: UInt64 = 0
    /// What the first of them was.
    var complaints: [String] = []
    /// Of what was done since the measurement began.
    var latency = LatencyHistogram()

    mutating func complain(_ words: @autoclosure () -> String) {
        errors += 1
        if complaints.count < 5 { complaints.append(words()) }
    }

    mutating func merge(_ other: BenchCounts) {
        ready += other.ready
        failed += other.failed
        done += other.done
        sent += other.sent
        errors += other.errors
        complaints = Array((complaints + other.complaints).prefix(5))
        latency.merge(other.latency)
    }
}

/// The part of a measurement that one loop carries.
struct BenchShare: Sendable {
    /// 0 ..< loops.
    var loop: Int
    /// The numbers of this loop's connections among all.
    var numbers: Range<Int>
    var addresses: [SocketAddress]
    var sources: [SocketAddress]
}

/// The connections of one loop in a measurement: dials them, a bounded number at once, and hands what they
/// do to a subclass.
///
/// Plain calls on the loop's thread: no task, no continuation and no allocation for each message.
class BenchDriver: ClientChannelDelegate {
    let settings: BenchSettings
    let reactor: ClientReactor
    let numbers: Range<Int>
    var counts = BenchCounts()
    var isMeasuring = false
    var isStopping = false
    /// By number minus the first; nil: not dialled yet, or ended.
    var channels: [ClientChannel?]

    private let share: BenchShare
    private var dialledCount = 0
    private var underWay = 0
    /// Those counted as under way, by number minus the first; the publisher of a fan-out comes last.
    private var isUnderWay: [Bool]

    init(_ settings: BenchSettings, _ reactor: ClientReactor, share: BenchShare) {
        self.settings = settings
        self.reactor = reactor
        self.share = share
        numbers = share.numbers
        channels = Array(repeating: nil, count: numbers.count)
        isUnderWay = Array(repeating: false, count: numbers.count + 1)
    }

    // MARK: For subclasses

    /// How many connections must be ready before the measurement begins.
    var wanted: Int { numbers.count }
    /// Messages that were sent and have not come back.
    var pending: UInt64 { 0 }
    /// Every connection of this loop was dialled.
    func dialled() {}
    /// The connection is open; call `isReady` once it has done what it needs.
    func opened(_ channel: ClientChannel) { isReady(channel) }
    func received(_ channel: ClientChannel, _ kind: MessageKind, _ payload: UnsafeRawBufferPointer) {}
    func ended(_ channel: ClientChannel, _ end: ChannelEnd) { failed(channel, end) }
    /// Every connection of every loop is ready.
    func begin() {}
    /// After each turn's events.
    ///
    /// Returns when to be called again at the latest.
    func turned(_ now: MonotonicTime) -> MonotonicTime? { nil }

    final func local(_ channel: ClientChannel) -> Int { channel.index &- numbers.lowerBound }

    final func isReady(_ channel: ClientChannel) {
        counts.ready += 1
        settleDial(channel.index)
    }

    final func failed(_ channel: ClientChannel, _ end: ChannelEnd) {
        guard !isStopping else { return }
        counts.failed += 1
        counts.complain("connection \(channel.index): \(Self.words(end))")
    }

    // MARK: Dialling

    /// Dials on, as far as the number of handshakes under way allows.
    final func dialMore() {
        guard !isStopping else { return }
        while dialledCount < numbers.count, underWay < settings.concurrency {
            let number = numbers.lowerBound + dialledCount
            dialledCount += 1
            dial(number)
            if dialledCount == numbers.count { dialled() }
        }
    }

    final func dial(_ number: Int) {
        underWay += 1
        isUnderWay[min(number - numbers.lowerBound, numbers.count)] = true
        redial(number)
    }

    final func redial(_ number: Int) {
        let channel = reactor.connect(
            settings.plan, index: number, to: share.addresses, from: share.sources, delegate: self)
        // Refused at once, it has ended already.
        if channel.phase != .closed, numbers.contains(number) {
            channels[number - numbers.lowerBound] = channel
        }
    }

    private func settleDial(_ number: Int) {
        let place = min(number - numbers.lowerBound, numbers.count)
        guard isUnderWay[place] else { return }
        isUnderWay[place] = false
        underWay -= 1
        // From the next turn: dialling from inside a callback would nest as deep as there are connections.
        reactor.wake()
    }

    /// Ends every connection: what is still on its way is given up.
    func closeAll() {
        isStopping = true
        for channel in channels { channel?.close(.normal) }
        reactor.settle()
    }

    // MARK: ClientChannelDelegate

    final func channelDidOpen(_ channel: ClientChannel, _ info: ConnectionInfo) {
        if let token = settings.plan.firstMessageToken {
            Self.send(SockeyeCommand.authenticate(token: token).text, on: channel)
        }
        opened(channel)
    }

    final func channel(
        _ channel: ClientChannel, didReceive kind: MessageKind, _ payload: UnsafeRawBufferPointer
    ) {
        received(channel, kind, payload)
    }

    final func channel(_ channel: ClientChannel, didReceivePing payload: UnsafeRawBufferPointer) {}
    func channel(_ channel: ClientChannel, didReceivePong payload: UnsafeRawBufferPointer) {}
    final func channelDidDrain(_ channel: ClientChannel) {}

    final func channel(_ channel: ClientChannel, didEnd end: ChannelEnd) {
        let index = local(channel)
        if channels.indices.contains(index) { channels[index] = nil }
        settleDial(channel.index)
        ended(channel, end)
    }

    // MARK: Words

    static func words(_ end: ChannelEnd) -> String {
        switch end {
        case .failed(let error): "\(error) [\(error.code)]"
        case .closed(let summary): ConnectPrinter.words(summary)
        }
    }

    static func excerpt(_ payload: UnsafeRawBufferPointer) -> String {
        String(decoding: payload.prefix(300), as: UTF8.self).printable
            + (payload.count > 300 ? "…" : "")
    }

    static func send(_ text: String, on channel: ClientChannel) {
        var text = text
        text.withUTF8 { _ = channel.send(.text, UnsafeRawBufferPointer($0)) }
    }
}
