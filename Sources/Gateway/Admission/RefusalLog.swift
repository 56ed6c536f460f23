public import Bytes
import JSON
public import Telemetry

/// The last refusals, for the operator: browsers hide the status of a refused handshake from their pages.
///
/// A ring of 256 values; nothing in it is secret. 0.5 to 2 KiB each, so at most half a MiB.
public struct RefusalLog: Sendable {
    /// One refusal and when it happened.
    public struct Entry: Sendable, Equatable {
        /// Counts from 1 over the life of the log.
        public let sequence: UInt64
        /// Unix time in milliseconds.
        public let time: Int64
        /// What happened.
        public let refusal: Refusal
    }

    /// How many are kept.
    public static let capacity = 256

    /// Filled from 0; when it is full, `total % capacity` is the oldest and the next to be replaced.
    private var ring: [Entry] = []
    /// How many there were in all.
    public private(set) var total: UInt64 = 0
    /// How many there were of each code.
    public private(set) var totals: [String: UInt64] = [:]

    /// An empty log.
    public init() {}

    /// Keeps a refusal and gives its sequence number.
    @discardableResult
    public mutating func append(_ refusal: Refusal, time: Int64) -> UInt64 {
        let slot = Int(total % UInt64(Self.capacity))
        total &+= 1
        totals[refusal.code, default: 0] &+= 1
        let entry = Entry(sequence: total, time: time, refusal: refusal)
        if slot < ring.count { ring[slot] = entry } else { ring.append(entry) }
        return total
    }

    /// What is kept, newest first.
    public var newestFirst: [Entry] {
        let next = Int(total % UInt64(Self.capacity))
        guard ring.count == Self.capacity else { return ring.reversed() }
        return ring[..<next].reversed() + ring[next...].reversed()
    }

    /// Appends `{"total":N,"refusals":[…]}`, newest first, on one line.
    ///
    /// Each has `sequence`, `time` (Unix milliseconds), the members of the answer, and `request` {`peer`, `listener`, `tls`,
    /// `method`, `target`, `version`, `host`, `origin`, `userAgent`, `forwardedFor`, `requestID`}.
    public func appendJSON(to buffer: ByteBuffer) {
        buffer.append("{\"total\":")
        buffer.append(decimal: total)
        buffer.append(",\"refusals\":[")
        for (index, entry) in newestFirst.enumerated() {
            if index > 0 { buffer.append(",") }
            var object = JSONObjectWriter(buffer)
            object.member("sequence", Int64(clamping: entry.sequence))
            object.member("time", entry.time)
            entry.refusal.appendMembers(to: &object, forOperator: true)
            object.member("request") { entry.refusal.request.appendMembers(to: &$0) }
            object.end()
        }
        buffer.append("]}")
    }
}

extension RequestSummary {
    func appendMembers(to object: inout JSONObjectWriter) {
        object.member("peer", peer.address)
        object.member("listener", peer.listener)
        object.member("tls", peer.isTLS)
        guard !method.isEmpty else { return }
        object.member("method", method)
        object.member("target", target)
        object.member("version", version)
        object.member("host", host)
        object.member("origin", origin)
        object.member("userAgent", userAgent)
        object.member("forwardedFor", forwardedFor)
        object.member("requestID", requestID)
    }
}

extension Refusal {
    /// The refusal as one record: what happened, who asked for what, which hop, and all inputs of a refused origin.
    public func logRecord(time: Int64) -> LogRecord {
        var fields: LogFields = ["code": .text(code), "status": .number(Int64(status))]
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { fields.append(name, .text(value)) }
        }
        add("peer", request.peer.address)
        add("listener", request.peer.listener)
        if !request.method.isEmpty {
            add("request", "\(request.method) \(request.target) \(request.version)")
        }
        add("missing", missing.joined(separator: ", "))
        add("hop", suspect?.words)
        add("evidence", suspect?.evidence.joined(separator: "; "))
        add("nearest", nearestPath)
        add("origin", request.origin)
        if let origin {
            add("normalized", origin.normalized)
            add("allowed", origin.allowed.isEmpty ? "none" : origin.allowed.joined(separator: ", "))
            add("profile", origin.profile)
        }
        add("host", request.host)
        add("forwarded_for", request.forwardedFor)
        add("agent", request.userAgent)
        add("request_id", request.requestID)
        add("remedy", remedy)
        return LogRecord(time: time, level: .warning, event: "refused", message: message, fields: fields)
    }
}
