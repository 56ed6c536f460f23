import SockeyeClient
import WebSocketWire

/// Connections that subscribe, where there is something to subscribe with, before they are ready.
class SubscribingDriver: BenchDriver {
    private var answer: ByteSearch
    private var refusal = ByteSearch(BenchMessages.refusal)
    private var isSubscribed: [Bool]

    override init(_ settings: BenchSettings, _ reactor: ClientReactor, share: BenchShare) {
        answer = ByteSearch(settings.messages.ready ?? [])
        isSubscribed = Array(repeating: settings.messages.ready == nil, count: share.numbers.count)
        super.init(settings, reactor, share: share)
    }

    override func opened(_ channel: ClientChannel) {
        if let text = settings.messages.subscribe { Self.send(text, on: channel) }
        if settings.messages.ready == nil { isReady(channel) }
    }

    /// Whether a message of a server is a refusal in Sockeye's protocol.
    final func isRefusal(_ bytes: UnsafeRawBufferPointer) -> Bool { refusal.end(in: bytes) != nil }

    /// Whether a message is all about subscribing: it came before that was done, and has been dealt with.
    final func settlesSubscription(_ channel: ClientChannel, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let index = local(channel)
        if isSubscribed[index] { return false }
        if answer.end(in: bytes) != nil {
            isSubscribed[index] = true
            isReady(channel)
        } else if isRefusal(bytes) {
            counts.complain("the subscription was refused: \(Self.excerpt(bytes))")
            channel.abort()
        }
        return true
    }
}
