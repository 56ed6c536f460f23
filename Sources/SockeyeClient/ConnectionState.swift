import Bytes
import WebSocketWire

/// What the loop keeps for one ``WebSocketConnection``: events not yet taken, and who waits for what.
final class ConnectionState: ClientChannelDelegate {
    var channel: ClientChannel?
    /// True after `close`: what is beyond the limit is dropped then, since pausing would keep the
    /// server's close frame out.
    private var isClosing = false
    private(set) var end: ConnectionEvent?

    private let inboundLimit: Int
    private var opening: CheckedContinuation<Result<ConnectionInfo, ClientError>, Never>?
    private var isCancelled = false
    /// Resumed with false when the connection ends first.
    private var drainWaiters: [CheckedContinuation<Bool, Never>] = []
    /// Pings under way, oldest first.
    private var pings: [(payload: [UInt8], waiter: CheckedContinuation<Bool, Never>)] = []
    private var endWaiters: [CheckedContinuation<ConnectionEvent, Never>] = []
    private var events: [ConnectionEvent?] = []
    /// 0 <= head <= events.count; what lies before it is taken.
    private var head = 0
    private var waitingBytes = 0
    private var waiters: [(id: UInt64, continuation: CheckedContinuation<ConnectionEvent?, Never>)] = []
    private var lastWaiterID: UInt64 = 0
    /// Cancelled before it had begun to wait: at most one, since there is one consumer.
    private var cancelledWaiter: UInt64?

    init(inboundLimit: Int) { self.inboundLimit = inboundLimit }

    // MARK: Opening

    /// False, and the task goes on with an error, when it was cancelled before it came here.
    func startOpening(_ continuation: CheckedContinuation<Result<ConnectionInfo, ClientError>, Never>) -> Bool
    {
        if isCancelled {
            continuation.resume(returning: .failure(.cancelled))
            return false
        }
        opening = continuation
        return true
    }

    /// Too late once the connection is open: then the caller has it.
    func cancelOpening() {
        isCancelled = true
        if opening != nil { channel?.abort() }
    }

    // MARK: For the consumer

    var isFinished: Bool { end != nil && head == events.count }

    func takeEvent() -> ConnectionEvent? {
        guard head < events.count, let event = events[head] else { return nil }
        events[head] = nil
        head += 1
        if head == events.count {
            events.removeAll(keepingCapacity: events.capacity <= 1024)
            head = 0
        }
        waitingBytes -= event.byteCount
        if waitingBytes <= inboundLimit / 2 { channel?.resume() }
        return event
    }

    func nextWaiterID() -> UInt64 {
        lastWaiterID += 1
        return lastWaiterID
    }

    // A task may be suspended between finding that it must wait and handing over its continuation, and a
    // turn of the loop may happen in between: so each of these looks again.

    func wait(_ id: UInt64, _ continuation: CheckedContinuation<ConnectionEvent?, Never>) {
        if let event = takeEvent() { return continuation.resume(returning: event) }
        if isFinished || cancelledWaiter == id { return continuation.resume(returning: nil) }
        waiters.append((id, continuation))
    }

    func waitForRoom(_ continuation: CheckedContinuation<Bool, Never>) {
        guard let channel else { return continuation.resume(returning: false) }
        guard channel.isBackedUp else { return continuation.resume(returning: true) }
        drainWaiters.append(continuation)
    }

    func ping(_ payload: [UInt8], _ continuation: CheckedContinuation<Bool, Never>) {
        guard let channel, payload.withUnsafeBytes({ channel.ping($0) }) else {
            return continuation.resume(returning: false)
        }
        pings.append((payload, continuation))
    }

    func close(
        _ code: CloseCode?, _ reason: String, _ continuation: CheckedContinuation<ConnectionEvent, Never>
    ) {
        if let end { return continuation.resume(returning: end) }
        isClosing = true
        endWaiters.append(continuation)
        channel?.close(code, reason: reason)
    }

    /// Nobody holds the connection any more.
    func abandon() {
        isClosing = true
        channel?.close(.goingAway)
    }

    func cancelWaiter(_ id: UInt64) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else {
            if id == lastWaiterID { cancelledWaiter = id }
            return
        }
        waiters.remove(at: index).continuation.resume(returning: nil)
    }

    private func push(_ event: ConnectionEvent) {
        if !waiters.isEmpty { return waiters.removeFirst().continuation.resume(returning: event) }
        // The end has no channel any more, and is never dropped.
        if isClosing && waitingBytes > inboundLimit && channel != nil { return }
        waitingBytes += event.byteCount
        if waitingBytes > inboundLimit && !isClosing { channel?.pause() }
        events.append(event)
    }

    // MARK: ClientChannelDelegate

    func channelDidOpen(_ channel: ClientChannel, _ info: ConnectionInfo) {
        opening?.resume(returning: .success(info))
        opening = nil
    }

    func channel(_ channel: ClientChannel, didReceive kind: MessageKind, _ payload: UnsafeRawBufferPointer) {
        switch kind {
        case .text: push(.message(.text(String(decoding: payload, as: UTF8.self))))
        case .binary: push(.message(.binary([UInt8](payload))))
        }
    }

    func channel(_ channel: ClientChannel, didReceivePing payload: UnsafeRawBufferPointer) {
        push(.ping([UInt8](payload)))
    }

    func channel(_ channel: ClientChannel, didReceivePong payload: UnsafeRawBufferPointer) {
        // A pong answers the ping with its payload, and every one before it (RFC 6455 §5.5.3).
        guard let index = pings.firstIndex(where: { payload.elementsEqual($0.payload) }) else {
            return push(.pong([UInt8](payload)))
        }
        for ping in pings[...index] { ping.waiter.resume(returning: true) }
        pings.removeSubrange(...index)
    }

    func channelDidDrain(_ channel: ClientChannel) {
        for waiter in drainWaiters { waiter.resume(returning: true) }
        drainWaiters = []
    }

    func channel(_ channel: ClientChannel, didEnd end: ChannelEnd) {
        self.channel = nil
        let event: ConnectionEvent =
            switch end {
            case .closed(let summary): .closed(summary)
            case .failed(let error): .failed(error)
            }
        self.end = event
        if case .failed(let error) = end { opening?.resume(returning: .failure(error)) }
        opening = nil
        for waiter in drainWaiters { waiter.resume(returning: false) }
        for ping in pings { ping.waiter.resume(returning: false) }
        for waiter in endWaiters { waiter.resume(returning: event) }
        drainWaiters = []
        pings = []
        endWaiters = []
        push(event)
        for waiter in waiters { waiter.continuation.resume(returning: nil) }
        waiters = []
    }
}
