import HTTPWire
import Testing

@Suite("What is wrong is said in words")
struct HTTPErrorTests {
    static let errors: [HTTPError] = [
        .notHTTP(firstOctet: 1), .http2Preface, .requestLineTooLong(limit: 1),
        .malformedRequestLine(.noVersion),
        .invalidMethod("x"), .unsupportedVersion(major: 3, minor: 0), .invalidTarget(.form),
        .tooManyEmptyLines,
        .headTooLarge(limit: 1), .tooManyFields(limit: 1), .bareLineFeed, .bareCarriageReturn, .foldedLine,
        .missingColon, .spaceBeforeColon, .emptyFieldName, .invalidFieldName(octet: 1),
        .controlInValue(octet: 1),
        .missingHost, .duplicateHost, .invalidHost("x"), .hostMismatch(target: "a", host: "b"),
        .invalidContentLength("x"), .duplicateContentLength, .contentLengthWithTransferEncoding,
        .unsupportedTransferEncoding("x"), .duplicateTransferEncoding, .transferEncodingInHTTP10,
        .unsupportedExpectation("x"), .bodyTooLarge(limit: 1), .invalidChunkSize, .chunkLineTooLong(limit: 1),
        .invalidChunkExtension(octet: 1), .chunkNotTerminated, .trailersTooLarge(limit: 1), .malformedTrailer,
        .truncatedBody, .malformedStatusLine("x"),
    ]
    static let problems: [TargetProblem] = [
        .octet(1), .badEscape, .encodedNUL, .notUTF8, .form, .authority,
    ]

    @Test("Each has its own code and words, and a status that answers a fault of the client or of a version")
    func distinct() {
        #expect(Set(Self.errors.map(\.code)).count == Self.errors.count)
        let words =
            Self.errors.map(\.description) + Self.problems.map { HTTPError.invalidTarget($0).description }
        // `.form` is in both lists.
        #expect(Set(words).count == words.count - 1)
        for error in Self.errors + Self.problems.map(HTTPError.invalidTarget) {
            #expect(!error.remedy.isEmpty)
            #expect((400..<500).contains(error.status) || error.status == 501 || error.status == 505)
        }
    }

    @Test("TLS on a plain port is told what to do")
    func tls() {
        let error = HTTPError.notHTTP(firstOctet: 0x16)
        #expect(error.description.contains("TLS") && error.remedy.contains("certificate"))
    }

    @Test("Every status that is answered has its phrase, and limits stay in range")
    func phrases() {
        for status in Self.errors.map(\.status) + [
            101, 200, 204, 401, 403, 404, 405, 408, 426, 429, 500, 502, 503,
        ] {
            #expect(ResponseWriter.reason(status).description != "Unknown")
        }
        #expect(ResponseWriter.reason(299).description == "Unknown")
        let limits = HTTPLimits(
            requestLine: 1 << 30, head: 1 << 30, fieldCount: 0, body: -1, chunkLine: 1, trailers: -1)
        #expect(limits.requestLine == 1 << 20 && limits.head == 1 << 20 && limits.fieldCount == 1)
        #expect(limits.body == 0 && limits.chunkLine == 32 && limits.trailers == 0)
    }
}
