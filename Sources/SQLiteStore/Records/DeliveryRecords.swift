/// An event on its way to a webhook.
public struct StoredDelivery: Equatable, Sendable {
    /// The same for every try, so that the receiver can tell a repetition.
    public let id: String
    /// Its kind, such as `disconnect`.
    public let event: String
    /// JSON.
    public let body: [UInt8]
    /// When it happened, in milliseconds since 1970.
    public let createdAt: Int64

    /// A delivery from its parts.
    public init(id: String, event: String, body: [UInt8], createdAt: Int64) {
        self.id = id
        self.event = event
        self.body = body
        self.createdAt = createdAt
    }
}
