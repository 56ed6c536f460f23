import HTTPWire
import Testing

@Suite("Request smuggling (RFC 9112 §11.2)")
struct SmugglingTests {
    /// Framings that two hops have been seen to read differently, each with where it was published.
    struct Vector: Sendable, CustomTestStringConvertible {
        let source: String
        let fields: String
        let error: HTTPError
        var version = "HTTP/1.1"
        var testDescription: String { "\(source): \(fields.debugDescription)" }
    }

    static let vectors: [Vector] = [
        Vector(
            source: "Linhart et al. 2005, HTTP Request Smuggling: two lengths",
            fields: "Content-Length: 0\r\nContent-Length: 44\r\n", error: .duplicateContentLength),
        Vector(
            source: "RFC 9112 §6.3: even equal lengths",
            fields: "Content-Length: 5\r\nContent-Length: 5\r\n", error: .duplicateContentLength),
        Vector(
            source: "RFC 9110 §8.6: list", fields: "Content-Length: 5, 5\r\n",
            error: .invalidContentLength("5, 5")),
        Vector(
            source: "RFC 9110 §8.6: 1*DIGIT", fields: "Content-Length: +5\r\n",
            error: .invalidContentLength("+5")),
        Vector(
            source: "RFC 9110 §8.6: 1*DIGIT", fields: "Content-Length: -1\r\n",
            error: .invalidContentLength("-1")),
        Vector(
            source: "RFC 9110 §8.6: 1*DIGIT", fields: "Content-Length: 0x5\r\n",
            error: .invalidContentLength("0x5")),
        Vector(
            source: "RFC 9110 §8.6: 1*DIGIT", fields: "Content-Length: 5 5\r\n",
            error: .invalidContentLength("5 5")),
        Vector(
            source: "RFC 9110 §8.6: 1*DIGIT", fields: "Content-Length: 1_0\r\n",
            error: .invalidContentLength("1_0")),
        Vector(
            source: "RFC 9110 §8.6: 1*DIGIT", fields: "Content-Length:\r\n", error: .invalidContentLength("")),
        Vector(
            source: "RFC 9110 §8.6: integer overflow", fields: "Content-Length: 18446744073709551621\r\n",
            error: .invalidContentLength("18446744073709551621")),
        Vector(
            source: "Kettle 2019, HTTP Desync Attacks: CL.TE",
            fields: "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
            error: .contentLengthWithTransferEncoding),
        Vector(
            source: "Kettle 2019: TE.CL", fields: "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
            error: .contentLengthWithTransferEncoding),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "Transfer-Encoding: xchunked\r\n",
            error: .unsupportedTransferEncoding("xchunked")),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "Transfer-Encoding : chunked\r\n", error: .spaceBeforeColon),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
            error: .duplicateTransferEncoding),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
            error: .unsupportedTransferEncoding("x")),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "Transfer-Encoding:\u{0B}chunked\r\n",
            error: .controlInValue(octet: 0x0B)),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "X: X\nTransfer-Encoding: chunked\r\n", error: .bareLineFeed
        ),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "Transfer-Encoding\r\n : chunked\r\n", error: .missingColon),
        Vector(source: "Kettle 2019: TE.TE", fields: " Transfer-Encoding: chunked\r\n", error: .foldedLine),
        Vector(
            source: "Kettle 2019: TE.TE", fields: "Transfer-Encoding: \"chunked\"\r\n",
            error: .unsupportedTransferEncoding("\"chunked\"")),
        Vector(
            source: "RFC 9112 §6.1: chunked twice", fields: "Transfer-Encoding: chunked, chunked\r\n",
            error: .unsupportedTransferEncoding("chunked, chunked")),
        Vector(
            source: "RFC 9112 §6.1: chunked not last", fields: "Transfer-Encoding: chunked, identity\r\n",
            error: .unsupportedTransferEncoding("chunked, identity")),
        Vector(
            source: "RFC 9112 §7: other codings", fields: "Transfer-Encoding: gzip, chunked\r\n",
            error: .unsupportedTransferEncoding("gzip, chunked")),
        Vector(
            source: "RFC 9112 §7: identity was removed", fields: "Transfer-Encoding: identity\r\n",
            error: .unsupportedTransferEncoding("identity")),
        Vector(
            source: "RFC 9112 §7: empty", fields: "Transfer-Encoding:\r\n",
            error: .unsupportedTransferEncoding("")),
        Vector(
            source: "RFC 9112 §6.1: HTTP/1.0", fields: "Transfer-Encoding: chunked\r\n",
            error: .transferEncodingInHTTP10, version: "HTTP/1.0"),
        Vector(
            source: "CVE-2019-16276 (Go): blank before the colon", fields: "Content-Length : 5\r\n",
            error: .spaceBeforeColon),
        Vector(
            source: "CVE-2019-20444 (Netty): no colon", fields: "Content-Length 5\r\n", error: .missingColon),
        Vector(
            source: "CVE-2022-32215 (Node): folded value",
            fields: "Transfer-Encoding: chunked\r\n , identity\r\n",
            error: .foldedLine),
        Vector(
            source: "CVE-2022-32214 (Node): bare CR as line end",
            fields: "X: a\rTransfer-Encoding: chunked\r\n",
            error: .bareCarriageReturn),
        Vector(
            source: "CVE-2023-30589 (Node): CR ends the head", fields: "X: a\r\rGET /admin HTTP/1.1\r\n",
            error: .bareCarriageReturn),
        Vector(
            source: "RFC 9110 §5.1: NUL in a name", fields: "Content-Length\u{0}: 5\r\n",
            error: .invalidFieldName(octet: 0)),
    ]

    @Test("is refused", arguments: vectors)
    func refuses(_ vector: Vector) {
        let bytes = "POST / \(vector.version)\r\nHost: a\r\n\(vector.fields)\r\n"
        #expect(Outcome(bytes).error == vector.error)
    }

    @Test("A name that only resembles a framing field frames nothing")
    func resembling() throws {
        let head = try #require(
            Outcome("POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n")
                .head)
        #expect(head.bodyFraming == .none)
    }
}
