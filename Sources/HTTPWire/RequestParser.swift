import Bytes

/// Reads request heads from the bytes of a connection (RFC 9112 §2, §3, §5), strictly.
///
/// ``` swift
/// // `received` grows until a head is whole; what follows a head is its body or the next request.
/// while let (head, consumed) = try parser.parse(received) { … }
/// ```
/// At rest it holds 40 bytes and no memory elsewhere. Refused is whatever two hops could read differently:
/// see ``HTTPError``. Two empty lines before a request are passed over.
public struct RequestParser: Sendable {
    private var scanner: HeadScanner
    /// The target lies between them, one space after the method; both 0 until the request line was read.
    private var targetEnd: UInt32 = 0
    private var methodEnd: UInt8 = 0
    private var version = HTTPVersion.http11

    /// A parser for one connection.
    public init(limits: HTTPLimits = HTTPLimits()) {
        scanner = HeadScanner(limits)
    }

    /// Reads the next head; nil when it is not whole yet.
    ///
    /// Pass the same bytes again with more behind them until a head comes out; it remembers how far it looked, so
    /// no byte is scanned twice. Then drop `consumed` bytes: the parser is ready for the next head. The outcome
    /// does not depend on how the bytes were split, but a fault may be reported before the head is whole.
    /// After an error the parser must not be used again.
    ///
    /// - Throws: ``HTTPError``; answer with its status and close.
    public mutating func parse(
        _ input: UnsafeRawBufferPointer
    ) throws(HTTPError) -> (head: RequestHead, consumed: Int)? {
        while let line = try scanner.nextLine(input) {
            if methodEnd == 0 {
                if line.isEmpty { try scanner.skipEmptyLine() } else { try readRequestLine(line, of: input) }
            } else if line.isEmpty {
                let head = try finish(input)
                let consumed = scanner.end
                scanner.reset()
                methodEnd = 0
                return (head, consumed)
            } else {
                try scanner.addField(line, of: input)
            }
        }
        return nil
    }

    private mutating func readRequestLine(_ line: Range<Int>, of input: UnsafeRawBufferPointer)
        throws(HTTPError)
    {
        let method = try RequestParser.method(line, of: input)
        let target = method.upperBound &+ 1
        var end = target
        while end < line.upperBound, input[end] != 0x20 { end &+= 1 }
        if end == target { throw .malformedRequestLine(end < line.upperBound ? .emptyTarget : .noVersion) }
        guard end < line.upperBound else { throw .malformedRequestLine(.noVersion) }
        let text = UnsafeRawBufferPointer(rebasing: input[end &+ 1..<line.upperBound])
        version = try RequestParser.version(text, isPreface: input[method].elementsEqual([0x50, 0x52, 0x49]))
        methodEnd = UInt8(truncatingIfNeeded: method.count)
        targetEnd = UInt32(truncatingIfNeeded: end &- line.lowerBound)
    }

    private static func method(_ line: Range<Int>, of input: UnsafeRawBufferPointer) throws(HTTPError)
        -> Range<Int>
    {
        var end = line.lowerBound
        while end < line.upperBound, Octets.isToken(input[end]) { end &+= 1 }
        guard end > line.lowerBound, end &- line.lowerBound <= 32, end < line.upperBound, input[end] == 0x20
        else {
            if line.upperBound > line.lowerBound, end == line.upperBound, end &- line.lowerBound <= 32 {
                throw .malformedRequestLine(.noVersion)
            }
            throw .invalidMethod(Octets.excerpt(UnsafeRawBufferPointer(rebasing: input[line].prefix(32))))
        }
        return line.lowerBound..<end
    }

    private static func version(_ text: UnsafeRawBufferPointer, isPreface: @autoclosure () -> Bool)
        throws(HTTPError)
        -> HTTPVersion
    {
        guard let number = HTTPVersion.number(text) else { throw .malformedRequestLine(.badVersion) }
        if let version = HTTPVersion(number) { return version }
        if isPreface(), number == (2, 0) { throw .http2Preface }
        throw .unsupportedVersion(major: number.major, minor: number.minor)
    }

    /// The head is whole: judge it as a message.
    private func finish(_ input: UnsafeRawBufferPointer) throws(HTTPError) -> RequestHead {
        let head = UnsafeRawBufferPointer(rebasing: input[Int(scanner.start)..<scanner.end])
        let method = HTTPMethod(UnsafeRawBufferPointer(rebasing: head[..<Int(methodEnd)]))
        let range = Int(methodEnd) &+ 1..<Int(targetEnd)
        let (form, layout) = try RequestTarget.layout(range, of: head, method: method)
        let fields = Fields(bytes: [UInt8](head), spans: scanner.spans)
        let facts = try MessageFacts(fields, version: version, isRequest: true)
        try RequestParser.checkHost(fields, facts.host, layout, head, version)
        return RequestHead(
            method: method, version: version, fields: fields, keepAlive: facts.keepsAlive(version),
            bodyFraming: facts.isChunked ? .chunked : facts.contentLength.map { .length($0) } ?? .none,
            expectsContinue: facts.expectsContinue, targetForm: form, layout: layout)
    }

    /// RFC 9112 §3.2: one valid Host in HTTP/1.1; stricter: it must agree with an absolute target.
    private static func checkHost(
        _ fields: Fields, _ host: Int?, _ layout: TargetLayout, _ head: UnsafeRawBufferPointer,
        _ version: HTTPVersion
    ) throws(HTTPError) {
        guard let host else {
            if version == .http11 { throw .missingHost }
            return
        }
        // An empty value is valid: it says that the URL had no authority.
        guard fields.withValue(at: host, { $0.isEmpty || RequestTarget.isAuthority($0, needsPort: false) })
        else {
            throw .invalidHost(fields.withValue(at: host, Octets.excerpt))
        }
        guard let range = layout.authority else { return }
        let target = UnsafeRawBufferPointer(rebasing: head[Int(range.lowerBound)..<Int(range.upperBound)])
        guard fields.withValue(at: host, { RequestTarget.sameAuthority($0, target) }) else {
            throw .hostMismatch(
                target: Octets.excerpt(target), host: fields.withValue(at: host, Octets.excerpt))
        }
    }
}
