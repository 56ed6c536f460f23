import Bytes
import Testing

@testable import Outgoing

@Suite("Pieces of streamed answers")
struct PieceTests {
    /// One line per piece: kind, value, `@event`, `#id`; at the end the code of an error.
    static func pieces(
        _ form: PieceForm, _ parts: [[UInt8]], deltas: PieceDeltas = .extracted,
        limits: PieceLimits = PieceLimits()
    ) -> [String] {
        var decoder = PieceDecoder(form, deltas: deltas, limits: limits)
        var pieces: [Piece] = []
        var code: String?
        do throws(PieceError) {
            for part in parts { try decoder.take(part, &pieces) }
            try decoder.finish(&pieces)
        } catch {
            code = error.code
            #expect(!error.description.isEmpty && !error.remedy.isEmpty)
        }
        let lines = pieces.map { piece in
            "\(piece.kind.rawValue) \(String(decoding: piece.value, as: UTF8.self))"
                + (piece.event.map { " @\($0)" } ?? "") + (piece.id.map { " #\($0)" } ?? "")
        }
        return lines + (code.map { [$0] } ?? [])
    }

    @Test(
        "the content type says what it is made of",
        arguments: [
            ("text/event-stream", .events), ("Text/Event-Stream; charset=utf-8", .events),
            ("application/x-ndjson", .lines), ("application/jsonl", .lines), ("application/ndjson", .lines),
            ("application/json", .document), ("application/problem+json; charset=utf-8", .document),
            ("text/plain", .text), ("text/html ;charset=\"UTF-8\"", .text), ("", .text), (nil, .text),
            ("text/plain; charset=iso-8859-1", .base64), ("application/octet-stream", .base64),
            ("image/png", .base64), ("nonsense", .base64),
        ] as [(String?, PieceForm)])
    func forms(_ type: String?, _ form: PieceForm) {
        #expect(PieceForm(contentType: type) == form)
    }

    /// Text of an event stream, and its pieces.
    static let events: [(String, [String])] = [
        ("", []),
        ("data: a\n\n", ["text \"a\""]),
        ("data:a\n\n", ["text \"a\""]),
        ("data:  a\n\n", ["text \" a\""]),
        ("data\n\n", ["text \"\""]),
        ("data: a\r\rdata: b\r\n\r\ndata: c\n\n", ["text \"a\"", "text \"b\"", "text \"c\""]),
        ("data: a\ndata: b\ndata\n\n", ["text \"a\\nb\\n\""]),
        ("\u{FEFF}data: a\n\n", ["text \"a\""]),
        ("\n\u{FEFF}data: a\n\n", []),
        (": talk\n\ndata: a\n: more talk\n\n", ["text \"a\""]),
        ("event: e\ndata: a\n\ndata: b\n\n", ["text \"a\" @e", "text \"b\""]),
        ("event: e\n\ndata: b\n\n", ["text \"b\""]),
        ("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n", ["text \"a\" #1", "text \"b\" #1", "text \"c\""]),
        ("id: 1\ndata: a\n\nid: 2\u{0}\ndata: b\n\n", ["text \"a\" #1", "text \"b\" #1"]),
        ("unknown: x\ndata : y\ndata: a\n\n", ["text \"a\""]),
        // Without its blank line an event does not count.
        ("data: a\n\ndata: b\n", ["text \"a\""]),
        ("data: a\n\ndata: b", ["text \"a\""]),
        // JSON only where nobody would take it for a word.
        ("data: {\"a\": 1}\n\n", ["json {\"a\": 1}"]),
        ("data:   [1,\ndata: 2]  \n\n", ["json [1,\n2]"]),
        (
            "data: 42\n\ndata: true\n\ndata: \"x\"\n\n",
            ["text \"42\"", "text \"true\"", "text \"\\\"x\\\"\""]
        ),
        ("data: {broken\n\n", ["text \"{broken\""]),
        ("data: ü😀\n\n", ["text \"ü😀\""]),
        // Chat completions.
        (
            """
            data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

            data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}

            data: {"id":"c","choices":[{"index":0,"delta":{"content":"lo \\u00fc\\n"},"finish_reason":null}]}

            data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: {"id":"c","choices":[],"usage":{"total_tokens":7}}

            data: [DONE]

            data: {"choices":[{"delta":{"content":"after"}}]}


            """,
            [
                "json {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}",
                "text \"Hel\"", "text \"lo ü\\n\"",
                "json {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
                "json {\"id\":\"c\",\"choices\":[],\"usage\":{\"total_tokens\":7}}",
            ]
        ),
        // Responses, completions, a tool call, a second choice, an error.
        (
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n",
            ["text \"Hi\" @response.output_text.delta"]
        ),
        ("data: {\"type\":\"other\",\"delta\":\"Hi\"}\n\n", ["json {\"type\":\"other\",\"delta\":\"Hi\"}"]),
        ("data: {\"choices\":[{\"text\":\"Hi\",\"index\":0}]}\n\n", ["text \"Hi\""]),
        (
            "data: {\"choices\":[{\"delta\":{\"content\":\"x\",\"tool_calls\":[1]}}]}\n\n",
            ["json {\"choices\":[{\"delta\":{\"content\":\"x\",\"tool_calls\":[1]}}]}"]
        ),
        (
            "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}}]}\n\n",
            ["json {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}}]}"]
        ),
        ("data: {\"error\":{\"message\":\"no\"}}\n\n", ["json {\"error\":{\"message\":\"no\"}}"]),
    ]

    @Test("event streams", arguments: events)
    func eventStreams(_ text: String, _ expected: [String]) {
        #expect(Self.pieces(.events, [Array(text.utf8)]) == expected)
    }

