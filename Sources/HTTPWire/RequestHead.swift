/// A request line with its fields (RFC 9112 §3).
///
/// The bytes of the head were copied once; target, path, query and fields are read from them when asked for,
/// so a head costs two allocations, and a question about it at most the String it answers with.
public struct RequestHead: Sendable, Equatable {
    /// What is asked for.
    public let method: HTTPMethod
    /// The version of the request; 1.1 or 1.0.
    public let version: HTTPVersion
    /// The fields in the order they came.
    public let fields: Fields
    /// Whether the connection may carry another request after this one (RFC 9112 §9.3).
    public let keepAlive: Bool
    /// How the body ends.
    ///
    /// Never `.untilClose`.
    public let bodyFraming: BodyFraming
    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    public let expectsContinue: Bool
    /// Which of the four forms the target has.
    public let targetForm: TargetForm

    let layout: TargetLayout

    /// The request target as it was sent, such as `/ws?token=…`.
    ///
    /// Holds secrets: mask it before it is logged.
    public var target: String { text(layout.target) }

    /// The path without query, for routing and messages.
    ///
    /// Percent escapes are decoded but `%2F` and `%25`, so that an encoded slash makes no segment and no two
    /// paths become one. `/` for an absolute target without path; empty for `*` and `host:port`.
    public var path: String {
        if layout.path.isEmpty { return targetForm == .absolute ? "/" : "" }
        return withOctets(layout.path) { RequestTarget.decodedPath($0) }
    }

    /// The segments of the path between its slashes, each wholly decoded: `/a%2Fb/` is `["a/b", ""]`.
    ///
    /// Empty when there is no path. Dot segments are ordinary segments: nothing is resolved.
    public var pathSegments: [String] {
        guard targetForm == .origin || targetForm == .absolute else { return [] }
        return withOctets(layout.path) { RequestTarget.segments($0) }
    }

    /// Whether the path is `other`, as ``path`` gives it.
    ///
    /// Allocates nothing for a path without escapes.
    public func hasPath(_ other: String) -> Bool {
        var other = other
        let plain: Bool? = withOctets(layout.path) { path in
            path.isEmpty || path.contains(0x25)
                ? nil
                : other.withUTF8 { path.elementsEqual($0) }
        }
        return plain ?? (path == other)
    }

    /// The query without its `?`, as it was sent; nil when there is none.
    ///
    /// Holds secrets.
    public var rawQuery: String? { layout.query.map { text($0) } }

    /// The first value of the query parameter `name`, decoded as forms are (`+` is a blank); nil when absent.
    public func query(_ name: String) -> String? {
        guard let query = layout.query else { return nil }
        return withOctets(query) { RequestTarget.value(of: name, in: $0) }
    }

    /// All query parameters in order, decoded as forms are.
    public var queryItems: [(name: String, value: String)] {
        guard let query = layout.query else { return [] }
        return withOctets(query) { RequestTarget.items($0) }
    }

    /// `host[:port]` from the target or from Host; nil when HTTP/1.0 came without it.
    public var host: String? {
        layout.authority.map { text($0) } ?? fields["host"]
    }

    private func text(_ range: Range<UInt32>) -> String {
        withOctets(range) { String(decoding: $0, as: UTF8.self) }
    }

    private func withOctets<Result>(_ range: Range<UInt32>, _ body: (UnsafeRawBufferPointer) -> Result)
        -> Result
    {
        fields.bytes.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[Int(range.lowerBound)..<Int(range.upperBound)]))
        }
    }
}

extension RequestHead {
    /// The head written in `text`, which ends with its empty line.
    ///
    /// For tests and tools.
    ///
    /// - Throws: what ``RequestParser`` throws; `.missingColon` also when the head is not whole.
    public init(parsing text: String, limits: HTTPLimits = HTTPLimits()) throws(HTTPError) {
        var parser = RequestParser(limits: limits)
        let bytes = [UInt8](text.utf8)
        let result: Result<RequestHead?, HTTPError> = bytes.withUnsafeBytes { bytes in
            do throws(HTTPError) { return .success(try parser.parse(bytes)?.head) } catch {
                return .failure(error)
            }
        }
        guard let head = try result.get() else { throw .missingColon }
        self = head
    }
}
