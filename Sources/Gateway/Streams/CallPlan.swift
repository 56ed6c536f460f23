import Bytes
import Configuration
import HTTPWire
import Outgoing

/// A `[[call]]` entry, ready to be carried out.
struct CallPlan: Sendable {
    let name: String
    let keep: Duration
    /// Bytes of messages at most.
    let limit: Int
    /// Answers one user may have under way, and as many that have ended.
    let concurrent: Int
    /// Whether the backend is told the caller's claims.
    let tellsClaims: Bool
    private let format: CallOptions.Format
    private let secret: [UInt8]?
    private let template: OutgoingRequest

    init(_ options: CallOptions) throws(ServeError) {
        name = options.name
        keep = options.keep
        limit = options.limit
        concurrent = options.concurrent
        tellsClaims = options.claims
        format = options.format
        secret = try options.secretFile.map { path throws(ServeError) in try SecretFile.line(path) }
        var headers = try HeaderFile.read(options.headerFile)
        func add(_ name: String, _ value: String) {
            if !headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
                headers.append((name: name, value: value))
            }
        }
        add("Content-Type", "application/json")
        add("Accept", Self.accepted(options.format))
        var template = OutgoingRequest("POST", options.url, headers: headers)
        template.totalTimeout = options.timeout
        template.idleTimeout = options.idle
        // What is kept of an answer is bounded; the frames around it are not kept.
        template.responseLimit = .max
        self.template = template
    }

    /// The request of one call, signed where there is a secret.
    func request(_ body: [UInt8], unixSeconds: Int64) -> OutgoingRequest {
        var request = template
        if let secret {
            request.headers.append(
                (
                    name: "Sockeye-Signature",
                    value: WebhookSignature.header(secret: secret, body: body, unixSeconds: unixSeconds)
                ))
        }
        request.body = body
        return request
    }

    /// What takes an answer apart.
    func decoder(for head: OutgoingHead, pieceLimit: Int) -> PieceDecoder {
        var limits = PieceLimits()
        (limits.line, limits.piece) = (pieceLimit, pieceLimit)
        let form: PieceForm =
            switch format {
            case .auto: PieceForm(contentType: head.fields["content-type"])
            case .ndjson: .lines
            case .openai, .sse: .events
            case .text: .text
            }
        return PieceDecoder(form, deltas: format == .sse ? .untouched : .extracted, limits: limits)
    }

    private static func accepted(_ format: CallOptions.Format) -> String {
        switch format {
        case .auto: "text/event-stream, application/x-ndjson, application/json, text/plain"
        case .ndjson: "application/x-ndjson"
        case .openai, .sse: "text/event-stream"
        case .text: "text/plain"
        }
    }
}
