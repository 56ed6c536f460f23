import Bytes
import HTTPWire
import JSON

/// An HTTP answer that is no upgrade, read for its explanation.
///
/// Sockeye and other careful servers explain a refusal as JSON; a proxy or a web application answers with
/// its own page, which tells that the request never reached the WebSocket server.
public struct HTTPRefusal: Equatable, Sendable {
    /// What the body turned out to be.
    public enum Body: Equatable, Sendable {
        /// Nothing, or nothing printable.
        case empty
        /// JSON with an explanation: whichever of the fields were there.
        case explained(Explanation)
        /// A page made for a browser; its title if it has one.
        case page(title: String?)
        /// Plain text, or JSON of an unknown shape: the first 500 characters.
        case text(String)
    }

    /// What a server said about its refusal.
    public struct Explanation: Equatable, Sendable {
        /// Stable, the server's own.
        public var code: String?
        /// What is wrong.
        public var message: String?
        /// What to do.
        public var remedy: String?
        /// Which hop on the way the server suspects, and why.
        public var suspectedHop: String?
        /// Lines for the configuration of nginx.
        public var nginx: [String]

        /// An explanation of these parts.
        public init(
            code: String? = nil, message: String? = nil, remedy: String? = nil, suspectedHop: String? = nil,
            nginx: [String] = []
        ) {
            self.code = code
            self.message = message
            self.remedy = remedy
            self.suspectedHop = suspectedHop
            self.nginx = nginx
        }
    }

    /// The HTTP status: 200 to 599.
    public var status: Int
    /// The reason phrase as sent; may be empty.
    public var reason: String
    /// The `Server` field: tells which hop answered.
    public var server: String?
    /// The body, read for its explanation.
    public var body: Body

    /// A refusal of these parts.
    public init(status: Int, reason: String, server: String?, body: Body) {
        self.status = status
        self.reason = reason
        self.server = server
        self.body = body
    }

    init(head: ResponseHead, body bytes: [UInt8]) {
        self.init(
            status: head.status, reason: head.reason, server: head.fields["Server"],
            body: Self.read(bytes, contentType: head.fields["Content-Type"] ?? ""))
    }
}

extension HTTPRefusal: CustomStringConvertible {
    /// What the server answered, in one line; safe to show on a terminal.
    public var description: String {
        var text = "the server answered \(status)"
        if !reason.isEmpty { text += " \(Excerpt.line(reason, limit: 80))" }
        text += " instead of 101"
        if let server, !server.isEmpty { text += " (Server: \(Excerpt.line(server, limit: 80)))" }
        switch body {
        case .empty: break
        case .explained(let explanation):
            if let message = explanation.message { text += ": " + message }
            if let code = explanation.code { text += " [\(code)]" }
        case .page(let title):
            text += title.map { ": a web page, “\($0)”" } ?? ": a web page"
        case .text(let words): text += ": " + words
        }
        return text
    }

    /// The server's own remedy where it sent one, else what the status usually means for a WebSocket.
    public var advice: String {
        if case .explained(let explanation) = body, let remedy = explanation.remedy { return remedy }
        if case .page = body, (200..<300).contains(status) || status == 404 {
            return
                "the request reached a web application, not the WebSocket server: check the path, and that every proxy on the way passes "
                + "this path on with its Upgrade and Connection headers"
        }
        return switch status {
        case 200..<300:
            "the path is not a WebSocket endpoint, or a proxy removed the Upgrade header: check the path, and `proxy_set_header Upgrade "
                + "$http_upgrade; proxy_set_header Connection \"upgrade\"; proxy_http_version 1.1;`"
        case 400, 426:
            "a proxy on the way probably removed the Upgrade and Connection headers, or speaks HTTP/1.0 to the server: in nginx set "
                + "`proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";`"
        case 401: "send a valid token (--token), and check how the server wants it (--token-in)"
        case 403: "check the token's rights, and whether the server accepts this origin (--origin)"
        case 404: "check the path; a proxy may also route it to another server than the one you mean"
        case 407: "the proxy wants credentials"
        case 429: "too many connections or attempts: wait, or raise the limit"
        case 502:
            "a proxy could not reach the server behind it: check that it runs, and the address in the proxy's configuration"
        case 503: "the server is overloaded or being restarted: wait, or look at its log"
        case 504: "the server behind the proxy did not answer in time: look at its log"
        case 500..<600: "look into the server's log"
        default: "check the path and what the server expects"
        }
    }
}

extension HTTPRefusal {
    static func read(_ bytes: [UInt8], contentType: String) -> Body {
        if let error = ErrorBody(bytes) { return .explained(Explanation(error)) }
        if PageReading.isPage(bytes, contentType: contentType) {
            return .page(title: PageReading.title(of: bytes))
        }
        let words = Excerpt.line(String(decoding: bytes, as: UTF8.self), limit: 500)
        return words.isEmpty ? .empty : .text(words)
    }
}

extension HTTPRefusal.Explanation {
    fileprivate init(_ error: ErrorBody) {
        self.init(
            code: error.code, message: error.message, remedy: error.remedy, suspectedHop: error.suspectedHop,
            nginx: error.nginx)
    }
}
