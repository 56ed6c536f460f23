import Bytes
import Glibc
import HTTPWire
import Synchronization
import Transport

@testable import Outgoing

/// A value that comes once, and those who wait for it.
final class Once<Value: Sendable>: Sendable {
    private enum State {
        case come(Value)
        case open([CheckedContinuation<Value, Never>])
    }

    private let state = Mutex(State.open([]))

    func callAsFunction(_ value: Value) {
        let waiting: [CheckedContinuation<Value, Never>] = state.withLock { state in
            guard case .open(let waiting) = state else { return [] }
            state = .come(value)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }

    var value: Value {
        get async {
            await withCheckedContinuation { continuation in
                let value: Value? = state.withLock { state in
                    switch state {
                    case .come(let value): return value
                    case .open(let waiting):
                        state = .open(waiting + [continuation])
                        return nil
                    }
                }
                if let value { continuation.resume(returning: value) }
            }
        }
    }

    /// The value if it has come.
    var now: Value? {
        state.withLock { if case .come(let value) = $0 { value } else { nil } }
    }
}

extension Once where Value == Void {
    func callAsFunction() { self(()) }
}

/// A list that threads add to.
final class Log<Entry: Sendable>: Sendable {
    private let entries = Mutex<[Entry]>([])
    func add(_ entry: Entry) { entries.withLock { $0.append(entry) } }
    var all: [Entry] { entries.withLock { $0 } }
}

/// The events of one stream.
final class Collector: Sendable {
    let events = Log<StreamEvent>()
    let head = Once<OutgoingHead>()
    let firstBytes = Once<Void>()
    /// nil: it ended well.
    let end = Once<OutgoingError?>()
    private let count = Atomic<Int>(0)
    private let flow: @Sendable (StreamEvent) -> StreamFlow

    init(_ flow: @escaping @Sendable (StreamEvent) -> StreamFlow = { _ in .more }) { self.flow = flow }

    /// Bytes of body so far.
    var byteCount: Int { count.load(ordering: .sequentiallyConsistent) }

    func take(_ id: TransferID, _ event: StreamEvent) -> StreamFlow {
        events.add(event)
        let flow = flow(event)
        switch event {
        case .bytes(let bytes):
            count.add(bytes.count, ordering: .sequentiallyConsistent)
            firstBytes()
        case .end: end(nil)
        case .failed(let error): end(error)
        case .head(let head): self.head(head)
        }
        return flow
    }

    var body: [UInt8] {
        events.all.flatMap { event -> [UInt8] in
            if case .bytes(let bytes) = event { bytes } else { [] }
        }
    }

    var terminalCount: Int {
        events.all.count { event in
            switch event {
            case .end, .failed: true
            case .bytes, .head: false
            }
        }
    }
}

extension OutgoingHTTP {
    /// The answer, or why there is none.
    func result(_ request: OutgoingRequest) async -> Result<OutgoingResponse, OutgoingError> {
        let once = Once<Result<OutgoingResponse, OutgoingError>>()
        do throws(OutgoingError) {
            try perform(request) { once($0) }
        } catch {
            return .failure(error)
        }
        return await once.value
    }

    func response(_ request: OutgoingRequest) async throws -> OutgoingResponse {
        try await result(request).get()
    }

    func failure(_ request: OutgoingRequest) async -> OutgoingError? {
        if case .failure(let error) = await result(request) { error } else { nil }
    }

    /// Waits for the thread on one that may be blocked.
    func end(grace: Duration = .zero) async -> Bool {
        let once = Once<Bool>()
        startThread { once(self.shutdown(grace: grace, patience: .seconds(10))) }
        return await once.value
    }
}

/// A certificate for `localhost` in files of its own.
final class TestIdentity {
    let directory: String
    let server: TLSServerContext
    var certificateFile: String { "\(directory)/server.crt" }

    init(names: [String] = ["localhost"]) throws {
        var template = Array("/tmp/sockeye-outgoing-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { mkdtemp($0) != nil }
        }
        guard made == true else { throw TestFault() }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let certificate = try SelfSignedCertificate.make(names: names)
        try certificate.write(certificate: "\(directory)/server.crt", key: "\(directory)/server.key")
        server = try TLSServerContext(
            identities: [TLSIdentity(certificate: "\(directory)/server.crt", key: "\(directory)/server.key")])
    }

    deinit {
        unlink("\(directory)/server.crt")
        unlink("\(directory)/server.key")
        rmdir(directory)
    }
}

/// Cuts bytes at random places.
func split(_ bytes: [UInt8], _ random: inout SplitMix64) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = min(
            rest.count, Int.random(in: 1...(Bool.random(using: &random) ? 3 : 40), using: &random))
        parts.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
    }
    return parts
}
