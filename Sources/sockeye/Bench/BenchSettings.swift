import Configuration
import SockeyeClient

/// What `sockeye bench` was asked to do: the command line, checked.
struct BenchSettings: Sendable {
    enum Mode: String, CaseIterable, Sendable {
        case echo, fanout, idle, churn
    }

    let mode: Mode
    let plan: ConnectPlan
    let connections: Int
    /// Of the payload, in bytes.
    let size: Int
    /// Messages on their way: for each connection in echo, altogether in fan-out.
    let inFlight: Int
    let duration: Duration
    let warmup: Duration
    /// Messages a second, altogether; nil sends the next when one has come back.
    let rate: Double?
    let loops: Int
    let sources: Int
    /// How many handshakes are under way at once.
    let concurrency: Int
    let hold: Duration
    let touches: Bool
    let isBinary: Bool
    let processes: [Int32]
    let isJSON: Bool
    let isQuiet: Bool
    let messages: BenchMessages
    let mask: SecretMask

    init(_ invocation: Invocation) throws(CommandFailure) {
        let name = invocation.value("--mode") ?? "echo"
        guard let mode = Mode(rawValue: name) else {
            let guess = Spelling.nearest(to: name, among: Mode.allCases.map(\.rawValue))
            throw .usage(
                "--mode: there is no mode '\(name)'",
                hint: guess.map { "did you mean \($0)?" } ?? "it is echo, fanout, idle or churn")
        }
        self.mode = mode
        var options: ConnectOptions
        (options, mask) = try ConnectionFlags.options(invocation)
        // A load generator must not be the one that gives up because the machine is busy.
        if invocation.value("--timeout") == nil { options.timeout = .seconds(30) }
        options.messageLimit = 64 << 20
        plan = try ConnectionFlags.plan(invocation, options, mask)
        connections = try invocation.number("--connections", 1...1_000_000) ?? (mode == .idle ? 1000 : 50)
        inFlight = try invocation.number("--in-flight", 1...4096) ?? 1
        loops = try invocation.number("--loops", 1...256) ?? 1
        sources = try invocation.number("--sources", 1...250) ?? 1
        concurrency = try invocation.number("--concurrency", 1...10_000) ?? 64
        let header = mode == .fanout ? BenchPayload.timedHeader : BenchPayload.header
        size = try invocation.bytes("--size", header...(16 << 20)) ?? (mode == .fanout ? 128 : 64)
        duration = try invocation.duration("--duration") ?? .seconds(3)
        warmup = try invocation.duration("--warmup") ?? .milliseconds(500)
        hold = try invocation.duration("--hold") ?? .seconds(2)
        guard duration > .zero else { throw .usage("--duration must be longer than nothing") }
        rate = try invocation.number("--rate", 1...100_000_000).map(Double.init)
        touches = invocation.has("--touch")
        isBinary = invocation.has("--binary")
        isJSON = invocation.has("--json")
        isQuiet = invocation.has("--quiet")
        processes = try invocation.values("--pid").flatMap { $0.split(separator: ",") }.map {
            text throws(CommandFailure) in
            guard let number = Int32(text), number > 0 else {
                throw .usage("--pid: '\(text)' is no process number")
            }
            return number
        }
        messages = try BenchMessages(invocation, mode: mode)
        guard loops <= connections else { throw .usage("--loops: more loops than connections") }
    }
}

/// The texts that subscribe, publish and are recognised.
///
/// By default those of Sockeye's JSON protocol.
struct BenchMessages: Sendable {
    /// Sent by each subscriber when it is open; nil: nothing.
    var subscribe: String?
    /// Before and after the payload of a publication.
    var publish: (prefix: String, suffix: String)
    /// What stands right before the payload in a delivery; empty: the payload is the whole message.
    var find: [UInt8]
    /// What the answer to a subscription holds; nil: there is none to wait for.
    var ready: [UInt8]?
    /// How long to wait after subscribing when nothing tells that it was done.
    var settle: Duration

    static let placeholder = "{payload}"
    /// What a refusal in Sockeye's protocol holds.
    static let refusal: StaticString = #""type":"error""#

    init(_ invocation: Invocation, mode: BenchSettings.Mode) throws(CommandFailure) {
        let topic = invocation.value("--topic") ?? "bench"
        let isOwn = invocation.value("--subscribe") == nil && invocation.value("--publish") == nil
        if isOwn {
            let wants = mode == .fanout || invocation.value("--topic") != nil
            subscribe = wants ? SockeyeCommand.subscribe(topic: topic, id: nil).text : nil
            publish = (#"{"type":"publish","topic":\#(SockeyeCommand.quoted(topic)),"data":""#, #""}"#)
            find = Array((invocation.value("--find") ?? #""data":""#).utf8)
            ready = wants ? Array((invocation.value("--ready") ?? #""type":"subscribed""#).utf8) : nil
        } else {
            if invocation.value("--topic") != nil {
                throw .usage("--topic is for Sockeye's own messages; --subscribe and --publish hold theirs")
            }
            subscribe = invocation.value("--subscribe")
            publish = try Self.split(invocation.value("--publish") ?? Self.placeholder)
            find = Array((invocation.value("--find") ?? "").utf8)
            ready = invocation.value("--ready").map { Array($0.utf8) }
        }
        settle =
            try invocation.duration("--settle") ?? (ready == nil && subscribe != nil ? .seconds(1) : .zero)
    }

    private static func split(_ text: String) throws(CommandFailure) -> (String, String) {
        let (bytes, mark) = (Array(text.utf8), Array(placeholder.utf8))
        let places = bytes.indices.filter { bytes[$0...].starts(with: mark) }
        guard let place = places.first, places.count == 1 else {
            throw .usage(
                "--publish must hold \(placeholder) once", hint: "write it like --publish 'P{payload}'")
        }
        return (
            String(decoding: bytes[..<place], as: UTF8.self),
            String(decoding: bytes[(place + mark.count)...], as: UTF8.self)
        )
    }
}

extension Invocation {
    func number(_ flag: String, _ range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(flag) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage("\(flag): '\(text)' is no number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func bytes(_ flag: String, _ range: ClosedRange<Int>) throws(CommandFailure) -> Int? {
        guard let text = value(flag) else { return nil }
        guard let number = ByteSize.parse(text), range.contains(number) else {
            throw .usage(
                "\(flag): '\(text)' is no size from \(range.lowerBound) bytes to \(ByteSize.text(range.upperBound))",
                hint: "write it like 64 or 16KiB")
        }
        return number
    }

    func duration(_ flag: String) throws(CommandFailure) -> Duration? {
        guard let text = value(flag) else { return nil }
        return try ConnectionFlags.duration(flag, text)
    }
}
