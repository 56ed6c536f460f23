import SockeyeClient
import WebSocketWire

/// Idle: opens connections, lets them subscribe if asked to, and leaves them alone: the difference is
/// what one costs the server.
final class IdleDriver: BenchDriver {
    private var answer: ByteSearch
    private var refusal = ByteSearch(BenchMessages.refusal)
    private var isSubscribed: [Bool]

    override init(_ settings: BenchSettings, _ reactor: ClientReactor, share: BenchShare) {
        answer = ByteSearch(settings.messages.ready ?? [])
        isSubscribed = Array(repeating: false, count: share.numbers.count)
        super.init(settings, reactor, share: share)
    }

    override func opened(_ channel: ClientChannel) {
        guard let text = settings.messages.subscribe else { return isReady(channel) }
        Self.send(text, on: channel)
        if settings.messages.ready == nil { isReady(channel) }
    }

    override func received(_ channel: ClientChannel, _ kind: MessageKind, _ payload: UnsafeRawBufferPointer) {
        let index = local(channel)
        guard settings.messages.ready != nil, settings.messages.subscribe != nil, !isSubscribed[index] else {
            return
        }
        guard answer.end(in: payload) != nil else {
            if refusal.end(in: payload) != nil {
                counts.complain("the subscription was refused: \(Self.excerpt(payload))")
                channel.abort()
            }
            return
        }
        isSubscribed[index] = true
        isReady(channel)
    }

    /// One ping on each connection: memory that only grows with the first traffic shows.
    override func begin() {
        guard settings.touches else { return }
        for channel in channels {
            channel?.ping(UnsafeRawBufferPointer(start: nil, count: 0))
            counts.sent &+= 1
        }
        reactor.settle()
    }

    override func channel(_ channel: ClientChannel, didReceivePong payload: UnsafeRawBufferPointer) {
        counts.done &+= 1
    }

    override var pending: UInt64 { counts.sent - counts.done }
}
