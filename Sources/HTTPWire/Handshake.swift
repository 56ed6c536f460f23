public import Bytes

/// The opening handshake of RFC 6455 §4, both sides.
public enum Handshake {
    /// Why a request is no opening handshake.
    ///
    /// Several may hold at once.
    public enum Refusal: Error, Equatable, Sendable {
        case methodNotGET(HTTPMethod)
        /// Over HTTP/1.0 nothing can be upgraded (RFC 6455 §4.1).
        case httpVersion10
        case missingHost
        case missingUpgrade
        /// Upgrade names other protocols, such as `h2c`.
        case upgradeIsNotWebSocket(String)
        /// Connection lacks the token `upgrade`; the value is what came, nil for nothing.
        case missingConnectionUpgrade(String?)
        case missingKey
        /// More than one key, or not the Base64 of 16 octets.
        case badKey
        case missingVersion
        case unsupportedVersion(String)
        /// A subprotocol is no token, or named twice.
        case badSubprotocols
        case bodyNotAllowed
    }

    /// A request that may be answered with 101.
    ///
    /// What it asked for is read from its fields when wanted.
    public struct Accepted: Sendable, Equatable {
        let fields: Fields

        /// `Sec-WebSocket-Key`: 24 characters.
        public var key: String { fields["sec-websocket-key"] ?? "" }
        /// Subprotocols in the client's order of preference.
        ///
        /// May hold a token: mask them before they are logged.
        public var offeredProtocols: [String] { fields.elements(of: "sec-websocket-protocol") }
        /// The values of `Sec-WebSocket-Extensions`, one per field.
        public var extensions: [String] { fields.values(of: "sec-websocket-extensions") }
        /// The page's origin; nil for clients that are no browser.
        public var origin: String? { fields["origin"] }
    }

    /// What ``validate(_:)`` found.
    public enum Validation: Equatable, Sendable {
        case accepted(Accepted)
        /// All that is wrong, in the order of RFC 6455 §4.2.1; never empty.
        case refused([Refusal])
    }

    /// Whether somebody wanted a WebSocket, even if a hop on the way took part of the handshake away.
    ///
    /// True when `Upgrade` names `websocket`, or when a field came that only handshakes have: proxies drop
    /// `Upgrade` and `Connection`, which concern one hop, and pass these on.
    public static func isAttempt(_ head: RequestHead) -> Bool {
        let fields = head.fields
        return fields.hasToken(Names.upgrade.octets, Names.websocket.octets)
            || fields.index(of: Names.key.octets, from: 0) != nil
            || fields.index(of: Names.version.octets, from: 0) != nil
            || fields.index(of: Names.extensions.octets, from: 0) != nil
            || fields.index(of: Names.subprotocol.octets, from: 0) != nil
    }

    /// Judges a request by RFC 6455 §4.2.1.
    ///
    /// Allocates nothing for one that is right.
    public static func validate(_ head: RequestHead) -> Validation {
        var refusals: [Refusal] = []
        let fields = head.fields
        if head.method != .get { refusals.append(.methodNotGET(head.method)) }
        if head.version < .http11 { refusals.append(.httpVersion10) }
        if fields.index(of: Names.host.octets, from: 0) == nil { refusals.append(.missingHost) }
        if !fields.hasToken(Names.upgrade.octets, Names.websocket.octets) {
            refusals.append(fields["upgrade"].map { .upgradeIsNotWebSocket($0) } ?? .missingUpgrade)
        }
        if !fields.hasToken(Names.connection.octets, Names.upgrade.octets) {
            refusals.append(.missingConnectionUpgrade(fields["connection"]))
        }
        switch fields.count(of: Names.key.octets) {
        case 0: refusals.append(.missingKey)
        case 1 where fields.withValue(of: Names.key, isKey): break
        default: refusals.append(.badKey)
        }
        switch fields.count(of: Names.version.octets) {
        case 0: refusals.append(.missingVersion)
        case 1 where fields.withValue(of: Names.version, { $0.elementsEqual([0x31, 0x33]) }): break
        default:
            refusals.append(
                .unsupportedVersion(fields.values(of: "sec-websocket-version").joined(separator: ", ")))
        }
        if !hasValidSubprotocols(fields) { refusals.append(.badSubprotocols) }
        if head.bodyFraming != .none, head.bodyFraming != .length(0) { refusals.append(.bodyNotAllowed) }
        return refusals.isEmpty ? .accepted(Accepted(fields: fields)) : .refused(refusals)
    }

