import SockeyeClient
import WebSocketWire

/// Idle: opens connections, lets them subscribe if asked to, and leaves them alone: the difference is
/// what one costs the server.
final class IdleDriver: SubscribingDriver {
    override func received(_ channel: ClientChannel, _ kind: MessageKind, _ payload: UnsafeRawBufferPointer) {
        _ = settlesSubscription(channel, payload)
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
