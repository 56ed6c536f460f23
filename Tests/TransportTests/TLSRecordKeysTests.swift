import CTLS
import Glibc
import Testing

@testable import Transport

/// The server's records and a peer's, from keys alone: what no well-behaved client sends.
final class RecordsPair {
    let server: OpaquePointer
    let peer: OpaquePointer
    private let pair: SocketPair

    static let gcm = Int32(CTLS_AES_128_GCM)
    static let chacha = Int32(CTLS_CHACHA20_POLY1305)

    init(_ version: TLSVersion, cipher: Int32, sent: UInt64 = 1) throws {
        pair = try SocketPair()
        var up = Self.start(of: 1, sequence: 1)
        var down = Self.start(of: 2, sequence: sent)
        server = try #require(ctls_records_new(pair.a, version.rawValue, cipher, &up, &down, 0))
        peer = try #require(ctls_records_new(pair.b, version.rawValue, cipher, &down, &up, 0))
    }

    deinit {
        ctls_records_free(server)
        ctls_records_free(peer)
    }

    private static func start(of seed: UInt8, sequence: UInt64) -> ctls_start {
        var start = ctls_start()
        start.sequence = sequence
        withUnsafeMutableBytes(of: &start.secret) { secret in
            for at in secret.indices { secret[at] = seed &* 31 &+ UInt8(at) }
        }
        return start
    }

    /// A record of any type from the peer.
    func send(_ type: UInt8, _ bytes: [UInt8]) throws {
        var record = [UInt8](repeating: 0, count: Int(CTLS_SEALED_MAX))
        let length = ctls_records_seal(peer, type, bytes, bytes.count, &record)
        try #require(length > bytes.count && write(pair.b, record, length) == length)
    }

    enum Outcome: Equatable {
        case bytes([UInt8])
        case nothing
        case end
        case failed(TLSError)
    }

    func serverReads() -> Outcome { read(server) }
    func peerReads() -> Outcome { read(peer) }

    private func read(_ records: OpaquePointer) -> Outcome {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var failure = ctls_failure()
        var truncated: Int32 = 0
        let result = ctls_records_read(records, &buffer, buffer.count, &truncated, &failure)
        switch Int(result) {
        case 1...: return .bytes(Array(buffer.prefix(Int(result))))
        case 0: return .end
        case CTLS_WANT_READ: return .nothing
        default: return .failed(TLSError(failure))
        }
    }

    func serverWrites(_ bytes: [UInt8]) -> TLSError? {
        var failure = ctls_failure()
        let result = ctls_records_write(server, bytes, bytes.count, &failure)
        return result == bytes.count ? nil : TLSError(failure)
    }

    /// The records that wait at the peer, unopened.
    func recordsAtPeer() -> [[UInt8]] { waitingRecords(at: pair.b) }
}

/// What a socket has to read, record by record; it stays there.
private func waitingRecords(at descriptor: Int32) -> [[UInt8]] {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_PEEK))
    var rest = bytes.prefix(max(0, count))
    var records: [[UInt8]] = []
    while rest.count >= 5 {
        let length = 5 + Int(rest[rest.startIndex + 3]) << 8 + Int(rest[rest.startIndex + 4])
        records.append(Array(rest.prefix(length)))
        rest = rest.dropFirst(length)
    }
    return records
}

@Suite struct `TLS records that no client sends` {
    static let both = [
        (TLSVersion.v1_2, RecordsPair.gcm), (.v1_2, RecordsPair.chacha), (.v1_3, RecordsPair.gcm),
    ]

    @Test(arguments: both)
    func `both ways`(version: TLSVersion, cipher: Int32) throws {
        let ends = try RecordsPair(version, cipher: cipher)
        try ends.send(23, Array("up".utf8))
        try ends.send(23, [UInt8](repeating: 7, count: 16_384))
        #expect(ends.serverReads() == .bytes(Array("up".utf8) + [UInt8](repeating: 7, count: 16_384)))
        #expect(ends.serverWrites(Array("down".utf8)) == nil)
        #expect(ends.peerReads() == .bytes(Array("down".utf8)))
    }

