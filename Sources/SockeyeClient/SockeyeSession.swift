import WebSocketWire

/// Topics over one connection to a Sockeye server: subscribe, publish, and the deliveries as a stream.
///
/// ```swift
/// var options = ConnectOptions()
/// options.token = AccessToken(token)
/// let session = try await SockeyeSession.connect("wss://example.com/ws", options: options)
/// try await session.subscribe("news")
/// for await delivery in session.deliveries { print(delivery.data) }
/// ```
/// It lives as long as its connection: ``ResumingSession`` comes back after a loss. A session that is let go of
/// closes its connection with 1001 and ends ``deliveries``.
public actor SockeyeSession {
    /// A message on a topic.
    public struct Delivery: Equatable, Sendable {
        /// The topic it was published on.
        public var topic: String
        /// The message's place in its topic, from 1.
        public var offset: UInt64?
        /// JSON text, byte for byte as published.
        public var data: String

        /// A delivery of these parts.
        public init(topic: String, offset: UInt64?, data: String) {
            self.topic = topic
            self.offset = offset
            self.data = data
        }
    }

    /// Where a subscription begins.
    public struct Position: Equatable, Sendable {
        /// The life of the topic's stream that the offsets belong to.
        public var epoch: String?
        /// The offset of the last message before the subscription.
        public var offset: UInt64?

        /// A position of these parts; nil for what the server did not tell.
        public init(epoch: String? = nil, offset: UInt64? = nil) {
            self.epoch = epoch
            self.offset = offset
        }
    }

    /// What an answer can be besides the one hoped for.
    public enum Failure: Error, Equatable, Sendable {
        /// The server said no.
        case refused(SockeyeFault)
        /// The connection is not, or no longer, there.
        case connection(ClientError)
        /// `data` is no JSON text.
        case notJSON
    }

    /// The connection underneath.
    ///
    /// Its ``WebSocketConnection/events`` belong to the session.
    public nonisolated let connection: WebSocketConnection
    /// The deliveries of all topics, in order of arrival; ends with the connection.
    ///
    /// For one task.
    ///
    /// The newest `deliveryLimit` are kept for a task that falls behind; what is dropped shows as a gap in
    /// the offsets.
    public nonisolated let deliveries: AsyncStream<Delivery>
    /// How many deliveries wait at most.
    public static let deliveryLimit = 10_000

    /// How long to wait before dialling again, where the server has said so before it went; nil where it has not.
    public private(set) var reconnectDelay: Duration?

    private let output: AsyncStream<Delivery>.Continuation
    private typealias Answer = Result<SockeyeEvent, Failure>

    /// The way of an answer: it may come before the task that asked has got round to waiting for it.
    private enum Question {
        case asked
        case awaited(CheckedContinuation<Answer, Never>)
        case answered(Answer)
    }

    /// By id; the authentication, which has none, under the empty one.
    private var questions: [String: Question] = [:]
    private var lastID: UInt64 = 0
    private var end: ClientError?
    private var summary: CloseSummary?
    /// Hears everything first, in its order; the next message is not read before it is done.
    private let observer: Observer?
    typealias Observer = @Sendable (SockeyeEvent) async -> Void
    /// Takes what comes; it holds the connection, and the session not.
    private var reader: Task<Void, Never>?

    private init(_ connection: WebSocketConnection, _ observer: Observer?) {
        self.connection = connection
        self.observer = observer
        (deliveries, output) = AsyncStream.makeStream(
            of: Delivery.self, bufferingPolicy: .bufferingNewest(Self.deliveryLimit))
    }

    deinit {
        reader?.cancel()
        output.finish()
    }

    /// Connects, and authenticates when the token travels in a message.
    public static func connect(_ url: String, options: ConnectOptions, on loop: ClientLoop? = nil)
        async throws(Failure) -> SockeyeSession
    {
        try await connect(url, options: options, on: loop, observer: nil)
    }

    static func connect(
        _ url: String, options: ConnectOptions, on loop: ClientLoop?, observer: Observer?
    ) async throws(Failure) -> SockeyeSession {
        do {
            let plan = try ConnectPlan(url, options: options)
            let session = SockeyeSession(
                try await WebSocketConnection.connect(plan, on: loop), observer)
            await session.start()
            if let token = plan.firstMessageToken { try await session.authenticate(token) }
            return session
        } catch let error as ClientError {
            throw .connection(error)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw .connection(.system("\(error)"))
        }
    }

    /// Sends the token as a message and waits until the server has accepted it.
    public func authenticate(_ token: String) async throws(Failure) {
        _ = try await ask("", .authenticate(token: token))
    }

    /// Subscribes and waits for the answer.
    ///
    /// - Parameter since: where the caller stands: what came after follows as deliveries, if `recovery` says so.
    /// - Returns: where the subscription begins, and what becomes of what was missed; nil without `since`.
    @discardableResult
    public func subscribe(_ topic: String, since: Position? = nil) async throws(Failure)
        -> (position: Position, recovery: SockeyeEvent.Recovery?)
    {
        let event = try await ask { .subscribe(topic: topic, since: since, id: $0) }
        guard case .subscribed(_, let epoch, let offset, let recovery, _) = event else {
            return (Position(), nil)
        }
        return (Position(epoch: epoch, offset: offset), recovery)
    }

    /// Unsubscribes and waits for the answer.
    public func unsubscribe(_ topic: String) async throws(Failure) {
        _ = try await ask { .unsubscribe(topic: topic, id: $0) }
    }

    /// Publishes and waits until the server has taken it.
    ///
    /// - Parameters:
    ///   - data: JSON text.
    ///   - key: makes publishing twice publishing once, where the topic keeps keys; up to 128 bytes.
    /// - Returns: the message's offset in its topic.
    @discardableResult
    public func publish(_ data: String, to topic: String, key: String? = nil) async throws(Failure) -> UInt64?
    {
        guard SockeyeCommand.isJSON(data) else { throw .notJSON }
        let event = try await ask { .publish(topic: topic, data: data, key: key, id: $0) }
        guard case .published(_, let offset, _) = event else { return nil }
        return offset
    }

    /// Closes the connection; ``deliveries`` ends.
    public func close() async {
        _ = try? await connection.close(.normal)
    }

    /// Waits for the end of the connection, and tells how it came.
    var ending: ReconnectPolicy.Ending {
        get async {
            await reader?.value
            if let summary { return .closed(summary) }
            return .failed(end ?? .closed)
        }
    }

    private func ask(_ command: (String) -> SockeyeCommand) async throws(Failure) -> SockeyeEvent {
        lastID += 1
        return try await ask("\(lastID)", command("\(lastID)"))
    }

    private func ask(_ id: String, _ command: SockeyeCommand) async throws(Failure) -> SockeyeEvent {
        if let end { throw .connection(end) }
        questions[id] = .asked
        do {
            try await connection.send(text: command.text)
        } catch {
            questions[id] = nil
            throw .connection(end ?? error)
        }
        return try await withCheckedContinuation { wait(for: id, $0) }.get()
    }

    private func wait(for id: String, _ continuation: CheckedContinuation<Answer, Never>) {
        if case .answered(let answer) = questions[id] {
            questions[id] = nil
            return continuation.resume(returning: answer)
        }
        questions[id] = .awaited(continuation)
    }

    private func answer(_ id: String, _ answer: Answer) {
        switch questions[id] {
        case .asked: questions[id] = .answered(answer)
        case .awaited(let continuation):
            questions[id] = nil
            continuation.resume(returning: answer)
        case .answered, nil: break
        }
    }

    private func start() {
        let (events, observer) = (connection.events, observer)
        reader = Task { [weak self] in
            for await event in events {
                if case .message(.text(let text)) = event {
                    let said = SockeyeEvent(text)
                    await observer?(said)
                    await self?.take(said)
                } else {
                    await self?.take(event)
                }
            }
            await self?.finish()
        }
    }

    private func take(_ event: ConnectionEvent) {
        switch event {
        case .failed(let error): end = error
        case .closed(let summary):
            end = .closed
            self.summary = summary
        case .message, .ping, .pong: break
        }
    }

    private func take(_ event: SockeyeEvent) {
        switch event {
        case .message(let topic, let offset, let data):
            output.yield(Delivery(topic: topic, offset: offset, data: data))
        case .authenticated: answer("", .success(event))
        case .error(let fault): answer(fault.id ?? "", .failure(.refused(fault)))
        case .subscribed, .unsubscribed, .published:
            if let id = event.id { answer(id, .success(event)) }
        case .goingAway(let delay): reconnectDelay = delay
        case .pong, .other: break
        }
    }

    private func finish() {
        let error = end ?? .closed
        end = error
        for id in Array(questions.keys) { answer(id, .failure(.connection(error))) }
        output.finish()
    }
}
