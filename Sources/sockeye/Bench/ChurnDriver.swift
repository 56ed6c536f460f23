import Bytes
import EventLoop
import SockeyeClient
import WebSocketWire

/// Churn: every connection connects, authenticates if there is a token, closes with 1000, and begins again.
final class ChurnDriver: BenchDriver {
    private var startedAt: [MonotonicTime]
    private var isOpen: [Bool]
    /// Those to dial again: not from inside the end of the one before.
    private var again: [Int] = []
    private var hasBegun = false

    override init(_ settings: BenchSettings, _ reactor: ClientReactor, share: BenchShare) {
        startedAt = Array(repeating: EventLoop.now(), count: share.numbers.count)
        isOpen = Array(repeating: false, count: share.numbers.count)
        super.init(settings, reactor, share: share)
    }

    override func opened(_ channel: ClientChannel) {
        let index = local(channel)
        isOpen[index] = true
        if isMeasuring { counts.latency.add(EventLoop.now().nanoseconds &- startedAt[index].nanoseconds) }
        if !hasBegun { isReady(channel) }
        // A token sent as a message is answered before the close frame is: servers take messages in order.
        channel.close(.normal)
    }

    override func ended(_ channel: ClientChannel, _ end: ChannelEnd) {
        let index = local(channel)
        if case .closed(let summary) = end, summary.isClean {
            counts.done &+= 1
        } else if !isStopping {
            if !isOpen[index], !hasBegun { return failed(channel, end) }
            counts.complain("connection \(channel.index): \(Self.words(end))")
        }
        isOpen[index] = false
        if !isStopping {
            again.append(index)
            reactor.wake()
        }
    }

    override func begin() {
        hasBegun = true
    }

    override func turned(_ now: MonotonicTime) -> MonotonicTime? {
        guard !again.isEmpty, !isStopping else { return nil }
        let indices = again
        again.removeAll(keepingCapacity: true)
        for index in indices {
            startedAt[index] = EventLoop.now()
            counts.sent &+= 1
            redial(numbers.lowerBound + index)
        }
        return nil
    }

    override var pending: UInt64 { UInt64(channels.count { $0 != nil }) }
}
