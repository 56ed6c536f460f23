import Bytes
import CCurl
import HTTPWire

/// What can have a deadline on the outgoing thread.
class TimerOwner {
    /// Its token in the engine's table, which names its timer too.
    var timer = UInt64.max

    /// Called when the deadline is reached.
    func expired(_ engine: OutgoingEngine) {}
}

/// A closure that waits for its time.
final class Alarm: TimerOwner {
    let body: @Sendable (Bool) -> Void

    init(_ body: @escaping @Sendable (Bool) -> Void) { self.body = body }

    override func expired(_ engine: OutgoingEngine) {
        engine.forget(self)
        body(true)
    }
}

/// One request and its answer, on the outgoing thread.
final class Transfer: TimerOwner {
    let id: TransferID
    let request: PreparedRequest
    let sink: TransferSink
    let totalDeadline: MonotonicTime?
    /// The engine outlives its transfers; set while there is a `handle`.
    unowned(unsafe) let engine: OutgoingEngine
    /// libcurl's side of it; nil while it waits for a place.
    var handle: OpaquePointer?
    var isConnected = false
    var lastActivity: MonotonicTime
    /// Bytes that had left at the last look.
    var sent: Int64 = 0
    /// The handler wants no more for now.
    var isHeld = false
    /// libcurl has been told so: it holds the next bytes, and reads nothing.
    var isPaused = false
    /// Why a callback stopped it.
    var failure: OutgoingError?

    private var headCount = 0
    private(set) var status = 0
    /// The last line was the empty one that ends a head.
    private(set) var isHeadWhole = false
    private var pairs: [(String, String)] = []
    private(set) var head: OutgoingHead?
    private var unusableEncoding: String?
    private var body: [UInt8] = []
    private var bodyCount = 0

    init(
        _ id: TransferID, _ request: PreparedRequest, _ sink: TransferSink, _ engine: OutgoingEngine,
        at start: MonotonicTime
    ) {
        self.id = id
        self.request = request
        self.sink = sink
        self.engine = engine
        totalDeadline = request.totalTimeout.map { start + $0 }
        lastActivity = start
    }

    override func expired(_ engine: OutgoingEngine) { engine.expired(self) }

    /// Whether anything of an answer has come.
    var hasAnswer: Bool { headCount > 0 }

    /// Tells the sink how it ended; the last thing that happens to a transfer.
    func end(_ error: OutgoingError?) {
        switch (sink, error) {
        case (.stream(let handler), let error?): _ = handler(id, .failed(error))
        case (.stream(let handler), nil): _ = handler(id, .end)
        case (.whole(let completion), let error?): completion(.failure(error))
        case (.whole(let completion), nil):
            guard let head else { return completion(.failure(missingHead)) }
            completion(.success(OutgoingResponse(head: head, body: body)))
        }
    }

    /// What a transfer without a head ends with, which libcurl should not let happen.
    var missingHead: OutgoingError { .malformed(host: request.host, reason: "there is no head") }
}

// MARK: libcurl's callbacks

extension Transfer {
    /// There is a connection, and the request goes out.
    func connected() -> Int32 {
        isConnected = true
        engine.noteActivity(of: self)
        return CCURL_GO_ON
    }

    /// Takes one line of a head or trailer.
    func takeHead(_ line: UnsafeRawBufferPointer) -> Int32 {
        lastActivity = engine.now
        headCount &+= line.count
        guard headCount <= engine.options.headLimit else {
            return stop(.headTooLarge(host: request.host, limit: engine.options.headLimit))
        }
        // What comes behind the body is of no use to anybody here.
        if head != nil { return CCURL_GO_ON }
        let text = Self.trimmed(line[...])
        isHeadWhole = text.isEmpty
        if isHeadWhole {
            if isFinalHead { showHead() }
        } else if line.starts(with: "HTTP/".utf8) {
            status = Self.status(text)
            pairs = []
        } else {
            addField(text, isFolded: line[0] == 0x20 || line[0] == 0x09)
        }
        return CCURL_GO_ON
    }

    /// Takes bytes of the body.
    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        if isHeld {
            isPaused = true
            return CCURL_PAUSE
        }
        lastActivity = engine.now
        if let unusableEncoding {
            return stop(.encodingUnusable(host: request.host, encoding: unusableEncoding))
        }
        guard bytes.count <= request.responseLimit &- bodyCount else {
            return stop(.bodyTooLarge(host: request.host, status: status, limit: request.responseLimit))
        }
        bodyCount &+= bytes.count
        switch sink {
        case .whole: body.append(contentsOf: bytes)
        case .stream(let handler): take(handler(id, .bytes([UInt8](bytes))))
        }
        return CCURL_GO_ON
    }

    /// Hands over the head that has been collected.
    func showHead() {
        let head = OutgoingHead(status: status, fields: Fields(pairs))
        self.head = head
        pairs = []
        unusableEncoding = head.fields.elements(of: "content-encoding").first { name in
            let small = name.lowercased()
            return small != "identity" && !(request.acceptsCompressed && Self.encodings.contains(small))
        }
        if case .stream(let handler) = sink { take(handler(id, .head(head))) }
    }

    private func take(_ flow: StreamFlow) {
        guard flow == .hold else { return }
        isHeld = true
        engine.noteActivity(of: self)
    }

    private func stop(_ error: OutgoingError) -> Int32 {
        failure = error
        return CCURL_STOP
    }

    /// Whether the head at hand is the answer, and no interim one or a redirect that is followed.
    private var isFinalHead: Bool {
        guard status >= 200 else { return false }
        guard request.redirectLimit > 0, Self.redirects.contains(status) else { return true }
        return !pairs.contains { $0.0.lowercased() == "location" }
    }

    private func addField(_ line: Slice<UnsafeRawBufferPointer>, isFolded: Bool) {
        if isFolded {
            guard let last = pairs.indices.last else { return }
            pairs[last].1 += " " + String(decoding: line, as: UTF8.self)
            return
        }
        guard let colon = line.firstIndex(of: 0x3A) else { return }
        let name = Self.trimmed(line[..<colon])
        let value = Self.trimmed(line[(colon + 1)...])
        pairs.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
    }

    /// The three digits behind the version; libcurl has checked the line.
    private static func status(_ line: Slice<UnsafeRawBufferPointer>) -> Int {
        guard let blank = line.firstIndex(of: 0x20) else { return 0 }
        return line[(blank + 1)...].prefix(3).reduce(0) { $0 * 10 + Int($1 &- 0x30) }
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var bytes = bytes
        while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        return bytes
    }

    private static let encodings: Set<String> = ["deflate", "gzip", "x-gzip"]
    private static let redirects: Set<Int> = [301, 302, 303, 307, 308]
}
