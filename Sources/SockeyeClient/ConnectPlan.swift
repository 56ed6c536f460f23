import Bytes
public import HTTPWire
import WebSocketWire

/// A checked address and checked options: what every connection to one place shares.
///
/// Parse, don't validate: whoever holds a plan holds a URL that is a WebSocket's and header fields that can
/// be written.
public struct ConnectPlan: Sendable {
    /// The address, taken apart.
    public let url: URLParts
    /// The options, as given.
    public let options: ConnectOptions
    /// The request target: the URL's, plus the token when it travels in the query.
    let target: String
    let subprotocols: [String]
    let fields: [HeaderField]
    let deflate: DeflatePolicy

    /// - Throws: ``ClientError/urlInvalid(_:)``, ``ClientError/requestInvalid(_:)``.
    public init(_ url: String, options: ConnectOptions = ConnectOptions()) throws(ClientError) {
        do {
            self.url = try URLParts(url)
        } catch {
            throw .urlInvalid("\(error)")
        }
        guard (1...(1 << 30)).contains(options.messageLimit) else {
            throw .requestInvalid("the message limit must be 1 ... 1 GiB")
        }
        var target = self.url.target
        var fields = options.fields
        var subprotocols = options.subprotocols
        if let token = options.token {
            guard !token.value.isEmpty else { throw .requestInvalid("the token is empty") }
            switch token.place {
            case .header: fields.append(HeaderField("Authorization", "Bearer \(token.value)"))
            case .query:
                target +=
                    (target.utf8.contains(UInt8(ascii: "?")) ? "&token=" : "?token=")
                    + URLParts.percentEncoded(token.value)
            case .subprotocol: subprotocols += ["sockeye", "sockeye.token." + token.value]
            case .message: break
            }
        }
        for field in fields { try Self.check(field) }
        for name in subprotocols where !Self.isToken(name) {
            throw .requestInvalid(
                options.token.map { name.hasSuffix($0.value) } ?? false
                    ? "this token has characters that a subprotocol cannot carry; send it in the header or a message"
                    : "“\(Excerpt.line(name, limit: 60))” is no subprotocol name: letters, digits and !#$%&'*+-.^_`|~ only"
            )
        }
        if let origin = options.origin { try Self.check(HeaderField("Origin", origin)) }
        self.options = options
        self.target = target
        self.subprotocols = subprotocols
        self.fields = fields
        deflate = DeflatePolicy(mode: options.offersCompression ? .contextTakeover : .off)
    }

    /// The token to send as the first message, if that is its place.
    public var firstMessageToken: String? {
        options.token.flatMap { $0.place == .message ? $0.value : nil }
    }

    /// Whether TLS is spoken.
    public var isSecure: Bool { url.scheme.isSecure }

    private static func check(_ field: HeaderField) throws(ClientError) {
        guard isToken(field.name) else {
            throw .requestInvalid("“\(Excerpt.line(field.name, limit: 60))” is no header name")
        }
        // RFC 9110 §5.5: visible characters, blanks, and octets above ASCII; a line break would smuggle in
        // a header of its own.
        guard field.value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            throw .requestInvalid(
                "the value of the header \(field.name) contains a line break or another control character")
        }
        let reserved = [
            "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version",
            "sec-websocket-extensions", "content-length",
            "transfer-encoding",
        ]
        if reserved.contains(field.name.lowercased()) {
            throw .requestInvalid("the header \(field.name) is the client's own to set")
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(Octets.isToken)
    }
}