    @Test("deltas can be left alone")
    func untouched() {
        let text = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: [DONE]\n\n"
        #expect(
            Self.pieces(.events, [Array(text.utf8)], deltas: .untouched)
                == ["json {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}"])
    }

    @Test("what an event stream says about itself")
    func selfDescription() throws {
        var decoder = PieceDecoder(.events)
        var pieces: [Piece] = []
        try decoder.take(Array("retry: 12x\n\n".utf8), &pieces)
        #expect(decoder.retryMilliseconds == nil && !decoder.isDone)
        try decoder.take(Array("retry: 1500\n\ndata: [DONE]\n\n".utf8), &pieces)
        #expect(decoder.retryMilliseconds == 1_500 && decoder.isDone && pieces.isEmpty)
        try decoder.take([0xFF], &pieces)
        try decoder.finish(&pieces)
    }

    @Test(
        "the other forms",
        arguments: [
            (
                .lines, "{\"a\":1}\n\n  [2] \r\n\"x\"\n3",
                ["json {\"a\":1}", "json [2]", "json \"x\"", "json 3"]
            ),
            (.lines, "{\"a\":1}\nbroken\n{}\n", ["json {\"a\":1}", "OUT-PIECE-JSON"]),
            (.lines, "", []),
            (.document, " {\"a\": [1, 2]}\n", ["json {\"a\": [1, 2]}"]),
            (.document, "{\"a\":\n", ["OUT-PIECE-JSON"]),
            (.document, " \n", []),
            (.text, "a\"b\nü😀\u{1}", ["text \"a\\\"b\\nü😀\\u0001\""]),
            (.base64, "Hello", ["base64 \"SGVs\"", "base64 \"bG8=\""]),
        ] as [(PieceForm, String, [String])])
    func otherForms(_ form: PieceForm, _ text: String, _ expected: [String]) {
        #expect(Self.pieces(form, [Array(text.utf8)]) == expected)
    }

    @Test(
        "what is not UTF-8 is an error, behind what came before it",
        arguments: [
            (.events, Array("data: a\n\ndata: ".utf8) + [0xC3, 0x28], ["text \"a\"", "OUT-PIECE-UTF8"]),
            (.events, Array("data: a\n\ndata: ".utf8) + [0xC3], ["text \"a\"", "OUT-PIECE-UTF8"]),
            (.lines, Array("1\n\"".utf8) + [0xFF], ["json 1", "OUT-PIECE-UTF8"]),
            (.document, Array("\"".utf8) + [0xED, 0xA0, 0x80, 0x22], ["OUT-PIECE-UTF8"]),
            (.text, Array("aü".utf8) + [0x80], ["text \"aü\"", "OUT-PIECE-UTF8"]),
            (.text, Array("a".utf8) + [0xF0, 0x9F], ["text \"a\"", "OUT-PIECE-UTF8"]),
        ] as [(PieceForm, [UInt8], [String])])
    func invalid(_ form: PieceForm, _ bytes: [UInt8], _ expected: [String]) {
        #expect(Self.pieces(form, [bytes]) == expected)
        #expect(Self.joined(Self.pieces(form, bytes.map { [$0] })) == Self.joined(expected))
    }

    @Test(
        "what has to be kept is bounded",
        arguments: [
            (.events, "data: 1234\n\ndata: 12345\n\n", ["text \"1234\"", "OUT-PIECE-LINE"]),
            (.events, ":12345678901\n", ["OUT-PIECE-LINE"]),
            (.events, "data:123\ndata:456\n\n", ["text \"123\\n456\""]),
            (.events, "data:123\ndata:4567\n\n", ["OUT-PIECE-SIZE"]),
            (.lines, "1234567890\n12345678901", ["json 1234567890", "OUT-PIECE-LINE"]),
            (.document, "12345678", ["json 12345678"]),
            (.document, "123456789", ["OUT-PIECE-SIZE"]),
        ] as [(PieceForm, String, [String])])
    func bounds(_ form: PieceForm, _ text: String, _ expected: [String]) {
        var limits = PieceLimits()
        (limits.line, limits.piece) = (10, 8)
        let bytes = Array(text.utf8)
        #expect(Self.pieces(form, [bytes], limits: limits) == expected)
        #expect(Self.pieces(form, bytes.map { [$0] }, limits: limits) == expected)
    }

    static let seeds = [UInt64(20_261_203)] + (0..<3).map { _ in UInt64.random(in: .min ... .max) }

    /// Splits, joins and mutates; whatever the bytes are, where they are cut does not matter.
    @Test("cut anywhere, the same pieces", arguments: seeds, PieceForm.allCases)
    func splits(_ seed: UInt64, _ form: PieceForm) {
        var random = SplitMix64(seed: seed)
        let samples = Self.events.map(\.0) + ["{\"a\":1}\n[2]\n", "ü😀\r\n\"\\u00e4\"\n", "12\n13\r14"]
        for _ in 0..<150 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes += Array((samples.randomElement(using: &random) ?? "").utf8)
            }
            if Bool.random(using: &random), !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            let whole = Self.pieces(form, [bytes])
            let cut = Self.pieces(form, split(bytes, &random))
            #expect(Self.joined(whole) == Self.joined(cut), "seed \(seed), form \(form), bytes \(bytes)")
            if form != .text, form != .base64 {
                #expect(whole == cut, "seed \(seed), form \(form), bytes \(bytes)")
            }
        }
    }

    /// Strings of neighbouring pieces in one: text and bytes come as the network brings them.
    static func joined(_ lines: [String]) -> String {
        lines.joined(separator: "\n").replacing("\"\ntext \"", with: "").replacing("\"\nbase64 \"", with: "")
    }
}
