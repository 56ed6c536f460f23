import HTTPWire
import Testing

@Suite("Bodies (RFC 9112 §6, §7.1)")
struct BodyReaderTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let bytes: String
        let outcome: BodyOutcome
        let source: String
        var testDescription: String { "\(source) \(bytes.debugDescription)" }
        init(_ bytes: String, _ text: String, rest: String = "", isComplete: Bool = true, _ source: String) {
            self.bytes = bytes
            outcome = .body(Array(text.utf8), rest: Array(rest.utf8), isComplete: isComplete)
            self.source = source
        }
        init(_ bytes: String, _ error: HTTPError, _ source: String) {
            self.bytes = bytes
            outcome = .refused(error)
            self.source = source
        }
    }

    static let chunked: [Case] = [
        Case(
            "4\r\nWiki\r\n5\r\npedia\r\nE\r\n in\r\n\r\nchunks.\r\n0\r\n\r\n", "Wikipedia in\r\n\r\nchunks.",
            "plain"),
        Case("0\r\n\r\n", "", "empty"),
        Case("0\r\n\r\nGET / HTTP", "", rest: "GET / HTTP", "the next request is left"),
        Case("0000000000000003\r\nabc\r\n0\r\n\r\n", "abc", "16 digits"),
        Case("a\r\n0123456789\r\n00\r\n\r\n", "0123456789", "small letters, two zeros"),
        Case("3;x;y=1;z=\"q;\"\r\nabc\r\n0;last\r\n\r\n", "abc", "extensions"),
        Case("3\r\nabc\r\n0\r\nX-Sum: 1\r\nEmpty:\r\n\r\n", "abc", "trailers"),
        Case("3\r\nab", "ab", isComplete: false, "not whole yet"),
        Case("3\r\nabc\r\n0\r\n", "abc", isComplete: false, "not whole yet"),
        Case("", "", isComplete: false, "nothing yet"),
        Case("\r\n", .invalidChunkSize, "no size"),
        Case("g\r\n", .invalidChunkSize, "no digit"),
        Case("0x3\r\nabc\r\n", .invalidChunkSize, "Kettle 2019: prefix"),
        Case("+3\r\nabc\r\n", .invalidChunkSize, "sign"),
        Case("-3\r\nabc\r\n", .invalidChunkSize, "sign"),
        Case(" 3\r\nabc\r\n", .invalidChunkSize, "blank before"),
        Case("3 \r\nabc\r\n", .invalidChunkSize, "blank after"),
        Case("3 ;x\r\nabc\r\n", .invalidChunkSize, "RFC 9112 §7.1.1: bad blank, refused"),
        Case("3_0\r\nabc\r\n", .invalidChunkSize, "underscore"),
        Case(";x\r\n", .invalidChunkSize, "extension without size"),
        Case("10000000000000003\r\nabc\r\n", .invalidChunkSize, "17 digits: overflow to 3"),
        Case("fffffffffffffffe\r\nabc", .bodyTooLarge(limit: 1 << 20), "2^64 - 2"),
        Case("3\nabc\r\n", .bareLineFeed, "bare LF after a size"),
        Case("3;\nabc\r\n", .bareLineFeed, "CVE-2025-22871 (Go), Weikop 2025, Funky chunks: TERM.EXT"),
        Case("3;a\r\n", "", isComplete: false, "extension"),
        Case("3;a\rb\n", .bareCarriageReturn, "Weikop 2025, Funky chunks: CR in an extension"),
        Case("3\rabc\r\n", .bareCarriageReturn, "CR alone"),
        Case("3;\u{0}\r\n", .invalidChunkExtension(octet: 0), "NUL in an extension"),
        Case("3\r\nabcd\r\n", .chunkNotTerminated, "Weikop 2025, Funky chunks: spill"),
        Case("3\r\nabc\n0\r\n\r\n", .chunkNotTerminated, "LF after the data"),
        Case("3\r\nabc\rX", .chunkNotTerminated, "CR alone after the data"),
        Case("3\r\nabcXX0\r\n\r\n", .chunkNotTerminated, "any two octets after the data"),
        Case("0\r\nX\r\n\r\n", .malformedTrailer, "trailer without colon"),
        Case("0\r\n: 1\r\n\r\n", .malformedTrailer, "trailer without name"),
        Case("0\r\n X: 1\r\n\r\n", .malformedTrailer, "folded"),
        Case("0\r\nX : 1\r\n\r\n", .malformedTrailer, "blank before the colon"),
        Case("0\r\nX: \u{0}\r\n\r\n", .malformedTrailer, "NUL"),
        Case("0\r\nX: 1\n\r\n", .bareLineFeed, "bare LF"),
        Case("0\r\n\n", .malformedTrailer, "LF as the end"),
        Case("0\r\nX: 1\ry", .bareCarriageReturn, "bare CR"),
        Case("0\r\n\rX", .bareCarriageReturn, "bare CR at the end"),
        Case("\(String(repeating: "0", count: 17))\r\n", .invalidChunkSize, "17 zeros"),
        Case("1;\(String(repeating: "x", count: 300))", .chunkLineTooLong(limit: 256), "long extension"),
        Case(
            String(repeating: "1;\(String(repeating: "x", count: 200))\r\na\r\n", count: 21),
            .chunkLineTooLong(limit: 256), "CVE-2023-39326 (Go): many extensions"),
        Case(
            "0\r\nX: \(String(repeating: "x", count: 9_000))", .trailersTooLarge(limit: 8_192), "long trailer"
        ),
    ]
    static let samples = chunked.map(\.bytes).filter { $0.utf8.count < 200 }

    @Test("chunked", arguments: chunked)
    func chunks(_ item: Case) {
        #expect(body(Array(item.bytes.utf8)) == item.outcome)
    }

    @Test("counted")
    func counted() {
        #expect(
            body(Array("abcdef".utf8), .length(4))
                == .body(Array("abcd".utf8), rest: Array("ef".utf8), isComplete: true))
        #expect(body(Array("ab".utf8), .length(4)) == .body(Array("ab".utf8), rest: [], isComplete: false))
        #expect(body(Array("ab".utf8), .length(0)) == .body([], rest: Array("ab".utf8), isComplete: true))
        #expect(body(Array("ab".utf8), .none) == .body([], rest: Array("ab".utf8), isComplete: true))
        let limits = HTTPLimits(body: 3)
        #expect(body([], .length(4), limits: limits) == .refused(.bodyTooLarge(limit: 3)))
        #expect(body([], .length(.max), limits: limits) == .refused(.bodyTooLarge(limit: 3)))
        #expect(
            body(Array("abc".utf8), .length(3), limits: limits)
                == .body(Array("abc".utf8), rest: [], isComplete: true))
    }

    @Test("The limit counts what all chunks hold together")
    func limit() {
        let limits = HTTPLimits(body: 3)
        #expect(body(Array("2\r\nab\r\n2\r\nc".utf8), limits: limits) == .refused(.bodyTooLarge(limit: 3)))
        #expect(
            body(Array("2\r\nab\r\n1\r\nc\r\n0\r\n\r\n".utf8), limits: limits)
                == .body(Array("abc".utf8), rest: [], isComplete: true))
    }

    @Test("until the connection closes")
    func untilClose() throws {
        #expect(body(Array("abc".utf8), .untilClose) == .body(Array("abc".utf8), rest: [], isComplete: false))
        #expect(
            body(Array("abcd".utf8), .untilClose, pieces: [2], limits: HTTPLimits(body: 3))
                == .refused(.bodyTooLarge(limit: 3)))
        try BodyReader(.untilClose).end()
        try BodyReader(.none).end()
        #expect(throws: HTTPError.truncatedBody) { try BodyReader(.length(1)).end() }
        #expect(throws: HTTPError.truncatedBody) { try BodyReader(.chunked).end() }
    }
}
