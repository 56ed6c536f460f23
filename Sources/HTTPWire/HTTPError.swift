/// Why a message was refused.
///
/// After any of these the connection must be closed: where the next message begins is no longer certain.
///
/// Cases are in the order in which a message is read. `status` is what to answer, `code` is stable and
/// documented, `description` and `remedy` are for people.
public enum HTTPError: Error, Equatable, Sendable {
    // The request line (RFC 9112 §3).
    /// The first octet begins no method: some other protocol.
    case notHTTP(firstOctet: UInt8)
    /// The preface of HTTP/2 without TLS negotiation.
    case http2Preface
    case requestLineTooLong(limit: Int)
    case malformedRequestLine(RequestLineProblem)
    /// No token, or longer than 32 octets; the text is cut and printable.
    case invalidMethod(String)
    case unsupportedVersion(major: Int, minor: Int)
    case invalidTarget(TargetProblem)

    // Lines and fields (RFC 9112 §2.2, §5).
    case tooManyEmptyLines
    case headTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    case bareLineFeed
    case bareCarriageReturn
    case foldedLine
    case missingColon
    case spaceBeforeColon
    case emptyFieldName
    case invalidFieldName(octet: UInt8)
    case controlInValue(octet: UInt8)

    // Where to (RFC 9112 §3.2).
    case missingHost
    case duplicateHost
    case invalidHost(String)
    /// The authority of an absolute target and the Host field name different servers.
    case hostMismatch(target: String, host: String)

    // How the body is framed (RFC 9112 §6), and what the sender expects (RFC 9110 §10.1.1).
    case invalidContentLength(String)
    case duplicateContentLength
    case contentLengthWithTransferEncoding
    case unsupportedTransferEncoding(String)
    case duplicateTransferEncoding
    case transferEncodingInHTTP10
    case unsupportedExpectation(String)

    // The body (RFC 9112 §7.1).
    case bodyTooLarge(limit: Int)
    case invalidChunkSize
    case chunkLineTooLong(limit: Int)
    case invalidChunkExtension(octet: UInt8)
    case chunkNotTerminated
    case trailersTooLarge(limit: Int)
    case malformedTrailer
    case truncatedBody

    // Responses (RFC 9112 §4).
    case malformedStatusLine(String)
}

/// What is wrong with a request line whose method was read.
public enum RequestLineProblem: Sendable, Equatable {
    /// Two spaces after the method: the sender forgot the path.
    case emptyTarget
    /// A line without `HTTP/…` at its end, as in HTTP/0.9.
    case noVersion
    /// Something other than `HTTP/` digit `.` digit after the target.
    case badVersion
}

/// What is wrong with a request target (RFC 9112 §3.2).
public enum TargetProblem: Sendable, Equatable {
    /// An octet that must be percent-encoded.
    case octet(UInt8)
    /// `%` without two hexadecimal digits in the path.
    case badEscape
    /// `%00`, which some hop would take for the end of the path.
    case encodedNUL
    /// The decoded path is not UTF-8.
    case notUTF8
    /// None of `/path`, `http://host/path`, `*` for OPTIONS, `host:port` for CONNECT.
    case form
    /// An absolute target with an empty or malformed `host[:port]`, or with user information.
    case authority
}
