import Bytes

extension HTTPError {
    /// The status to answer with, when the fault is in a request.
    public var status: Int {
        switch self {
        case .bodyTooLarge: 413
        case .requestLineTooLong: 414
        case .unsupportedExpectation: 417
        case .headTooLarge, .tooManyFields, .trailersTooLarge: 431
        case .unsupportedTransferEncoding: 501
        case .http2Preface, .unsupportedVersion: 505
        case .notHTTP, .malformedRequestLine, .invalidMethod, .invalidTarget, .tooManyEmptyLines,
            .bareLineFeed,
            .bareCarriageReturn, .foldedLine, .missingColon, .spaceBeforeColon, .emptyFieldName,
            .invalidFieldName,
            .controlInValue, .missingHost, .duplicateHost, .invalidHost, .hostMismatch, .invalidContentLength,
            .duplicateContentLength, .contentLengthWithTransferEncoding, .duplicateTransferEncoding,
            .transferEncodingInHTTP10, .invalidChunkSize, .chunkLineTooLong, .invalidChunkExtension,
            .chunkNotTerminated, .malformedTrailer, .truncatedBody, .malformedStatusLine:
            400
        }
    }

    /// A stable name for logs, answers and documentation, such as `HTTP-041`.
    public var code: String {
        switch self {
        case .notHTTP: "HTTP-001"
        case .http2Preface: "HTTP-002"
        case .malformedRequestLine: "HTTP-003"
        case .invalidMethod: "HTTP-004"
        case .requestLineTooLong: "HTTP-005"
        case .unsupportedVersion: "HTTP-006"
        case .invalidTarget: "HTTP-007"
        case .tooManyEmptyLines: "HTTP-008"
        case .headTooLarge: "HTTP-010"
        case .tooManyFields: "HTTP-011"
        case .bareLineFeed: "HTTP-012"
        case .bareCarriageReturn: "HTTP-013"
        case .foldedLine: "HTTP-014"
        case .missingColon: "HTTP-015"
        case .spaceBeforeColon: "HTTP-016"
        case .emptyFieldName: "HTTP-017"
        case .invalidFieldName: "HTTP-018"
        case .controlInValue: "HTTP-019"
        case .missingHost: "HTTP-030"
        case .duplicateHost: "HTTP-031"
        case .invalidHost: "HTTP-032"
        case .hostMismatch: "HTTP-033"
        case .invalidContentLength: "HTTP-040"
        case .duplicateContentLength: "HTTP-041"
        case .contentLengthWithTransferEncoding: "HTTP-042"
        case .unsupportedTransferEncoding: "HTTP-043"
        case .duplicateTransferEncoding: "HTTP-044"
        case .transferEncodingInHTTP10: "HTTP-045"
        case .unsupportedExpectation: "HTTP-046"
        case .bodyTooLarge: "HTTP-050"
        case .invalidChunkSize: "HTTP-051"
        case .chunkLineTooLong: "HTTP-052"
        case .invalidChunkExtension: "HTTP-053"
        case .chunkNotTerminated: "HTTP-054"
        case .trailersTooLarge: "HTTP-055"
        case .malformedTrailer: "HTTP-056"
        case .truncatedBody: "HTTP-057"
        case .malformedStatusLine: "HTTP-060"
        }
    }
}

extension HTTPError: CustomStringConvertible {
    /// What happened, in one sentence; safe to show, since peer text in it is cut and printable.
    public var description: String {
        switch self {
        case .notHTTP(let octet):
            octet == 0x16
                ? "the peer began a TLS handshake where plain HTTP is spoken"
                : "the first octet is 0x\(Octets.hex(octet)), which begins no HTTP request"
        case .http2Preface: "the peer speaks HTTP/2 without having negotiated it"
        case .requestLineTooLong(let limit): "the start line is longer than \(limit) bytes"
        case .malformedRequestLine(let problem): problem.description
        case .invalidMethod(let text): "'\(text)' is no request method"
        case .unsupportedVersion(let major, let minor): "HTTP/\(major).\(minor) is not spoken here"
        case .invalidTarget(let problem): problem.description
        case .tooManyEmptyLines: "more than two empty lines stand before the request"
        case .headTooLarge(let limit): "the head is larger than \(limit) bytes"
        case .tooManyFields(let limit): "the head has more than \(limit) fields"
        case .bareLineFeed: "a line ends with LF alone"
        case .bareCarriageReturn: "a CR stands without its LF"
        case .foldedLine: "a field value is continued on the next line (obsolete line folding)"
        case .missingColon: "a field line has no colon"
        case .spaceBeforeColon: "blanks stand between a field name and its colon"
        case .emptyFieldName: "a field has no name"
        case .invalidFieldName(let octet): "a field name holds the octet 0x\(Octets.hex(octet))"
        case .controlInValue(let octet): "a field value holds the control octet 0x\(Octets.hex(octet))"
        case .missingHost: "an HTTP/1.1 request came without Host"
        case .duplicateHost: "Host was sent more than once"
        case .invalidHost(let text): "'\(text)' is no valid Host"
        case .hostMismatch(let target, let host):
            "the request target names '\(target)' but Host names '\(host)'"
        case .invalidContentLength(let text): "'\(text)' is no valid Content-Length"
        case .duplicateContentLength: "Content-Length was sent more than once"
        case .contentLengthWithTransferEncoding: "Content-Length and Transfer-Encoding were sent together"
        case .unsupportedTransferEncoding(let text):
            "the transfer coding '\(text)' is not supported, only 'chunked' is"
        case .duplicateTransferEncoding: "Transfer-Encoding was sent more than once"
        case .transferEncodingInHTTP10: "Transfer-Encoding was sent in an HTTP/1.0 message"
        case .unsupportedExpectation(let text): "the expectation '\(text)' cannot be met"
        case .bodyTooLarge(let limit): "the body is larger than \(limit) bytes"
        case .invalidChunkSize: "a chunk size is not a hexadecimal number of at most 16 digits"
        case .chunkLineTooLong(let limit):
            "a chunk-size line is longer than \(limit) bytes, or its extensions add up"
        case .invalidChunkExtension(let octet): "a chunk extension holds the octet 0x\(Octets.hex(octet))"
        case .chunkNotTerminated: "the data of a chunk is not followed by CR LF"
        case .trailersTooLarge(let limit): "the trailers are larger than \(limit) bytes"
        case .malformedTrailer: "a trailer line is malformed"
        case .truncatedBody: "the connection ended before the body did"
        case .malformedStatusLine(let text): "'\(text)' is no status line"
        }
    }

