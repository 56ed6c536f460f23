/// One `[[call]]` entry: a backend whose answers are streamed to clients.
public struct CallOptions: Sendable, Equatable {
    /// How an answer is taken apart.
    public enum Format: String, CaseIterable, Sendable {
        /// As its `Content-Type` says; the text of AI answers is taken out of their events.
        case auto
        /// Server-sent events, each as it is.
        case sse
        /// A JSON value per line.
        case ndjson
        /// Server-sent events of an OpenAI-style service: the text of their deltas.
        case openai
        /// Text, as it comes.
        case text
    }

    /// What clients call it.
    public var name: String
    /// Where calls are posted to.
    public var url: String
    /// How an answer is taken apart.
    public var format = Format.auto
    /// A file with header lines for every request; `nil`: none.
    public var headerFile: String?
    /// Whether the backend is told the claims of the caller's token.
    public var claims = true
    /// A file with the secret that signs calls; `nil`: they are not signed.
    public var secretFile: String?
    /// From the call to the end of the answer.
    public var timeout: Duration = .seconds(600)
    /// Without a byte of the answer, time spent held not counted.
    public var idle: Duration = .seconds(60)
    /// How long an answer is kept after its end.
    public var keep: Duration = .seconds(120)
    /// The longest answer, in bytes of the messages it becomes.
    public var limit = 4 << 20
    /// How many answers one user may have under way.
    public var concurrent = 4

    /// An entry with the defaults.
    public init(name: String, url: String) {
        self.name = name
        self.url = url
    }
}
