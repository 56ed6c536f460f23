import Bytes
import EventLoop
import SockeyeClient
import WebSocketWire

/// Fan-out: every connection subscribes, one more publishes, and each delivery is checked for content and
/// order.
///
/// The publisher lives on the first loop. The others tell it through a mailbox when all their subscribers
/// have a publication.
final class FanoutDriver: SubscribingDriver {
    private let payload: BenchPayload
    private var place: ByteSearch
    private var publication: BenchPayload
    private let exchange: FanoutExchange
    /// The publication each subscriber must get next.
    private var expected: [UInt32]
    /// How many of this loop's subscribers have a publication, by its number modulo the ring.
    private var deliveries = [UInt32](repeating: 0, count: FanoutDriver.ring)
    /// How many loops have a publication; on the publisher's loop alone.
    private var loopsDone = [UInt32](repeating: 0, count: FanoutDriver.ring)
    private var finished: UInt64 = 0
    private var publisher: ClientChannel?
    private var schedule: BenchSchedule?
    private var hasBegun = false
    private var message = ByteBuffer()
    private let isPublisher: Bool
    private let publisherNumber: Int

    private static let ring = 1 << 16

    init(_ settings: BenchSettings, _ reactor: ClientReactor, share: BenchShare, exchange: FanoutExchange) {
        payload = BenchPayload(size: settings.size, isTimed: true)
        publication = payload
        place = ByteSearch(settings.messages.find)
        self.exchange = exchange
        expected = Array(repeating: 0, count: share.numbers.count)
        isPublisher = share.loop == 0
        publisherNumber = settings.connections
        super.init(settings, reactor, share: share)
    }

    override var wanted: Int { numbers.count + (isPublisher ? 1 : 0) }

    override func dialled() {
        if isPublisher { dial(publisherNumber) }
    }

    override func opened(_ channel: ClientChannel) {
        if channel.index == publisherNumber {
            publisher = channel
            return isReady(channel)
        }
        super.opened(channel)
    }

    override func received(_ channel: ClientChannel, _ kind: MessageKind, _ bytes: UnsafeRawBufferPointer) {
        if channel.index == publisherNumber {
            if isRefusal(bytes) {
                counts.complain("the publication was refused: \(Self.excerpt(bytes))")
            }
            return
        }
        if settlesSubscription(channel, bytes) { return }
        guard hasBegun, let start = place.end(in: bytes), bytes.count - start >= payload.bytes.count
        else { return }
        delivered(
            UnsafeRawBufferPointer(rebasing: bytes[start..<(start + payload.bytes.count)]), channel)
    }

    private func delivered(_ bytes: UnsafeRawBufferPointer, _ channel: ClientChannel) {
        let (index, number) = (local(channel), channel.index)
        guard payload.matchesBody(bytes), let stamp = payload.stamp(of: bytes) else {
            counts.complain(
                "connection \(number): a delivery is not what was published: \(Self.excerpt(bytes))")
            return
        }
        if stamp.sequence != expected[index] {
            counts.complain(
                "connection \(number): publication \(stamp.sequence) came instead of \(expected[index])")
        }
        expected[index] = stamp.sequence &+ 1
        counts.done &+= 1
        if isMeasuring { counts.latency.add(EventLoop.now().nanoseconds &- stamp.time) }
        let place = Int(stamp.sequence) % Self.ring
        deliveries[place] &+= 1
        guard deliveries[place] == UInt32(numbers.count) else { return }
        deliveries[place] = 0
        if isPublisher { loopHas(stamp.sequence) } else { exchange.mailbox.post(stamp.sequence) }
    }

    private func loopHas(_ sequence: UInt32) {
        let place = Int(sequence) % Self.ring
        loopsDone[place] &+= 1
        guard loopsDone[place] == UInt32(settings.loops) else { return }
        loopsDone[place] = 0
        finished &+= 1
    }

    override func begin() {
        hasBegun = true
        if let rate = settings.rate { schedule = BenchSchedule(rate: rate, from: EventLoop.now()) }
        reactor.wake()
    }

    /// Publishing happens here alone: after the events of a turn, so that a full window leaves in one send.
    override func turned(_ now: MonotonicTime) -> MonotonicTime? {
        guard isPublisher else { return nil }
        exchange.mailbox.drain { loopHas($0) }
        guard hasBegun, !isStopping, let publisher else { return nil }
        // Twice the ring on their way, and the counts of two publications would meet.
        let limit = UInt64(Self.ring / 2)
        if schedule == nil {
            while counts.sent - finished < min(UInt64(settings.inFlight), limit) {
                publish(on: publisher, EventLoop.now())
            }
        } else {
            while counts.sent - finished < limit, let (_, due) = schedule?.next(now) {
                publish(on: publisher, due)
            }
        }
        reactor.settle()
        return schedule?.nextDue
    }

    private func publish(on channel: ClientChannel, _ time: MonotonicTime) {
        publication.stamp(
            sender: UInt32(truncatingIfNeeded: channel.index),
            sequence: UInt32(truncatingIfNeeded: counts.sent),
            time: time.nanoseconds)
        message.removeAll(keepingCapacity: 1 << 20)
        message.append(settings.messages.publish.prefix)
        publication.bytes.withUnsafeBytes { message.append($0) }
        message.append(settings.messages.publish.suffix)
        channel.send(settings.isBinary ? .binary : .text, message.bytes)
        counts.sent &+= 1
    }

    override func ended(_ channel: ClientChannel, _ end: ChannelEnd) {
        if channel === publisher { publisher = nil }
        super.ended(channel, end)
    }

    override func closeAll() {
        publisher?.close(.normal)
        super.closeAll()
    }

    override var pending: UInt64 { isPublisher ? counts.sent - finished : 0 }
}

/// What the loops of a fan-out share: the numbers of publications that all subscribers of a loop have.
final class FanoutExchange: Sendable {
    let mailbox: Mailbox<UInt32>

    /// - Parameter wake: makes the publisher's loop take a turn.
    init(wake: @escaping @Sendable () -> Void) { mailbox = Mailbox(wake: wake) }
}
