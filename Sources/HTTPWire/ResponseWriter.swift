public import Bytes

/// Writes responses (RFC 9112 §4) to a buffer.
///
/// Framing is its own business: `Content-Length`, `Transfer-Encoding` and the closing of the connection come
/// from the arguments. A field that could break the message is left out rather than sent.
public enum ResponseWriter {
    /// Appends a whole response with a counted body.
    ///
    /// - Parameters:
    ///   - fields: names and values; a `Connection` among them is merged with what `keepAlive` needs.
    ///   - keepAlive: whether the server will read another request; false announces `close`.
    ///   - version: of the request; HTTP/1.0 clients are told of `keep-alive` in words.
    ///   - omitBody: for HEAD: the length is announced, the body not sent.
    /// - Returns: false when a field was left out, because its name is no token, its value holds CR, LF or another
    ///   control octet, or it is about framing.
    @discardableResult
    public static func append(
        status: Int, fields: [(String, String)] = [], body: UnsafeRawBufferPointer, keepAlive: Bool,
        version: HTTPVersion = .http11, omitBody: Bool = false, to buffer: ByteBuffer
    ) -> Bool {
        let framing: BodyFraming = mayHaveBody(status) ? .length(UInt64(body.count)) : .none
        let isWhole = appendHead(
            status: status, fields: fields, framing: framing, keepAlive: keepAlive, version: version,
            to: buffer)
        if !omitBody, framing != .none { buffer.append(body) }
        return isWhole
    }

    /// The same with a body in an array.
    @discardableResult
    public static func append(
        status: Int, fields: [(String, String)] = [], body: [UInt8] = [], keepAlive: Bool,
        version: HTTPVersion = .http11, omitBody: Bool = false, to buffer: ByteBuffer
    ) -> Bool {
        body.withUnsafeBytes {
            append(
                status: status, fields: fields, body: $0, keepAlive: keepAlive, version: version,
                omitBody: omitBody,
                to: buffer)
        }
    }

    /// The same with a body of text, sent as UTF-8.
    @discardableResult
    public static func append(
        status: Int, fields: [(String, String)] = [], text: String, keepAlive: Bool,
        version: HTTPVersion = .http11, omitBody: Bool = false, to buffer: ByteBuffer
    ) -> Bool {
        var text = text
        return text.withUTF8 {
            append(
                status: status, fields: fields, body: UnsafeRawBufferPointer($0), keepAlive: keepAlive,
                version: version, omitBody: omitBody, to: buffer)
        }
    }

    /// Appends a head alone; the caller sends the body, in chunks for `.chunked`.
    ///
    /// `.untilClose` needs `keepAlive: false`; `.chunked` needs a client that speaks HTTP/1.1.
    /// - Returns: false when a field was left out, as for ``append(status:fields:body:keepAlive:version:omitBody:to:)``.
    @discardableResult
    public static func appendHead(
        status: Int, fields: [(String, String)] = [], framing: BodyFraming, keepAlive: Bool,
        version: HTTPVersion = .http11, to buffer: ByteBuffer
    ) -> Bool {
        buffer.append("HTTP/1.1 ")
        buffer.append(decimal: UInt64(max(status, 0)))
        buffer.append(byte: 0x20)
        buffer.append(reason(status))
        buffer.append("\r\n")
        var isWhole = true
        var connection: String?
        for (name, value) in fields {
            switch FieldWriter.judge(name, value) {
            case .connection: connection = connection.map { $0 + ", " + value } ?? value
            case .fine: FieldWriter.append(name, value, to: buffer)
            case .framing, .malformed: isWhole = false
            }
        }
        appendConnection(connection, keepAlive, version, to: buffer)
        switch framing {
        case .length(let length):
            buffer.append("Content-Length: ")
            buffer.append(decimal: length)
            buffer.append("\r\n")
        case .chunked: buffer.append("Transfer-Encoding: chunked\r\n")
        case .none, .untilClose: break
        }
        buffer.append("\r\n")
        return isWhole
    }

    /// Appends one chunk; nothing for an empty one, which would end the body.
    public static func appendChunk(_ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard !bytes.isEmpty else { return }
        buffer.append(String(bytes.count, radix: 16))
        buffer.append("\r\n")
        buffer.append(bytes)
        buffer.append("\r\n")
    }

    /// Ends a chunked body.
    public static func appendLastChunk(to buffer: ByteBuffer) {
        buffer.append("0\r\n\r\n")
    }

    /// Tells a client that expects it to send its body (RFC 9110 §10.1.1).
    public static func appendContinue(to buffer: ByteBuffer) {
        buffer.append("HTTP/1.1 100 Continue\r\n\r\n")
    }

    private static func appendConnection(
        _ value: String?, _ keepAlive: Bool, _ version: HTTPVersion, to buffer: ByteBuffer
    ) {
        let own: String? = !keepAlive ? "close" : version == .http10 ? "keep-alive" : nil
        guard value != nil || own != nil else { return }
        FieldWriter.append("Connection", [value, own].compactMap { $0 }.joined(separator: ", "), to: buffer)
    }

    /// 1xx, 204 and 304 have none, and announce none (RFC 9110 §8.6).
    private static func mayHaveBody(_ status: Int) -> Bool {
        status >= 200 && status != 204 && status != 304
    }

    /// The reason phrase registered for `status`; `Unknown` for others.
    public static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: "Unknown"
        }
    }
}

/// Writes one field, and says which may be written.
enum FieldWriter {
    enum Judgement { case connection, fine, framing, malformed }

    static func judge(_ name: String, _ value: String) -> Judgement {
        var name = name
        var value = value
        return name.withUTF8 { name in
            guard !name.isEmpty, name.allSatisfy(Octets.isToken) else { return .malformed }
            guard value.withUTF8({ Octets.firstControl(in: UnsafeRawBufferPointer($0)) == nil }) else {
                return .malformed
            }
            let name = UnsafeRawBufferPointer(name)
            if Octets.equal(name, "connection") { return .connection }
            let isFraming =
                Octets.equal(name, "content-length")
                || Octets.equal(name, "transfer-encoding")
            return isFraming ? .framing : .fine
        }
    }

    /// Appends what may be written in any head; false, and nothing appended, for the rest.
    static func appendIfFine(_ name: String, _ value: String, to buffer: ByteBuffer) -> Bool {
        guard judge(name, value) == .fine else { return false }
        append(name, value, to: buffer)
        return true
    }

    static func append(_ name: String, _ value: String, to buffer: ByteBuffer) {
        buffer.append(name)
        buffer.append(": ")
        buffer.append(value)
        buffer.append("\r\n")
    }
}
