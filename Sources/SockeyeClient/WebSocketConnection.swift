public import WebSocketWire

/// A WebSocket connection for Swift programs.
///
/// ```swift
/// let connection = try await WebSocketConnection.connect("wss://example.com/ws")
/// try await connection.send(text: "hello")
/// for try await message in connection.messages { print(message) }
/// ```
/// Pings are answered by themselves. Memory is bounded both ways: ``send(text:compressed:)`` suspends while
/// the network does not keep up, and nothing is read while nobody takes what has come. A connection that is
/// let go of closes with 1001.
///
/// Sendable: it may be used from any task; ``events`` and ``messages`` share one stream, so one of them
/// should be read by one task.
public final class WebSocketConnection: Sendable {
    /// What the handshake told, and how long it took.
    public let info: ConnectionInfo

    private let id: UInt64
    private let loop: ClientLoop

    private init(id: UInt64, info: ConnectionInfo, loop: ClientLoop) {
        self.id = id
        self.info = info
        self.loop = loop
    }

    deinit { loop.abandon(id) }

    /// Connects: name, TCP, TLS, upgrade.
    ///
    /// - Parameters:
    ///   - url: `ws`, `wss`, or `http` and `https`, which mean the same here.
    ///   - loop: the loop to live on; nil takes ``ClientLoop/shared()``.
    /// - Throws: ``ClientError``; a cancelled task gives ``ClientError/cancelled``.
    public static func connect(
        _ url: String, options: ConnectOptions = ConnectOptions(), on loop: ClientLoop? = nil
    )
        async throws(ClientError) -> WebSocketConnection
    {
        try await connect(ConnectPlan(url, options: options), on: loop)
    }

    /// As ``connect(_:options:on:)``, from a plan that was checked before.
    public static func connect(_ plan: ConnectPlan, on loop: ClientLoop? = nil) async throws(ClientError)
        -> WebSocketConnection
    {
        let loop = if let loop { loop } else { try ClientLoop.shared() }
        let (id, info) = try await loop.connect(plan)
        return WebSocketConnection(id: id, info: info, loop: loop)
    }

    /// Sends one text message.
    ///
    /// Returns when it is on its way, or waits for its turn below the high watermark.
    ///
    /// - Parameter compressed: whether to compress it where compression was agreed on. Turn it off for text
    ///   that holds a secret next to something an attacker may choose.
    /// - Throws: ``ClientError/closed`` when the connection is closed or closing.
    public func send(text: String, compressed: Bool = true) async throws(ClientError) {
        try await loop.send(id, .text(text), compresses: compressed)
    }

    /// Sends one binary message; else as ``send(text:compressed:)``.
    public func send(binary bytes: [UInt8], compressed: Bool = true) async throws(ClientError) {
        try await loop.send(id, .binary(bytes), compresses: compressed)
    }

    /// Sends a message as it is.
    public func send(_ message: Message, compressed: Bool = true) async throws(ClientError) {
        try await loop.send(id, message, compresses: compressed)
    }

    /// Sends a ping and waits for its pong.
    ///
    /// - Parameter payload: at most 125 bytes.
    /// - Returns: the time between the two.
    /// - Throws: ``ClientError/closed`` when the connection ends first, ``ClientError/requestInvalid(_:)``
    ///   for a longer payload.
    public func ping(_ payload: [UInt8] = []) async throws(ClientError) -> Duration {
        try await loop.ping(id, payload)
    }

    /// Closes the connection and waits for the end of it, at most twice ``ConnectOptions/closeTimeout``.
    ///
    /// Messages that come in the meantime can still be taken from ``events``.
    /// - Parameters:
    ///   - code: 1000, or 3000 ... 4999 (RFC 6455 §7.4.2); nil sends a close frame without a code.
    ///   - reason: cut at 123 bytes.
    /// - Returns: how it ended: ``ConnectionEvent/closed(_:)`` or ``ConnectionEvent/failed(_:)``.
    /// - Throws: ``ClientError/requestInvalid(_:)`` for a code that may not be sent.
    @discardableResult
    public func close(_ code: CloseCode? = .normal, reason: String = "") async throws(ClientError)
        -> ConnectionEvent
    {
        if let code, !code.isValidOnWire {
            throw .requestInvalid("the close code \(code.rawValue) may not be sent")
        }
        return await loop.close(id, code, reason) ?? .failed(.closed)
    }

    /// Everything that happens, in order; ends after the event that tells the end.
    public var events: Events { Events(connection: self) }

    /// The messages alone; ends after a clean close, throws after a failure.
    public var messages: Messages { Messages(connection: self) }

    func next() async -> ConnectionEvent? { await loop.next(id) }
}

extension WebSocketConnection {
    /// See ``WebSocketConnection/events``.
    public struct Events: AsyncSequence, Sendable {
        let connection: WebSocketConnection

        /// Takes one after the other.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let connection: WebSocketConnection

            /// The next one; nil at the end, and when the task is cancelled.
            public mutating func next() async -> ConnectionEvent? { await connection.next() }
            /// The next one; nil at the end, and when the task is cancelled.
            public mutating func next(isolation actor: isolated (any Actor)?) async -> ConnectionEvent? {
                await connection.next()
            }
        }

        /// An iterator; all of them share the connection's one stream.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection: connection) }
    }

    /// See ``WebSocketConnection/messages``.
    public struct Messages: AsyncSequence, Sendable {
        let connection: WebSocketConnection

        /// Takes one after the other.
        public struct AsyncIterator: AsyncIteratorProtocol {
            let connection: WebSocketConnection

            /// The next one; nil at the end, and when the task is cancelled.
            public mutating func next() async throws(ClientError) -> Message? {
                try await next(isolation: nil)
            }

            /// The next one; nil at the end, and when the task is cancelled.
            public mutating func next(isolation actor: isolated (any Actor)?) async throws(ClientError)
                -> Message?
            {
                while let event = await connection.next() {
                    switch event {
                    case .message(let message): return message
                    case .failed(let error): throw error
                    case .closed(let summary):
                        if !summary.isClean {
                            throw .connectionLost(detail: "the server did not answer the close frame")
                        }
                        return nil
                    case .ping, .pong: continue
                    }
                }
                return nil
            }
        }

        /// An iterator; all of them share the connection's one stream.
        public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(connection: connection) }
    }
}
