import Bytes
import EventLoop
import HTTPWire
import Transport
import WebSocketWire

/// A thread with an event loop that carries client connections: thousands if need be.
///
/// The actor's executor is the loop's thread. ``shared()`` serves a whole program; make more of them to use
/// more cores.
public actor ClientLoop {
    private let loop: EventLoop
    private let reactor: ClientReactor
    private let resolver: Resolver
    private let mailbox: Mailbox<Notice>
    private var connections: [UInt64: ConnectionState] = [:]
    private var nextID: UInt64 = 1

    /// What reaches the loop from where nobody can wait: cancellation handlers and deinitialisers.
    enum Notice: Sendable {
        case cancelOpening(UInt64)
        case cancelNext(UInt64, waiter: UInt64)
        case abandon(UInt64)
    }

    /// The loop's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The loop that ``WebSocketConnection/connect(_:options:on:)`` takes unless told otherwise; its thread
    /// starts with the first call.
    public static func shared() throws(ClientError) -> ClientLoop { try sharedLoop.get() }

    private static let sharedLoop: Result<ClientLoop, ClientError> = {
        do throws(ClientError) { return .success(try ClientLoop(name: "sockeye-client")) } catch {
            return .failure(error)
        }
    }()

    /// - Parameter name: of the thread, as `ps -L` shows it; 15 bytes are kept.
    /// - Throws: ``ClientError/system(_:)`` when the system has no descriptor or thread left.
    public init(name: String) throws(ClientError) {
        do {
            loop = try EventLoop(name: name)
        } catch {
            throw .system("\(error)")
        }
        let loop = loop
        reactor = ClientReactor(loop: loop)
        resolver = Resolver()
        mailbox = Mailbox { loop.wake() }
        do {
            try loop.start { events, now in
                return self.assumeIsolated { $0.turn(events, now) }
            }
        } catch {
            throw .system("\(error)")
        }
    }

    private func turn(_ events: UnsafeBufferPointer<ReadyEvent>, _ now: MonotonicTime) -> MonotonicTime? {
        mailbox.drain { take($0) }
        return reactor.turn(events, now)
    }

    private func take(_ notice: Notice) {
        switch notice {
        case .cancelOpening(let id): connections[id]?.cancelOpening()
        case .cancelNext(let id, let waiter): connections[id]?.cancelWaiter(waiter)
        case .abandon(let id):
            connections.removeValue(forKey: id)?.abandon()
        }
    }
}

extension ClientLoop {
    func connect(_ plan: ConnectPlan) async throws(ClientError) -> (id: UInt64, info: ConnectionInfo) {
        let (addresses, time) = try await resolve(plan)
        let id = nextID
        nextID += 1
        let state = ConnectionState(inboundLimit: plan.options.inboundHighWatermark)
        connections[id] = state
        let mailbox = mailbox
        let result = await withTaskCancellationHandler {
            await open(state, plan, addresses, time)
        } onCancel: {
            mailbox.post(.cancelOpening(id))
        }
        if case .failure = result { connections[id] = nil }
        return (id, try result.get())
    }

    private func open(
        _ state: ConnectionState, _ plan: ConnectPlan, _ addresses: [SocketAddress], _ time: Duration?
    ) async -> Result<ConnectionInfo, ClientError> {
        await withCheckedContinuation { continuation in
            guard state.startOpening(continuation) else { return }
            state.channel = reactor.connect(plan, to: addresses, resolvedIn: time, delegate: state)
        }
    }

    private func resolve(_ plan: ConnectPlan) async throws(ClientError) -> (
        addresses: [SocketAddress], time: Duration?
    ) {
        if let literal = SocketAddress(ip: plan.url.host, port: plan.url.port) { return ([literal], nil) }
        let start = EventLoop.now()
        do {
            let addresses = try await resolver.resolve(
                host: plan.url.host, port: plan.url.port, timeout: plan.options.timeout)
            return (addresses, EventLoop.now() - start)
        } catch {
            throw ClientError(error)
        }
    }

    func next(_ id: UInt64) async -> ConnectionEvent? {
        guard let state = connections[id] else { return nil }
        if let event = state.takeEvent() { return event }
        if state.isFinished { return nil }
        let waiter = state.nextWaiterID()
        let mailbox = mailbox
        return await withTaskCancellationHandler {
            await wait(id, waiter)
        } onCancel: {
            mailbox.post(.cancelNext(id, waiter: waiter))
        }
    }

    /// A method, because the operation of a cancellation handler is isolated to the actor only when it
    /// captures the actor: a closure that touches the state alone is compiled without a word, and runs on
    /// the global pool.
    private func wait(_ id: UInt64, _ waiter: UInt64) async -> ConnectionEvent? {
        guard let state = connections[id] else { return nil }
        return await withCheckedContinuation { state.wait(waiter, $0) }
    }

    func send(_ id: UInt64, _ message: Message, compresses: Bool) async throws(ClientError) {
        guard let state = connections[id], let channel = state.channel else { throw .closed }
        let isSent =
            switch message {
            case .text(var text):
                text.withUTF8 { channel.send(.text, UnsafeRawBufferPointer($0), compresses: compresses) }
            case .binary(let bytes):
                bytes.withUnsafeBytes { channel.send(.binary, $0, compresses: compresses) }
            }
        guard isSent else { throw .closed }
        // Suspending at every message would cost a turn each; only a full queue makes the sender wait.
        guard channel.queuedBytes > channel.plan.options.outboundHighWatermark else { return }
        channel.flush()
        guard channel.isBackedUp else { return }
        guard await withCheckedContinuation({ state.waitForRoom($0) }) else { throw .closed }
    }

    func ping(_ id: UInt64, _ payload: [UInt8]) async throws(ClientError) -> Duration {
        guard let state = connections[id] else { throw .closed }
        guard payload.count <= 125 else {
            throw .requestInvalid("a ping carries at most 125 bytes, not \(payload.count)")
        }
        let start = EventLoop.now()
        guard await withCheckedContinuation({ state.ping(payload, $0) }) else { throw .closed }
        return EventLoop.now() - start
    }

    func close(_ id: UInt64, _ code: CloseCode?, _ reason: String) async -> ConnectionEvent? {
        guard let state = connections[id] else { return nil }
        return await withCheckedContinuation { state.close(code, reason, $0) }
    }

    nonisolated func abandon(_ id: UInt64) { mailbox.post(.abandon(id)) }
}
