/// What brings a Socket.IO client back after a restart.
public struct StoredSocket: Equatable, Sendable {
    /// The private id that its client asks by.
    public let id: String
    /// For how long it is kept once the client is cut off, in milliseconds.
    public let kept: Int64
    /// JSON.
    public let state: [UInt8]

    /// A socket from its parts.
    public init(id: String, kept: Int64, state: [UInt8]) {
        self.id = id
        self.kept = kept
        self.state = state
    }
}
