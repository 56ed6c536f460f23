import Bytes

/// What the fields of a head say about the message and the connection; one pass over them.
///
/// Everything that two hops could read differently is refused, since that difference is what request
/// smuggling lives on (RFC 9112 §11.2).
struct MessageFacts {
    private(set) var contentLength: UInt64?
    private(set) var isChunked = false
    private(set) var hasClose = false
    private(set) var hasKeepAlive = false
    private(set) var expectsContinue = false
    private(set) var host: Int?

    init(_ fields: Fields, version: HTTPVersion, isRequest: Bool) throws(HTTPError) {
        var index = 0
        while index < fields.spans.count {
            switch fields.spans[index].nameLength {
            case 4 where isRequest && fields.isField(index, "host"):
                guard host == nil else { throw .duplicateHost }
                host = index
            case 6 where isRequest && version == .http11 && fields.isField(index, "expect"):
                try readExpectation(fields, index)
            case 10 where fields.isField(index, "connection"):
                readConnection(fields, index)
            case 14 where fields.isField(index, "content-length"):
                guard contentLength == nil else { throw .duplicateContentLength }
                guard let length = fields.withValue(at: index, MessageFacts.decimal) else {
                    throw .invalidContentLength(fields.withValue(at: index, Octets.excerpt))
                }
                contentLength = length
            case 17 where fields.isField(index, "transfer-encoding"):
                guard version == .http11 else { throw .transferEncodingInHTTP10 }
                guard !isChunked else { throw .duplicateTransferEncoding }
                guard fields.withValue(at: index, { Octets.equal($0, "chunked") })
                else {
                    throw .unsupportedTransferEncoding(fields.withValue(at: index, Octets.excerpt))
                }
                isChunked = true
            default:
                break
            }
            index &+= 1
        }
        if isChunked, contentLength != nil { throw .contentLengthWithTransferEncoding }
    }

    /// Whether the connection outlives the message (RFC 9112 §9.3).
    func keepsAlive(_ version: HTTPVersion) -> Bool {
        !hasClose && (version == .http11 || hasKeepAlive)
    }

    private mutating func readExpectation(_ fields: Fields, _ index: Int) throws(HTTPError) {
        guard fields.withValue(at: index, { Octets.equal($0, "100-continue") })
        else {
            throw .unsupportedExpectation(fields.withValue(at: index, Octets.excerpt))
        }
        expectsContinue = true
    }

    private mutating func readConnection(_ fields: Fields, _ index: Int) {
        var close = false
        var keepAlive = false
        fields.forEachElement(at: index) { element in
            close = close || Octets.equal(element, "close")
            keepAlive = keepAlive || Octets.equal(element, "keep-alive")
            return true
        }
        hasClose = hasClose || close
        hasKeepAlive = hasKeepAlive || keepAlive
    }

    /// Digits alone, at most 19 of them, so that the number fits; no sign, list or blank.
    private static func decimal(_ text: UnsafeRawBufferPointer) -> UInt64? {
        guard !text.isEmpty, text.count <= 19 else { return nil }
        var value: UInt64 = 0
        for octet in text {
            guard Octets.isDigit(octet) else { return nil }
            value = value &* 10 &+ UInt64(octet &- 0x30)
        }
        return value
    }
}

extension Fields {
    @inline(__always)
    fileprivate func isField(_ index: Int, _ name: StaticString) -> Bool { isField(index, name.octets) }
}