    /// `Sec-WebSocket-Accept` for a key: what proves that its sender understood the handshake (RFC 6455 §4.2.2).
    public static func acceptValue(for key: String) -> String {
        var key = key
        return key.withUTF8 { key in
            withAcceptValue(for: UnsafeRawBufferPointer(key)) { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Appends the 101 that accepts a handshake.
    ///
    /// - Parameters:
    ///   - subprotocol: one that the client offered; nil leaves the field out.
    ///   - extensions: the value of `Sec-WebSocket-Extensions`; nil leaves the field out.
    ///   - fields: further fields, such as `Set-Cookie`.
    /// - Returns: false when a field was left out, because it could break the message.
    @discardableResult
    public static func appendResponse(
        _ accepted: Accepted, subprotocol: String? = nil, extensions: String? = nil,
        fields: [(String, String)] = [],
        to buffer: ByteBuffer
    ) -> Bool {
        accepted.fields.withValue(of: Names.key) {
            appendResponse(keyOctets: $0, subprotocol, extensions, fields, to: buffer)
        }
    }

    /// The same for a key at hand.
    @discardableResult
    public static func appendResponse(
        key: String, subprotocol: String? = nil, extensions: String? = nil, fields: [(String, String)] = [],
        to buffer: ByteBuffer
    ) -> Bool {
        var key = key
        return key.withUTF8 {
            appendResponse(keyOctets: UnsafeRawBufferPointer($0), subprotocol, extensions, fields, to: buffer)
        }
    }

    private static func appendResponse(
        keyOctets: UnsafeRawBufferPointer, _ subprotocol: String?, _ extensions: String?,
        _ fields: [(String, String)], to buffer: ByteBuffer
    ) -> Bool {
        buffer.append(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        )
        withAcceptValue(for: keyOctets) { buffer.append($0) }
        buffer.append("\r\n")
        var isWhole = true
        func append(_ name: String, _ value: String) {
            isWhole = FieldWriter.appendIfFine(name, value, to: buffer) && isWhole
        }
        if let subprotocol { append("Sec-WebSocket-Protocol", subprotocol) }
        if let extensions { append("Sec-WebSocket-Extensions", extensions) }
        for (name, value) in fields { append(name, value) }
        buffer.append("\r\n")
        return isWhole
    }
}

extension Handshake {
    enum Names {
        static var accept: StaticString { "sec-websocket-accept" }
        static var connection: StaticString { "connection" }
        static var extensions: StaticString { "sec-websocket-extensions" }
        static var host: StaticString { "host" }
        static var key: StaticString { "sec-websocket-key" }
        static var subprotocol: StaticString { "sec-websocket-protocol" }
        static var upgrade: StaticString { "upgrade" }
        static var version: StaticString { "sec-websocket-version" }
        static var websocket: StaticString { "websocket" }
    }

    /// Sixteen octets in Base64: 22 characters and `==`.
    ///
    /// The four bits that the last character has too many are not judged.
    static func isKey(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == 24, text[22] == 0x3D, text[23] == 0x3D else { return false }
        return text[..<22].allSatisfy {
            switch $0 {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
            default: false
            }
        }
    }

    /// The 28 characters, on the stack.
    static func withAcceptValue<Result>(
        for key: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let guid: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        return withUnsafeTemporaryAllocation(byteCount: key.count &+ 36, alignment: 1) { message in
            message.copyMemory(from: key)
            UnsafeMutableRawBufferPointer(rebasing: message[key.count...]).copyMemory(from: guid.octets)
            return SHA1.digest(of: UnsafeRawBufferPointer(message)).withBytes { digest in
                withUnsafeTemporaryAllocation(byteCount: 28, alignment: 1) { text in
                    guard let base = text.baseAddress else { return body(UnsafeRawBufferPointer(text)) }
                    Base64.encode(digest, alphabet: .standard, padding: true, into: base)
                    return body(UnsafeRawBufferPointer(text))
                }
            }
        }
    }

    /// Tokens, each named once (RFC 6455 §4.1 item 10).
    private static func hasValidSubprotocols(_ fields: Fields) -> Bool {
        guard fields.index(of: Names.subprotocol.octets, from: 0) != nil else { return true }
        var isValid = true
        fields.forEachElement(of: Names.subprotocol.octets) { element in
            isValid = element.allSatisfy(Octets.isToken)
            return isValid
        }
        guard isValid else { return false }
        let names = fields.elements(of: "sec-websocket-protocol")
        return !names.isEmpty && Set(names).count == names.count
    }
}

extension Fields {
    func withValue<Result>(of name: StaticString, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        index(of: name.octets, from: 0).map { withValue(at: $0, body) }
            ?? body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
}