    /// What to do about it, in one sentence.
    public var remedy: String {
        switch self {
        case .notHTTP(0x16): "use http:// or ws:// for this port, or configure a certificate for it"
        case .notHTTP: "speak HTTP/1.1 to this port"
        case .http2Preface: "let the proxy or client speak HTTP/1.1 here (nginx: proxy_http_version 1.1)"
        case .requestLineTooLong:
            "shorten the URL, or send the token in a header or the first message instead"
        case .malformedRequestLine(.emptyTarget): "give the URL a path, at least '/'"
        case .malformedRequestLine: "send 'METHOD /path HTTP/1.1'"
        case .invalidMethod: "send a method such as GET, in capital letters"
        case .unsupportedVersion: "speak HTTP/1.1"
        case .invalidTarget(.authority), .invalidTarget(.form): "send a path that begins with '/'"
        case .invalidTarget: "percent-encode the URL"
        case .tooManyEmptyLines, .bareLineFeed, .bareCarriageReturn:
            "end each line with CR LF, and send none before the request"
        case .headTooLarge, .tooManyFields: "send fewer or shorter headers; cookies are the usual cause"
        case .foldedLine: "put each field on one line"
        case .missingColon, .spaceBeforeColon, .emptyFieldName, .invalidFieldName, .controlInValue:
            "send fields as 'Name: value' without control characters"
        case .missingHost: "send Host, or pass it on (nginx: proxy_set_header Host $host)"
        case .duplicateHost, .invalidHost, .hostMismatch: "send one Host that names the server in the URL"
        case .invalidContentLength, .duplicateContentLength: "send one Content-Length with a decimal number"
        case .contentLengthWithTransferEncoding, .duplicateTransferEncoding, .transferEncodingInHTTP10,
            .unsupportedTransferEncoding:
            "frame the body by one Content-Length, or by 'Transfer-Encoding: chunked' alone in HTTP/1.1"
        case .unsupportedExpectation: "send no Expect other than 100-continue"
        case .bodyTooLarge: "send a smaller body"
        case .invalidChunkSize, .chunkLineTooLong, .invalidChunkExtension, .chunkNotTerminated,
            .trailersTooLarge,
            .malformedTrailer:
            "repair the sender's chunked coding, or send a Content-Length"
        case .truncatedBody: "send the whole body, then close"
        case .malformedStatusLine: "check that the address is that of an HTTP server"
        }
    }
}

extension RequestLineProblem: CustomStringConvertible {
    /// What is wrong, as the end of a sentence.
    public var description: String {
        switch self {
        case .emptyTarget: "the request line has no target"
        case .noVersion: "the request line has no HTTP version"
        case .badVersion: "the request line does not end with an HTTP version"
        }
    }
}

extension TargetProblem: CustomStringConvertible {
    /// What is wrong, as the end of a sentence.
    public var description: String {
        switch self {
        case .octet(let octet):
            "the request target holds the octet 0x\(Octets.hex(octet)), which must be percent-encoded"
        case .badEscape: "the path holds a '%' without two hexadecimal digits"
        case .encodedNUL: "the request target holds '%00'"
        case .notUTF8: "the decoded path is not UTF-8"
        case .form: "the request target is neither a path nor a URL"
        case .authority: "the request target has no valid host"
        }
    }
}