    /// RFC 5246 §7.2.2: the connection goes on.
    @Test(arguments: [RecordsPair.gcm, RecordsPair.chacha])
    func `a renegotiation is refused with a warning, however it is cut`(cipher: Int32) throws {
        let hello: [UInt8] = [1, 0, 1, 0] + [UInt8](repeating: 5, count: 256)
        for size in [1, 3, 4, 5, 100, hello.count, 2 * hello.count] {
            let ends = try RecordsPair(.v1_2, cipher: cipher)
            let twice = hello + hello
            var warnings = 0
            for from in stride(from: 0, to: twice.count, by: size) {
                try ends.send(22, Array(twice[from..<min(from + size, twice.count)]))
                // Data in between is legal, and keeps this from being a flood.
                try ends.send(23, [1])
                #expect(ends.serverReads() == .bytes([1]))
                let records = ends.recordsAtPeer()
                #expect(records.allSatisfy { $0[0] == 21 })
                warnings += records.count
                #expect(ends.peerReads() == .nothing)
            }
            #expect(warnings == (size > hello.count ? 1 : 2))
            #expect(ends.serverWrites([2]) == nil)
            #expect(ends.peerReads() == .bytes([2]))
        }
    }

    @Test(arguments: [UInt8(22), 23, 21])
    func `a flood of what holds nothing is refused`(type: UInt8) throws {
        let ends = try RecordsPair(.v1_2, cipher: RecordsPair.gcm)
        // A hello without content, data without content, a warning.
        let content: [UInt8] = type == 22 ? [1, 0, 0, 0] : type == 21 ? [1, 90] : []
        for _ in 0..<16 {
            try ends.send(type, content)
            #expect(ends.serverReads() == .nothing)
            #expect(ends.peerReads() == .nothing)
        }
        try ends.send(23, [1])
        #expect(ends.serverReads() == .bytes([1]))
        for _ in 0..<17 { try ends.send(type, content) }
        #expect(ends.serverReads() == .failed(.protocolViolation("too many records without content")))
    }

    struct Ending: Sendable, CustomTestStringConvertible {
        var type: UInt8
        var bytes: [UInt8]
        var versions: [TLSVersion]
        var outcome: RecordsPair.Outcome
        /// What the peer is told.
        var alert: UInt8?
        var testDescription: String { "\(type): \(bytes.prefix(8))" }
    }

    static let endings = [
        Ending(type: 21, bytes: [1, 0], versions: [.v1_2, .v1_3], outcome: .end),
        Ending(type: 21, bytes: [2, 0], versions: [.v1_2, .v1_3], outcome: .end),
        Ending(type: 21, bytes: [1, 90], versions: [.v1_2, .v1_3], outcome: .nothing),
        Ending(type: 21, bytes: [1, 100], versions: [.v1_2], outcome: .nothing),
        Ending(
            type: 21, bytes: [1, 100], versions: [.v1_3], outcome: .failed(.alert(TLSAlert(rawValue: 100)))),
        Ending(
            type: 21, bytes: [2, 80], versions: [.v1_2, .v1_3],
            outcome: .failed(.alert(TLSAlert(rawValue: 80)))),
        Ending(
            type: 21, bytes: [2, 48], versions: [.v1_2, .v1_3],
            outcome: .failed(.peerDistrustsCertificate(TLSAlert(rawValue: 48)))),
        Ending(
            type: 21, bytes: [2], versions: [.v1_2, .v1_3],
            outcome: .failed(.protocolViolation("alert of a wrong length")), alert: 50),
        Ending(
            type: 21, bytes: [1, 90, 1, 0], versions: [.v1_2, .v1_3],
            outcome: .failed(.protocolViolation("alert of a wrong length")), alert: 50),
        Ending(
            type: 22, bytes: [], versions: [.v1_2, .v1_3],
            outcome: .failed(.protocolViolation("empty handshake record")), alert: 10),
        // A HelloRequest is the server's to send; Finished belongs into a handshake.
        Ending(
            type: 22, bytes: [0, 0, 0, 0], versions: [.v1_2, .v1_3],
            outcome: .failed(.protocolViolation("unexpected handshake message")), alert: 10),
        Ending(
            type: 22, bytes: [20, 0, 0, 12], versions: [.v1_2, .v1_3],
            outcome: .failed(.protocolViolation("unexpected handshake message")), alert: 10),
        Ending(
            type: 22, bytes: [1, 0, 0, 0], versions: [.v1_3],
            outcome: .failed(.protocolViolation("unexpected handshake message")), alert: 10),
        Ending(
            type: 22, bytes: [24, 0, 0, 1, 2], versions: [.v1_3],
            outcome: .failed(.protocolViolation("key update of an unknown kind")), alert: 47),
        Ending(
            type: 20, bytes: [1], versions: [.v1_2],
            outcome: .failed(.protocolViolation("record of an unexpected type")), alert: 10),
        Ending(
            type: 20, bytes: [1], versions: [.v1_3],
            outcome: .failed(.protocolViolation("record of an unknown inner type")), alert: 10),
        Ending(
            type: 24, bytes: [1, 0, 0], versions: [.v1_2],
            outcome: .failed(.protocolViolation("record of an unexpected type")), alert: 10),
    ]

