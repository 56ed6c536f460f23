import Bytes
import EventLoop
import SockeyeClient
import WebSocketWire

/// Echo: each connection keeps so many messages on their way, or sends at a given rate, and checks what
/// comes back.
final class EchoDriver: BenchDriver {
    private var payload: BenchPayload
    private let kind: MessageKind
    /// Messages on their way at once, at most: with a rate, what a slow reply may hold up.
    private let window: Int
    private var sent: [UInt32]
    private var received: [UInt32]
    /// When each message on its way was sent, or due; `window` places for each connection.
    private var times: [UInt64]
    private var schedule: BenchSchedule?
    private var hasBegun = false

    override init(_ settings: BenchSettings, _ reactor: ClientReactor, share: BenchShare) {
        payload = BenchPayload(size: settings.size, isTimed: false)
        kind = settings.isBinary ? .binary : .text
        window = settings.rate == nil ? settings.inFlight : max(settings.inFlight, 64)
        sent = Array(repeating: 0, count: share.numbers.count)
        received = sent
        times = Array(repeating: 0, count: share.numbers.count * window)
        super.init(settings, reactor, share: share)
    }

    override func begin() {
        hasBegun = true
        if let rate = settings.rate {
            schedule = BenchSchedule(rate: rate / Double(settings.loops), from: EventLoop.now())
            reactor.wake()
            return
        }
        for channel in channels {
            guard let channel else { continue }
            for _ in 0..<settings.inFlight { send(on: channel, at: EventLoop.now()) }
        }
        reactor.settle()
    }

    override func received(_ channel: ClientChannel, _ kind: MessageKind, _ payload: UnsafeRawBufferPointer) {
        let index = local(channel)
        guard hasBegun, received[index] != sent[index] else {
            // Greetings are allowed, before anything was sent.
            if hasBegun { counts.complain("a message nobody sent: \(Self.excerpt(payload))") }
            return
        }
        let expected = received[index]
        received[index] &+= 1
        guard kind == self.kind, self.payload.matchesBody(payload),
            let stamp = self.payload.stamp(of: payload),
            stamp.sender == UInt32(truncatingIfNeeded: channel.index) & 0xFF_FFFF, stamp.sequence == expected
        else {
            counts.complain(
                "connection \(channel.index): reply \(expected) is not what was sent: \(Self.excerpt(payload))"
            )
            return
        }
        counts.done &+= 1
        let now = EventLoop.now()
        if isMeasuring {
            counts.latency.add(now.nanoseconds &- times[index * window + Int(expected) % window])
        }
        if !isStopping, schedule == nil { send(on: channel, at: now) }
    }

    override func turned(_ now: MonotonicTime) -> MonotonicTime? {
        guard schedule != nil, !isStopping else { return nil }
        while let (number, due) = schedule?.next(now) {
            let index = Int(number % UInt64(channels.count))
            guard let channel = channels[index] else { continue }
            // A connection whose window is full makes the schedule wait: the message stays due since then,
            // so the time it loses is counted.
            guard sent[index] &- received[index] < UInt32(window) else {
                schedule?.back()
                return now + .milliseconds(1)
            }
            send(on: channel, at: due)
        }
        return schedule?.nextDue
    }

    override var pending: UInt64 {
        zip(sent, received).reduce(0) { $0 + UInt64($1.0 &- $1.1) }
    }

    private func send(on channel: ClientChannel, at time: MonotonicTime) {
        let index = local(channel)
        payload.stamp(sender: UInt32(truncatingIfNeeded: channel.index), sequence: sent[index])
        guard payload.bytes.withUnsafeBytes({ channel.send(kind, $0) }) else { return }
        times[index * window + Int(sent[index]) % window] = time.nanoseconds
        sent[index] &+= 1
        counts.sent &+= 1
    }
}
