public import Bytes

extension Handshake {
    /// What a server agreed to.
    public struct Agreement: Sendable, Equatable {
        /// The subprotocol it chose among those offered; nil when it chose none.
        public let subprotocol: String?
        /// The value of `Sec-WebSocket-Extensions`, several fields joined by commas; nil when there is none.
        ///
        /// Its parameters are for the extension's own negotiation to judge.
        public let extensions: String?
    }

    /// Appends an opening handshake (RFC 6455 §4.1).
    ///
    /// - Parameters:
    ///   - host: `host[:port]` as in ``URLParts/authority``.
    ///   - target: path and query, such as `/ws?room=1`.
    ///   - key: 16 random octets in Base64; see ``key(from:)``.
    ///   - extensions: the value of `Sec-WebSocket-Extensions`; nil offers none.
    ///   - fields: further fields, such as `Authorization`.
    /// - Returns: false when a field was left out, because it could break the message.
    @discardableResult
    public static func appendRequest(
        host: String, target: String, key: String, subprotocols: [String] = [], extensions: String? = nil,
        origin: String? = nil, fields: [(String, String)] = [], to buffer: ByteBuffer
    ) -> Bool {
        var isWhole = true
        var target = target
        let isTarget = target.withUTF8 { $0.first == 0x2F && $0.allSatisfy(Octets.isTarget) }
        buffer.append("GET ")
        if isTarget { buffer.append(target) } else { buffer.append("/") }
        buffer.append(" HTTP/1.1\r\n")
        func append(_ name: String, _ value: String) {
            isWhole = FieldWriter.appendIfFine(name, value, to: buffer) && isWhole
        }
        append("Host", host)
        buffer.append("Upgrade: websocket\r\nConnection: Upgrade\r\n")
        append("Sec-WebSocket-Key", key)
        buffer.append("Sec-WebSocket-Version: 13\r\n")
        if !subprotocols.isEmpty { append("Sec-WebSocket-Protocol", subprotocols.joined(separator: ", ")) }
        if let extensions { append("Sec-WebSocket-Extensions", extensions) }
        if let origin { append("Origin", origin) }
        for (name, value) in fields { append(name, value) }
        buffer.append("\r\n")
        return isWhole && isTarget
    }

    /// The key made of 16 random octets, given as two words.
    public static func key(from random: (UInt64, UInt64)) -> String {
        withUnsafeBytes(of: random) { Base64.encode($0, alphabet: .standard, padding: true) }
    }

    /// Judges the answer to a handshake (RFC 6455 §4.1, from "Once the client's opening handshake has been sent").
    ///
    /// - Parameters:
    ///   - key: the key that was sent.
    ///   - subprotocols: those that were offered.
    ///   - extensions: what was offered; an extension that is not among it is refused by name.
    /// - Throws: ``HandshakeError``; the connection is of no use then.
    public static func verify(
        _ response: ResponseHead, key: String, subprotocols: [String] = [], extensions: String? = nil
    ) throws(HandshakeError) -> Agreement {
        let fields = response.fields
        guard response.status == 101 else {
            throw .notSwitched(status: response.status, reason: response.reason, location: fields["location"])
        }
        guard fields.hasToken(Names.upgrade.octets, Names.websocket.octets) else {
            throw .missingUpgrade(fields["upgrade"])
        }
        guard fields.hasToken(Names.connection.octets, Names.upgrade.octets) else {
            throw .missingConnectionUpgrade(fields["connection"])
        }
        guard let accept = fields["sec-websocket-accept"] else { throw .missingAccept }
        guard accept == acceptValue(for: key), fields.count(of: Names.accept.octets) == 1 else {
            throw .wrongAccept(expected: acceptValue(for: key), received: accept)
        }
        let chosen = fields.elements(of: "sec-websocket-protocol")
        guard chosen.count <= 1 else { throw .severalSubprotocols(chosen) }
        if let name = chosen.first, !subprotocols.contains(name) { throw .unaskedSubprotocol(name) }
        let agreed = fields.elements(of: "sec-websocket-extensions")
        let offered = extensionNames(extensions.map { [$0] } ?? [])
        for name in extensionNames(agreed) where !offered.contains(name) { throw .unaskedExtension(name) }
        return Agreement(
            subprotocol: chosen.first, extensions: agreed.isEmpty ? nil : agreed.joined(separator: ", "))
    }

    /// What stands before the parameters of each extension in comma-separated lists.
    private static func extensionNames(_ values: [String]) -> [String] {
        Fields(values.map { ("x", $0) }).elements(of: "x").map { element in
            let name = element.utf8.prefix { $0 != 0x3B && $0 != 0x20 && $0 != 0x09 }
            return String(decoding: name.map(Octets.lowercased), as: UTF8.self)
        }
    }
}
