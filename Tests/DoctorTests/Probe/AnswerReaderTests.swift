import Testing

@testable import Doctor

@Suite struct `Answers read from the wire` {
    struct Case: Sendable, CustomTestStringConvertible {
        let bytes: String
        var end = StreamEnd.silent
        let expected: String
        var testDescription: String { String(bytes.prefix(60)) }
    }

    static let cases: [Case] = [
        Case(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", expected: "200 hi"),
        Case(bytes: "HTTP/1.1 200 OK\r\n\r\nuntil the end", end: .finished, expected: "200 until the end"),
        Case(bytes: "HTTP/1.1 200 OK\r\n\r\nuntil", end: .silent, expected: "200 until cut"),
        Case(
            bytes: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            expected: "200 hi"),
        Case(bytes: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", end: .reset, expected: "200 hi cut"),
        Case(
            bytes: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            expected: "404 "),
        Case(bytes: "HTTP/1.1 101 Switching Protocols\r\n\r\n\u{01}\u{02}", expected: "101 "),
        Case(
            bytes: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            expected: "malformed 200"),
        Case(bytes: "HTTP/1.1 2000 OK\r\n\r\n", expected: "malformed ?"),
        Case(bytes: "", end: .finished, expected: "closed 0"),
        Case(bytes: "HTTP/1.1 20", end: .reset, expected: "closed 11"),
        Case(bytes: "HTTP/1.1 20", expected: "silent 11"),
        Case(bytes: "SSH-2.0-OpenSSH_9.2\r\n", expected: "foreign"),
    ]

    static func words(_ outcome: HTTPOutcome) -> String {
        switch outcome {
        case .answered(let answer): "\(answer.status) \(answer.text)\(answer.isBodyCut ? " cut" : "")"
        case .malformed(_, _, let status): "malformed \(status.map(String.init) ?? "?")"
        case .foreign: "foreign"
        case .closed(let count, _): "closed \(count)"
        case .silent(let count): "silent \(count)"
        case .unreachable, .tlsFailed: "no connection"
        }
    }

    /// However the bytes are cut, the answer is the same.
    @Test(arguments: cases)
    func `mean the same wherever they are cut`(_ row: Case) {
        let bytes = Array(row.bytes.utf8)
        for first in 0...bytes.count {
            var reader = AnswerReader(method: "GET")
            for piece in [bytes[..<first], bytes[first...]] where !piece.isEmpty {
                reader.receive(Array(piece), at: .zero)
            }
            #expect(Self.words(reader.outcome(row.end)) == row.expected, "cut at \(first)")
        }
    }

    @Test func `end at a limit`() {
        var reader = AnswerReader(method: "GET")
        reader.receive(Array("HTTP/1.1 200 OK\r\n".utf8), at: .zero)
        var fields = 0
        while !reader.isComplete, fields < 100_000 {
            reader.receive(Array("X-\(fields): \(fields)\r\n".utf8), at: .zero)
            fields += 1
        }
        #expect(Self.words(reader.outcome(.open)) == "malformed 200")
        var body = AnswerReader(method: "GET")
        body.receive(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), at: .zero)
        var pieces = 0
        while !body.isComplete, pieces < 10_000 {
            body.receive([UInt8](repeating: 120, count: 1_000), at: .zero)
            pieces += 1
        }
        #expect(body.outcome(.open).answer?.body.count == 64 << 10)
        #expect(body.outcome(.open).answer?.isBodyCut == true)
        var interim = AnswerReader(method: "GET")
        var count = 0
        while !interim.isComplete, count < 100_000 {
            interim.receive(Array("HTTP/1.1 103 Early Hints\r\n\r\n".utf8), at: .zero)
            count += 1
        }
        #expect(Self.words(interim.outcome(.open)) == "malformed ?")
    }

    @Test func `keep the case of names and what follows a 101`() {
        var reader = AnswerReader(method: "GET")
        reader.receive(
            Array("HTTP/1.1 101 Switching Protocols\r\nsec-Websocket-ACCEPT: x\r\n\r\nframes".utf8), at: .zero
        )
        #expect(reader.leftover == Array("frames".utf8))
        #expect(reader.outcome(.open).answer?.fields.map(\.name) == ["sec-Websocket-ACCEPT"])
        #expect(reader.outcome(.open).answer?["Sec-WebSocket-Accept"] == "x")
    }

    @Test(
        arguments: [
            ([0x15, 3, 1, 0, 2, 2, 70], PortSpeech.tls), ([0x16, 3, 3], .tls),
            ([0, 0, 18, 4, 0, 0, 0, 0, 0, 0], .http2), ([0, 0, 8, 7, 0, 0, 0, 0, 0], .http2),
            ([0x53, 0x53, 0x48], .other([0x53, 0x53, 0x48])), ([], .other([])),
        ] as [([UInt8], PortSpeech)])
    func `tell what a port speaks`(_ bytes: [UInt8], _ speech: PortSpeech) {
        #expect(PortSpeech(firstBytes: bytes) == speech)
    }
}