    @Test(arguments: endings)
    func `what a sealed record may say`(_ row: Ending) throws {
        for version in row.versions {
            let ends = try RecordsPair(version, cipher: RecordsPair.gcm)
            try ends.send(row.type, row.bytes)
            #expect(ends.serverReads() == row.outcome)
            if let alert = row.alert {
                #expect(ends.peerReads() == .failed(.alert(TLSAlert(rawValue: alert))))
            } else {
                #expect(ends.recordsAtPeer().isEmpty)
            }
            // The server may still speak behind the peer's end, and not behind a failure.
            if case .failed(let error) = row.outcome {
                #expect(ends.serverWrites([1]) == error)
            } else {
                #expect(ends.serverWrites([1]) == nil)
            }
        }
    }

    /// 2^24.5 records under one key of GCM (RFC 9325 §4.4); TLS 1.3 goes over to the next in time.
    @Test func `a key seals no more than it may`() throws {
        let worn = try RecordsPair(.v1_2, cipher: RecordsPair.gcm, sent: 23_726_565)
        #expect(worn.serverWrites([1]) == nil)
        #expect(worn.peerReads() == .bytes([1]))
        #expect(worn.serverWrites([2]) == .keyWorn)
        #expect(worn.serverWrites([2]) == .keyWorn)
        #expect(worn.peerReads() == .end)

        let other = try RecordsPair(.v1_2, cipher: RecordsPair.chacha, sent: 23_726_566)
        #expect(other.serverWrites([1]) == nil && other.peerReads() == .bytes([1]))

        let renewed = try RecordsPair(.v1_3, cipher: RecordsPair.gcm, sent: 1 << 23)
        #expect(renewed.serverWrites([1]) == nil && renewed.peerReads() == .bytes([1]))
        #expect(renewed.serverWrites([2]) == nil && renewed.peerReads() == .bytes([2]))
    }

    /// Under one key of GCM a nonce that comes twice gives the key away: ours must go on from OpenSSL's (RFC 5288 §3).
    @Test(arguments: [false, true])
    func `the nonces go on from those of the handshake`(isShort: Bool) throws {
        let files = try TLSFiles()
        let server = try files.server(["localhost"])
        let context = try TLSClientContext(verify: false, versions: .v1_2 ... .v1_2)
        var ticket: TLSTicket?
        if isShort {
            let pair = try SocketPair()
            let a = try TLSSession(server: server, fileDescriptor: pair.a)
            let b = try TLSSession(client: context, fileDescriptor: pair.b, serverName: "localhost")
            try shakeHands(a, pair.a, b, pair.b)
            ticket = b.ticket
        }
        let pair = try SocketPair()
        let a = try TLSSession(server: server, fileDescriptor: pair.a)
        let b = try TLSSession(
            client: context, fileDescriptor: pair.b, serverName: "localhost", ticket: ticket)
        var records: [[UInt8]] = []
        var results: (server: TLSHandshakeResult, client: TLSHandshakeResult) = (.wantRead, .wantRead)
        for _ in 0..<4 where results.server.isOpen || results.client.isOpen {
            results.client = b.handshake()
            results.server = a.handshake()
            records += waitingRecords(at: pair.b)
        }
        #expect(results.server == .done && results.client == .done && a.isResumed == isShort)
        for count in [1, 100_000, 1] { try a.sendAll([UInt8](repeating: 1, count: count), on: pair.a) }
        records += waitingRecords(at: pair.b)
        let change = try #require(records.lastIndex { $0.first == 20 })
        let nonces = records[(change + 1)...].map { $0[5..<13].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        let first = try #require(nonces.first)
        #expect(nonces.count > 5)
        #expect(nonces == nonces.indices.map { first &+ UInt64($0) })
    }
}
