import Bytes

/// A status line with its fields (RFC 9112 §4), for the client side.
public struct ResponseHead: Sendable, Equatable {
    /// The version of the response; 1.1 or 1.0.
    public let version: HTTPVersion
    /// The three digits, 100 to 999.
    public let status: Int
    /// As it was sent; empty when it was left out.
    public let reason: String
    /// The fields in the order they came.
    public let fields: Fields
    /// How the body ends, for the method of the request it answers.
    public let bodyFraming: BodyFraming
    /// Whether the connection may carry another exchange after the body.
    public let keepAlive: Bool

    /// Whether the real answer is still to come on this connection (1xx but 101, RFC 9110 §15.2).
    public var isInterim: Bool { status < 200 && status != 101 }
}

/// Reads response heads, as strictly as ``RequestParser`` reads requests and in the same manner.
///
/// The caller says with each call which method the answer is for, since that decides about the body.
public struct ResponseParser: Sendable {
    private var scanner: HeadScanner
    /// Nil until it was read.
    private var statusLine: StatusLine?

    fileprivate struct StatusLine: Sendable {
        let version: HTTPVersion
        let status: Int
        let reason: String
    }

    /// A parser for one connection.
    public init(limits: HTTPLimits = HTTPLimits()) {
        scanner = HeadScanner(limits)
    }

    /// Reads the next head; nil when it is not whole yet.
    ///
    /// Pass the same bytes again with more behind them.
    ///
    /// Interim answers come out like others: see ``ResponseHead/isInterim``.
    ///
    /// - Throws: ``HTTPError``; close, the parser must not be used again.
    public mutating func parse(
        _ input: UnsafeRawBufferPointer, for method: HTTPMethod = .get
    ) throws(HTTPError) -> (head: ResponseHead, consumed: Int)? {
        while let line = try scanner.nextLine(input) {
            guard let first = statusLine else {
                if line.isEmpty {
                    try scanner.skipEmptyLine()
                } else {
                    statusLine = try StatusLine(UnsafeRawBufferPointer(rebasing: input[line]))
                }
                continue
            }
            if line.isEmpty {
                let head = try finish(first, input, method)
                let consumed = scanner.end
                scanner.reset()
                statusLine = nil
                return (head, consumed)
            }
            try scanner.addField(line, of: input)
        }
        return nil
    }

    private func finish(
        _ line: StatusLine, _ input: UnsafeRawBufferPointer, _ method: HTTPMethod
    ) throws(HTTPError) -> ResponseHead {
        let bytes = [UInt8](UnsafeRawBufferPointer(rebasing: input[Int(scanner.start)..<scanner.end]))
        let fields = Fields(bytes: bytes, spans: scanner.spans)
        let facts = try MessageFacts(fields, version: line.version, isRequest: false)
        let framing = ResponseParser.framing(facts, line.status, method)
        return ResponseHead(
            version: line.version, status: line.status, reason: line.reason, fields: fields,
            bodyFraming: framing, keepAlive: facts.keepsAlive(line.version) && framing != .untilClose)
    }

    /// RFC 9112 §6.3, in its order.
    private static func framing(_ facts: MessageFacts, _ status: Int, _ method: HTTPMethod) -> BodyFraming {
        if method == .head || status < 200 || status == 204 || status == 304 { return .none }
        if method == .connect, status < 300 { return .none }
        if facts.isChunked { return .chunked }
        return facts.contentLength.map { .length($0) } ?? .untilClose
    }
}

extension ResponseParser.StatusLine {
    fileprivate init(_ line: UnsafeRawBufferPointer) throws(HTTPError) {
        guard line.count >= 12, line[8] == 0x20, line[9..<12].allSatisfy(Octets.isDigit), line[9] != 0x30,
            let number = HTTPVersion.number(UnsafeRawBufferPointer(rebasing: line[..<8]))
        else { throw Self.fault(line) }
        guard let version = HTTPVersion(number) else {
            throw .unsupportedVersion(major: number.major, minor: number.minor)
        }
        // The blank before an empty reason is demanded by the grammar, but left out by many servers.
        let reason = UnsafeRawBufferPointer(rebasing: line.dropFirst(13))
        guard line.count == 12 || line[12] == 0x20, Octets.firstControl(in: reason) == nil else {
            throw Self.fault(line)
        }
        self.init(
            version: version, status: line[9..<12].reduce(0) { $0 * 10 + Int($1 &- 0x30) },
            reason: String(decoding: reason, as: UTF8.self))
    }

    private static func fault(_ line: UnsafeRawBufferPointer) -> HTTPError {
        .malformedStatusLine(Octets.excerpt(UnsafeRawBufferPointer(rebasing: line.prefix(64))))
    }
}
