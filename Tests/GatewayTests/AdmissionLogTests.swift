import Bytes
import JSON
import Telemetry
import Testing

@testable import Gateway

/// What a closure writes, as text.
struct ByteBufferText {
    let text: String
    init(_ write: (ByteBuffer) -> Void) {
        let buffer = ByteBuffer()
        write(buffer)
        text = String(decoding: buffer.bytes, as: UTF8.self)
    }
}

@Suite("The last refusals")
struct AdmissionLogTests {
    @Test("256 are kept, newest first", arguments: [0, 1, 255, 256, 257, 300, 512, 513])
    func ring(count: Int) throws {
        var log = RefusalLog()
        for number in 0..<count {
            let head = try AdmissionTests.head(line: "GET /nowhere-\(number) HTTP/1.1")
            let sequence = log.append(
                AdmissionTests.admission.unknownPath(head, from: AdmissionTests.peer), time: Int64(number))
            #expect(sequence == UInt64(number + 1))
        }
        let kept = log.newestFirst
        #expect(kept.count == min(count, 256) && log.total == UInt64(count))
        #expect(kept.map(\.time) == (max(0, count - 256)..<count).reversed().map(Int64.init))
        let text = ByteBufferText { log.appendJSON(to: $0) }.text
        let list = try JSONValue.parse(text)
        #expect(!text.contains("\n"))
        guard case .array(let entries)? = list["refusals"] else {
            Issue.record("no list")
            return
        }
        #expect(entries.count == kept.count)
        #expect(
            entries.first?["request"]?["target"]?.stringValue == (count == 0 ? nil : "/nowhere-\(count - 1)"))
    }

    @Test("One record holds what an operator looks for")
    func record() throws {
        let refusal = try AdmissionTests.refusal([
            ("Upgrade", nil), ("Connection", "close"), ("Via", "1.1 once.example"), ("X-Request-ID", "r-1"),
            ("X-Forwarded-For", "203.0.113.7"), ("User-Agent", "line\u{85}feed"),
        ])
        let line = refusal.logRecord(time: 0).textLine(masking: Redaction())
        for part in [
            "HANDSHAKE-CONNECTION-CLOSE", "status=426", "10.0.0.2:51000", "GET /ws?token=*** HTTP/1.1",
            "Upgrade: websocket",
            "once.example", "r-1", "203.0.113.7",
        ] { #expect(line.contains(part), "\(part) in \(line)") }
        #expect(!line.contains("SECRET") && !line.contains("\n") && !line.contains("\u{85}"))
        #expect(try JSONValue.parse(refusal.logRecord(time: 0).jsonLine(masking: Redaction()))["code"] != nil)
    }

    @Test("A page that may connect may read why it could not")
    func crossOrigin() throws {
        let refusal = try AdmissionTests.refusal(AdmissionTests.stripped)
        let with = ByteBufferText {
            refusal.appendAnswer(keepAlive: true, allowedOrigin: "https://app.example.com", to: $0)
        }.text
        #expect(
            with.contains("Access-Control-Allow-Origin: https://app.example.com\r\n")
                && with.contains("Vary: Origin\r\n"))
        let without = ByteBufferText { refusal.appendAnswer(keepAlive: false, omitBody: true, to: $0) }.text
        #expect(
            !without.contains("Access-Control") && without.hasSuffix("\r\n\r\n") && without.contains("close"))
    }
}
