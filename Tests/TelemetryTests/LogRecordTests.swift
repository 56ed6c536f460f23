import Telemetry
import Testing

@Suite("LogRecord")
struct LogRecordTests {
    static let time: Int64 = 1_795_222_923_456

    @Test("is a line for people")
    func text() {
        let record = LogRecord(
            time: Self.time, level: .info, event: "listening", fields: ["address": "127.0.0.1:8000"])
        #expect(
            record.textLine(masking: Redaction())
                == "2026-11-21T01:02:03.456Z info    listening address=127.0.0.1:8000")
    }

    @Test("is a JSON object for machines")
    func json() {
        let record = LogRecord(
            time: Self.time, level: .warning, event: "refused", message: "no \"Upgrade\"",
            fields: ["path": "/ws?token=abc", "status": 426, "tls": true, "time": 7])
        #expect(
            record.jsonLine(masking: Redaction())
                == #"{"time":"2026-11-21T01:02:03.456Z","level":"warning","event":"refused","message":"no \"Upgrade\"","#
                + #""path":"/ws?token=***","status":426,"tls":true,"time_":7}"#)
    }

    @Test("quotes what would not be told from its neighbours")
    func quoting() {
        let record = LogRecord(
            time: 0, level: .error, event: "e", message: "in words",
            fields: ["a": "", "b": "two words", "c": "x=y", "d": "\"", "e": "/ws?a=b", "f": "/a b", "n": -3])
        #expect(
            record.textLine(masking: Redaction())
                == #"1970-01-01T00:00:00.000Z error   e: in words a="" b="two words" c="x=y" d="\"" e=/ws?a=b f="/a b" n=-3"#
        )
    }

    @Test("stays one line and moves no cursor, whatever a peer sends")
    func injection() {
        let hostile = "a\r\n2026 info fake\u{1b}[2J\u{9b}\u{2028}\u{202e}\u{7f}\u{0}\u{feff}"
        let record = LogRecord(
            time: 0, level: .info, event: hostile, message: hostile, fields: ["x": .text(hostile)])
        for line in [record.textLine(masking: Redaction()), record.jsonLine(masking: Redaction())] {
            let bad = line.unicodeScalars.filter {
                $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) || $0.value > 0xff
            }
            #expect(bad.isEmpty)
            #expect(line.contains(#"a\r\n2026"#))
            #expect(line.contains(#"\u001b[2J"#))
        }
    }

    static let dates: [(Int64, String)] = [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ]

    @Test("knows the calendar", arguments: dates)
    func calendar(_ moment: Int64, _ text: String) {
        let line = LogRecord(time: moment, level: .info, event: "e").textLine(masking: Redaction())
        #expect(line.hasPrefix(text + " "))
    }

    @Test("levels are ordered")
    func levels() {
        #expect(LogLevel.allCases.sorted() == [.debug, .info, .warning, .error])
    }
}
