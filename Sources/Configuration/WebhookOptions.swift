/// One `[[webhook]]` entry: a URL that is told of what happens, or asked before it does.
public struct WebhookOptions: Sendable, Equatable {
    /// What can happen.
    public enum Event: String, CaseIterable, Sendable {
        /// A user has shown a good token on a new connection.
        case connect
        /// A client wants the messages of a topic.
        case subscribe
        /// A client sends a message to a topic.
        case publish
        /// A user's connection has ended.
        case disconnect
    }

    /// What becomes of a command when the webhook that decides about it cannot be asked.
    public enum Fallback: String, CaseIterable, Sendable {
        /// It is carried out.
        case allow
        /// It is not.
        case deny
    }

    /// Where events are posted to.
    public var url: String
    /// Which of them.
    public var events: [Event] = []
    /// A file with the secret that signs them; `nil`: they are not signed.
    public var secretFile: String?
    /// Whether the answer decides.
    public var decide = false
    /// How long an answer may take.
    public var timeout: Duration = .seconds(5)
    /// How long a delivery that fails is tried again.
    public var retry: Duration = .seconds(900)
    /// Whether events wait on disk, so that a crash loses none.
    public var durable = false
    /// What happens without a decision.
    public var onFailure = Fallback.deny

    /// An entry with the defaults.
    public init(url: String) {
        self.url = url
    }
}
