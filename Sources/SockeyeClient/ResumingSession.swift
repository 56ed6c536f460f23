import Bytes

/// Topics of a Sockeye server, over as many connections as it takes.
///
/// ```swift
/// let session = try ResumingSession("wss://example.com/ws") { AccessToken(try await freshToken()) }
/// try await session.subscribe("news")
/// for await event in session.events {
///     switch event {
///     case .delivery(let delivery): print(delivery.data)
///     case .gap(let topic, _): await load(topic)
///     default: break
///     }
/// }
/// ```
/// When a connection ends it dials again, as ``ReconnectPolicy`` says, with a token it asks for anew, and asks for each topic
/// from where it was: what was missed follows as deliveries, or ``Event/gap(topic:reason:)`` says that it may be lost. It dials until
/// ``close()``, or until dialling again would change nothing.
public actor ResumingSession {
    /// What happens, in its order.
    public enum Event: Equatable, Sendable {
        /// A connection is open and authenticated; subscriptions are asked for.
        case connected
        /// A message on a topic.
        case delivery(SockeyeSession.Delivery)
        /// After a reconnect: nothing of the topic was missed, or all of it follows.
        case recovered(topic: String)
        /// After a reconnect: messages may be missing; the server's reason, such as `epoch_changed`.
        case gap(topic: String, reason: String?)
        /// After a reconnect: the server does not give the topic any more.
        case refused(topic: String, SockeyeFault)
        /// The connection is gone, or could not be made; it dials again when this time has passed.
        case disconnected(ReconnectPolicy.Ending, again: Duration)
        /// The last event: it does not dial again.
        case ended(ReconnectPolicy.Ending)
    }

    /// Gives the token for the next attempt, at each attempt; nil for none.
    public typealias TokenProvider = @Sendable () async throws -> AccessToken?

    /// Everything that happens; ends after ``Event/ended(_:)``, and after ``close()``.
    ///
    /// For one task. The newest ``SockeyeSession/deliveryLimit`` are kept for a task that falls behind; what is dropped shows as
    /// a gap in the offsets.
    public nonisolated let events: AsyncStream<Event>

    private let url: String
    private let options: ConnectOptions
    private let policy: ReconnectPolicy
    private let loop: ClientLoop?
    private let token: TokenProvider?
    private let output: AsyncStream<Event>.Continuation
    private var positions = TopicPositions()
    private var session: SockeyeSession?
    private var runner: Task<Void, Never>?
    private var isClosed = false

    /// Begins to dial.
    ///
    /// - Parameters:
    ///   - options: with a `token` of their own where no `token` closure is given.
    ///   - token: asked at every attempt, so that none is made with a token that has ended.
    /// - Throws: ``ClientError/urlInvalid(_:)``, ``ClientError/requestInvalid(_:)``.
    public init(
        _ url: String, options: ConnectOptions = ConnectOptions(),
        policy: ReconnectPolicy = ReconnectPolicy(),
        on loop: ClientLoop? = nil, token: TokenProvider? = nil
    ) throws(ClientError) {
        _ = try ConnectPlan(url, options: options)
        self.url = url
        self.options = options
        self.policy = policy
        self.loop = loop
        self.token = token
        (events, output) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(SockeyeSession.deliveryLimit))
        Task { await self.start() }
    }

    /// Subscribes now, or with the next connection while there is none; the topic is asked for again after every loss.
    ///
    /// - Throws: what the server has against it; the topic is then not asked for again.
    public func subscribe(_ topic: String) async throws(SockeyeSession.Failure) {
        positions.want(topic)
        guard let session else { return }
        do {
            _ = try await session.subscribe(topic)
        } catch .refused(let fault) {
            positions.forget(topic)
            throw .refused(fault)
        } catch {
            // The connection went meanwhile: the next one asks.
        }
    }

    /// Unsubscribes; the topic is not asked for again.
    public func unsubscribe(_ topic: String) async throws(SockeyeSession.Failure) {
        positions.forget(topic)
        try await session?.unsubscribe(topic)
    }

    /// Publishes and waits until the server has taken it.
    ///
    /// - Parameters:
    ///   - data: JSON text.
    ///   - key: makes publishing twice publishing once, where the topic keeps keys: then it may be tried again after a failure
    ///     of which nobody knows how far it got.
    /// - Returns: the message's offset in its topic.
    /// - Throws: ``SockeyeSession/Failure/connection(_:)`` while there is no connection: nothing is published later.
    @discardableResult
    public func publish(_ data: String, to topic: String, key: String? = nil)
        async throws(SockeyeSession.Failure) -> UInt64?
    {
        guard let session else { throw .connection(.closed) }
        return try await session.publish(data, to: topic, key: key)
    }

    /// How far a topic was seen; nil when that is not known.
    public func position(of topic: String) -> SockeyeSession.Position? {
        positions.position(of: topic)
    }

    /// Closes the connection and dials no more; ``events`` ends.
    public func close() async {
        isClosed = true
        runner?.cancel()
        await session?.close()
        output.finish()
    }

    // MARK: Dialling

    private func start() {
        guard !isClosed else { return }
        runner = Task { await self.run() }
    }

    private func run() async {
        var (waits, refused) = (0, String?.none)
        var generator = SystemRandomNumberGenerator()
        while !isClosed {
            var attempt = options
            let ending: ReconnectPolicy.Ending
            var window: Duration?
            do {
                if let token { attempt.token = try await token() }
                let session = try await SockeyeSession.connect(
                    url, options: attempt, on: loop, observer: { [weak self] in await self?.hear($0) })
                if isClosed { return await session.close() }
                waits = 0
                (ending, window) = await live(in: session)
            } catch let failure as SockeyeSession.Failure {
                ending = ReconnectPolicy.Ending(failure)
            } catch {
                // The application's own; another attempt asks again.
                ending = .failed(.system("no token: \(error)"))
            }
            session = nil
            positions.disconnected()
            if isClosed { return }
            let used = attempt.token?.value
            let verdict = policy.judge(
                ending, waits: waits, window: window, canRenewToken: token != nil && used != refused,
                random: generator.next())
            // The same token a second time is refused a second time.
            if ending.isAboutToken { refused = used }
            guard case .again(let delay) = verdict else {
                output.yield(.ended(ending))
                return output.finish()
            }
            output.yield(.disconnected(ending, again: delay))
            waits += 1
            try? await Task.sleep(for: delay)
        }
    }

    /// From the first subscription to the end of a connection.
    private func live(in session: SockeyeSession) async -> (ReconnectPolicy.Ending, Duration?) {
        self.session = session
        output.yield(.connected)
        for (topic, since) in positions.wanted {
            do {
                _ = try await session.subscribe(topic, since: since)
            } catch .refused(let fault) where !fault.isTransient {
                positions.forget(topic)
                output.yield(.refused(topic: topic, fault))
            } catch {
                // The end of the connection tells why; a refusal that time mends is met by the next connection.
            }
        }
        let ending = await session.ending
        return (ending, await session.reconnectDelay)
    }

    /// What the server says, in its order and before anybody waiting for an answer goes on.
    private func hear(_ event: SockeyeEvent) {
        let recovery = positions.hear(event)
        switch event {
        case .message(let topic, let offset, let data):
            output.yield(.delivery(SockeyeSession.Delivery(topic: topic, offset: offset, data: data)))
        case .subscribed(let topic, _, _, _, _):
            switch recovery {
            case .complete, .nothingMissed: output.yield(.recovered(topic: topic))
            case .gap(let reason): output.yield(.gap(topic: topic, reason: reason))
            case nil: break
            }
        case .authenticated, .error, .goingAway, .other, .pong, .published, .unsubscribed: break
        }
    }
}

extension ReconnectPolicy.Ending {
    /// Of an attempt that did not get as far as an open session.
    init(_ failure: SockeyeSession.Failure) {
        switch failure {
        case .refused(let fault): self = .refused(fault)
        case .connection(let error): self = .failed(error)
        // Nothing but a publication is checked for that.
        case .notJSON: self = .failed(.requestInvalid("the data is no JSON text"))
        }
    }
}
