import Bytes
import HTTPWire

/// Reads the answer to one request from bytes as they arrive, within limits, and says what they came to.
///
/// ```
/// head ──▶ body ──▶ complete
///   └──────┴─────▶ ended by the other side, by time, or by a limit
/// ```
/// Without input or output of its own. The head is judged as strictly as the house's parser does; what breaks its rules is
/// told with the status, as far as the first line can be read.
struct AnswerReader {
    /// How much is read; more is left where it is.
    struct Limits {
        /// Head bytes, the heads of interim answers included.
        var head = 64 << 10
        var fields = 500
        /// Body bytes kept; reading stops there.
        var body = 64 << 10
        /// Pieces of the body that are noted with their time.
        var chunks = 256
    }

    private let limits: Limits
    private let method: HTTPMethod
    private var parser: ResponseParser
    /// Bytes of the head so far; afterwards those behind a 101.
    private(set) var received: [UInt8] = []
    private var total = 0
    private var answer: HTTPAnswer?
    private var body: BodyReader?
    private var fault: HTTPOutcome?
    /// True when nothing more is wanted.
    private(set) var isComplete = false
    /// The head, once it is whole, as the house's rooms know it.
    private(set) var head: ResponseHead?

    init(method: String, limits: Limits = Limits()) {
        self.limits = limits
        self.method = method == "HEAD" ? .head : .get
        parser = ResponseParser(
            limits: HTTPLimits(requestLine: 8 << 10, head: limits.head, fieldCount: limits.fields))
    }

    /// The bytes that follow a 101: they belong to the WebSocket.
    var leftover: [UInt8] { head?.status == 101 ? received : [] }

    /// Takes bytes; `at` is the time since the request.
    mutating func receive(_ bytes: [UInt8], at time: Duration) {
        guard !isComplete else { return }
        total += bytes.count
        if body != nil { return readBody(bytes, at: time) }
        received += bytes
        guard Self.isHTTP(received) else {
            // One byte decides nothing: TLS and HTTP/2 are told by several.
            if received.count >= 9 { isComplete = true }
            return
        }
        parseHead(at: time)
    }

    private mutating func parseHead(at time: Duration) {
        while true {
            guard let result = nextHead() else {
                // Interim answers without end, each within its limits.
                if total > limits.head * 4 {
                    fault = .malformed(
                        code: "HEAD-ENDLESS",
                        words: "more than \(limits.head * 4) bytes without a final answer",
                        status: nil)
                    isComplete = true
                }
                return
            }
            switch result {
            case .failure(let error):
                fault = .malformed(code: error.code, words: "\(error)", status: Self.status(of: received))
                isComplete = true
                return
            case .success(let (head, consumed)):
                received.removeFirst(consumed)
                if head.isInterim { continue }
                return begin(head, at: time)
            }
        }
    }

    /// nil: it is not whole yet.
    private mutating func nextHead() -> Result<(head: ResponseHead, consumed: Int), HTTPError>? {
        var parser = parser
        let method = method
        defer { self.parser = parser }
        return received.withUnsafeBytes { bytes in
            do throws(HTTPError) {
                return try parser.parse(bytes, for: method).map { .success($0) }
            } catch {
                return .failure(error)
            }
        }
    }

    private mutating func begin(_ head: ResponseHead, at time: Duration) {
        self.head = head
        let version = head.version == .http11 ? "HTTP/1.1" : "HTTP/1.0"
        answer = HTTPAnswer(
            status: head.status, reason: head.reason, version: version,
            fields: head.fields.map { WireField($0.name, $0.value) })
        if head.status == 101 || head.bodyFraming == .none || head.bodyFraming == .length(0) {
            isComplete = true
            return
        }
        // A body announced as longer than the limit is read as far as the limit goes.
        let reading = HTTPLimits(body: Int(UInt32.max))
        guard let reader = try? BodyReader(head.bodyFraming, limits: reading) else {
            answer?.isBodyCut = true
            isComplete = true
            return
        }
        body = reader
        let rest = received
        received = []
        readBody(rest, at: time)
    }

    private mutating func readBody(_ bytes: [UInt8], at time: Duration) {
        guard !bytes.isEmpty, var reader = body, var answer else { return }
        self.answer = nil
        var piece: [UInt8] = []
        let isSound =
            (try? bytes.withUnsafeBytes { bytes in try reader.read(bytes) { piece += $0 } }) != nil
        body = reader
        if !piece.isEmpty {
            if answer.chunks.count < limits.chunks {
                answer.chunks.append(HTTPAnswer.Chunk(at: time, bytes: piece.count))
            }
            let room = limits.body - answer.body.count
            answer.body += piece.prefix(room)
            if piece.count > room { answer.isBodyCut = true }
        }
        if !isSound || reader.isComplete || answer.isBodyCut {
            answer.isBodyCut = answer.isBodyCut || !isSound
            isComplete = true
        }
        self.answer = answer
    }

    /// What all of it comes to, when reading stopped for the reason `end`.
    func outcome(_ end: StreamEnd) -> HTTPOutcome {
        if let fault { return fault }
        if var answer {
            answer.end = end
            if !isComplete, let body {
                answer.isBodyCut = end != .finished || (try? body.end()) == nil
            }
            return .answered(answer)
        }
        if !received.isEmpty, !Self.isHTTP(received) { return .foreign(Array(received.prefix(64))) }
        if end == .silent || end == .open { return .silent(received: total) }
        return .closed(received: total, end)
    }

    /// Whether the bytes may become an answer of HTTP/1.
    private static func isHTTP(_ bytes: [UInt8]) -> Bool {
        let wanted = Array("HTTP/1.".utf8)
        // Empty lines before the status line are passed over, as the parser does.
        let start = bytes.firstIndex { $0 != 0x0D && $0 != 0x0A } ?? bytes.endIndex
        let begin = bytes[start...].prefix(wanted.count)
        return begin.elementsEqual(wanted.prefix(begin.count))
    }

    private static func status(of bytes: [UInt8]) -> Int? {
        let line = bytes.prefix { $0 != 0x0D && $0 != 0x0A }.split(separator: 0x20)
        guard line.count >= 2, line[1].count == 3 else { return nil }
        return Int(String(decoding: line[1], as: UTF8.self))
    }
}

extension PortSpeech {
    /// What a port speaks that answered HTTP/1.1 with these bytes.
    init(firstBytes bytes: [UInt8]) {
        if bytes.count >= 2, [0x15, 0x16].contains(bytes[0]), bytes[1] == 3 {
            // A TLS alert or handshake record (RFC 8446 §5.1).
            self = .tls
        } else if bytes.count >= 9, bytes[0] == 0, [0x4, 0x7].contains(bytes[3]),
            bytes[5...8].allSatisfy({ $0 == 0 })
        {
            // A SETTINGS or GOAWAY frame on stream 0 (RFC 9113 §4.1, §6.5, §6.8).
            self = .http2
        } else {
            self = .other(bytes)
        }
    }
}
