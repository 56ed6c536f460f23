import Bytes
import Glibc
import Testing

@testable import Transport

/// What the server does by itself once OpenSSL has done the handshake; the client is OpenSSL throughout.
@Suite struct `TLS records` {
    static let suites: [(TLSVersion, String)] = [
        (.v1_3, "TLS_AES_128_GCM_SHA256"), (.v1_3, "TLS_AES_256_GCM_SHA384"),
        (.v1_3, "TLS_CHACHA20_POLY1305_SHA256"),
        (.v1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"), (.v1_2, "ECDHE-ECDSA-AES256-GCM-SHA384"),
        (.v1_2, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ]

    @Test(arguments: suites)
    func `every cipher, with new keys on the way`(version: TLSVersion, suite: String) throws {
        let ends = try TLSConnection(version, suites: suite)
        #expect(ends.server.cipher == suite && ends.server.version == ends.client.version)
        #expect(ends.server.isWithoutOpenSSL && !ends.client.isWithoutOpenSSL)
        #expect(ends.server.alpn == "http/1.1" && ends.server.serverName == "localhost")
        for (round, size) in [1, 100, 16_384, 16_385, 40_000].enumerated() {
            let up = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ round) }
            // Every second round the client changes its key, and asks for ours.
            if round % 2 == 1, version == .v1_3 { #expect(ends.client.updateKey(asks: true)) }
            try ends.client.sendAll(up, on: ends.pair.b)
            var got: [UInt8] = []
            while got.count < size { got += try ends.server.receiveSome(on: ends.pair.a) }
            #expect(got == up)
            try ends.server.sendAll(up.reversed(), on: ends.pair.a)
            got = []
            while got.count < size { got += try ends.client.receiveSome(on: ends.pair.b) }
            #expect(got == up.reversed())
        }
    }

    /// The ticket of TLS 1.3 is a record of its own, and a wrong count of it would spoil every record after; in TLS 1.2 the
    /// two Finished come the other way round.
    @Test(arguments: suites)
    func `a short handshake`(version: TLSVersion, suite: String) throws {
        let files = try TLSFiles()
        let server = try files.server(["localhost"])
        let context = try TLSClientContext(verify: false, versions: version...version)
        #expect(context.narrow(suites: suite))
        var ticket: TLSTicket?
        for round in 0..<3 {
            let pair = try SocketPair()
            let a = try TLSSession(server: server, fileDescriptor: pair.a)
            let b = try TLSSession(
                client: context, fileDescriptor: pair.b, serverName: "localhost", ticket: ticket)
            try shakeHands(a, pair.a, b, pair.b)
            #expect(a.isWithoutOpenSSL)
            try a.sendAll([1, 2, 3], on: pair.a)
            #expect(try b.receiveSome(on: pair.b) == [1, 2, 3])
            try b.sendAll([4, 5], on: pair.b)
            #expect(try a.receiveSome(on: pair.a) == [4, 5])
            #expect(a.isResumed == (round > 0) && b.isResumed == a.isResumed)
            ticket = b.ticket
            #expect(ticket != nil)
        }
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3], [(Int32(1), 512), (4, 4_096)])
    func `a client that wants small records gets them`(
        version: TLSVersion, fragment: (code: Int32, limit: Int)
    ) throws {
        let ends = try TLSConnection(version, fragment: fragment.code)
        let limit = fragment.limit
        let down = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
        try ends.server.sendAll(down, on: ends.pair.a)
        var got: [UInt8] = []
        while got.count < down.count {
            let record = try ends.client.receiveSome(on: ends.pair.b)
            #expect(record.count <= limit)
            got += record
        }
        #expect(got == down)
    }

    /// However the stream is cut, and however little the reader takes at a time, the bytes are the same.
    @Test func `any split, any buffer`() throws {
        let seed = UInt64(truncatingIfNeeded: time(nil))
        print("TLS records, any split: seed \(seed)")
        var random = SplitMix64(seed: seed)
        for round in 0..<36 {
            let (version, suite) = Self.suites[round % Self.suites.count]
            let ends = try TLSConnection(version, suites: suite)
            var sent: [UInt8] = []
            var wire: [UInt8] = []
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let size = [0, 1, 5, 700, 16_384].randomElement(using: &random) ?? 0
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ sent.count) }
                if size > 0, version == .v1_3, Bool.random(using: &random) {
                    #expect(ends.client.updateKey(asks: false))
                }
                try ends.client.sendAll(bytes, on: ends.pair.b)
                sent += bytes
                var chunk = [UInt8](repeating: 0, count: 40_000)
                let count = read(ends.pair.a, &chunk, chunk.count)
                if count > 0 { wire += chunk.prefix(count) }
            }
            var got: [UInt8] = []
            var rest = wire[...]
            while true {
                let piece = rest.prefix(Int.random(in: 1...20_000, using: &random))
                if !piece.isEmpty {
                    try #require(
                        Array(piece).withUnsafeBytes { write(ends.pair.b, $0.baseAddress, $0.count) }
                            == piece.count)
                    rest = rest.dropFirst(piece.count)
                }
                var buffer = [UInt8](repeating: 0, count: Int.random(in: 1...30_000, using: &random))
                reading: while true {
                    switch buffer.withUnsafeMutableBytes({ ends.server.receive(into: $0) }) {
                    case .bytes(let count): got += buffer.prefix(count)
                    case .wouldBlock: break reading
                    case let other: throw UnexpectedResult(result: other)
                    }
                    // Level-triggered: what the socket still holds raises another event, what the session holds does not.
                    if !ends.server.hasBufferedBytes && Bool.random(using: &random) { break }
                }
                #expect(!ends.server.hasBufferedBytes)
                if rest.isEmpty && got.count == sent.count { break }
            }
            #expect(got == sent)
        }
    }

    struct UnexpectedResult: Error { var result: TLSReadResult }

    struct Nonsense: Sendable, CustomTestStringConvertible {
        var what: String
        var bytes: [UInt8]
        /// With TLS 1.2, and with 1.3.
        var alerts: [TLSVersion: UInt8]
        var testDescription: String { what }

        init(_ what: String, _ bytes: [UInt8], _ before13: UInt8, _ alert: UInt8) {
            (self.what, self.bytes) = (what, bytes)
            alerts = [.v1_2: before13, .v1_3: alert]
        }
    }

    static let nonsense = [
        Nonsense("a handshake record in clear", [22, 3, 3, 0, 4, 1, 0, 0, 0], 50, 10),
        Nonsense("a handshake in clear", [22, 3, 3, 0, 40] + [UInt8](repeating: 0, count: 40), 20, 10),
        Nonsense("an alert in clear", [21, 3, 3, 0, 2, 2, 40], 50, 10),
        Nonsense("change_cipher_spec after the handshake", [20, 3, 3, 0, 1, 1], 10, 10),
        Nonsense("a record of no type", [24, 3, 3, 0, 40] + [UInt8](repeating: 1, count: 40), 10, 10),
        Nonsense("an empty record", [23, 3, 3, 0, 0], 50, 50),
        Nonsense("no room for a tag", [23, 3, 3, 0, 15] + [UInt8](repeating: 1, count: 15), 50, 50),
        Nonsense("a record that is too long", [23, 3, 3, 0x41, 0x01], 22, 22),
        Nonsense("a record sealed by nobody", [23, 3, 3, 0, 40] + [UInt8](repeating: 9, count: 40), 20, 20),
        Nonsense("another version", [23, 3, 1, 0, 40] + [UInt8](repeating: 9, count: 40), 70, 20),
        Nonsense("plain HTTP", Array("GET / HTTP/1.1\r\n\r\n".utf8), 10, 10),
    ]

    @Test(arguments: [TLSVersion.v1_2, .v1_3], nonsense)
    func `nonsense ends the connection, and is told`(version: TLSVersion, nonsense: Nonsense) throws {
        let bytes = nonsense.bytes
        let ends = try TLSConnection(version)
        try ends.client.sendAll([1, 2], on: ends.pair.b)
        try #require(write(ends.pair.b, bytes, bytes.count) == bytes.count)
        // What came before is good.
        #expect(try ends.server.receiveSome(on: ends.pair.a) == [1, 2])
        var errors: [TLSError] = []
        for _ in 0..<2 {
            do { _ = try ends.server.receiveSome(on: ends.pair.a) } catch let error as TLSError {
                errors.append(error)
            }
        }
        try #require(errors.count == 2)
        #expect(errors[0].code == "TLS-PROTOCOL" && errors[1] == errors[0])
        #expect([1].withUnsafeBytes { ends.server.send($0) } == .failed(errors[0]))
        #expect(!ends.server.wantsWrite && ends.server.shutdown())
        #expect(throws: TLSError.alert(TLSAlert(rawValue: try #require(nonsense.alerts[version])))) {
            try ends.client.receiveSome(on: ends.pair.b)
        }
    }

    @Test func `a flood of key updates is refused`() throws {
        let ends = try TLSConnection()
        func update() throws -> TLSReadResult {
            try #require(ends.client.updateKey(asks: true))
            // Asked to go on with the handshake, OpenSSL sends what is due.
            #expect(ends.client.handshake() == .done)
            var buffer: [UInt8] = [0]
            return buffer.withUnsafeMutableBytes { ends.server.receive(into: $0) }
        }
        for _ in 0..<16 { #expect(try update() == .wouldBlock) }
        try ends.client.sendAll([1], on: ends.pair.b)
        #expect(try ends.server.receiveSome(on: ends.pair.a) == [1])
        for _ in 0..<16 { #expect(try update() == .wouldBlock) }
        #expect(try update() == .failed(.protocolViolation("too many records without content")))
    }

    @Test func `a key update meets a full socket`() throws {
        let ends = try TLSConnection(sendBuffer: 4_608)
        let down = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 11) }
        var sent = 0
        // Full: the record in flight is half sent.
        guard case .written(let count) = down.withUnsafeBytes({ ends.server.send($0) }) else {
            #expect(ends.server.wantsWrite)
            return
        }
        sent += count
        #expect(ends.server.wantsWrite && sent < down.count)
        for round in 0..<3 {
            #expect(ends.client.updateKey(asks: true))
            try ends.client.sendAll([UInt8(round)], on: ends.pair.b)
            #expect(try ends.server.receiveSome(on: ends.pair.a) == [UInt8(round)])
        }
        var got: [UInt8] = []
        while got.count < down.count {
            if sent < down.count {
                switch down[sent...].withUnsafeBytes({ ends.server.send($0) }) {
                case .written(let count): sent += count
                case .wouldBlock: break
                case .failed(let error): throw error
                }
            }
            got += try ends.client.receiveSome(on: ends.pair.b)
        }
        #expect(got == down)
    }

    /// With nothing to send, nobody but the reader gets the answer out.
    @Test func `a key update is answered by reading alone`() throws {
        let ends = try TLSConnection()
        #expect(ends.client.updateKey(asks: true))
        try ends.client.sendAll([1], on: ends.pair.b)
        #expect(try ends.server.receiveSome(on: ends.pair.a) == [1])
        var buffer: [UInt8] = [0]
        var answer = [UInt8](repeating: 0, count: 4_096)
        // The ticket first: the client has read nothing yet.
        let count = read(ends.pair.b, &answer, answer.count)
        try #require(count > 27)
        #expect(answer[(count - 27)..<(count - 22)].elementsEqual([23, 3, 3, 0, 22]))
        #expect(buffer.withUnsafeMutableBytes { ends.server.receive(into: $0) } == .wouldBlock)
        #expect(!ends.server.wantsWrite)
    }

    /// Whether a sanitizer looks after this process's memory.
    private static var isSanitized: Bool {
        dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
    }

    /// In a process of its own, so that nobody else's memory counts.
    @Test(
        .disabled(if: isSanitized, "a sanitizer's own bookkeeping would be counted"),
        arguments: [Int32(2), 3])
    func `an idle session takes 400 bytes`(version: Int32) async {
        let process = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            [version] in
            let files = try TLSFiles()
            let server = try files.server(["localhost"])
            let version = try #require(TLSVersion(rawValue: version))
            let client = try TLSClientContext(verify: false, versions: version...version)
            var sessions: [TLSSession] = []
            let (warmUp, count) = (100, 2_000)
            sessions.reserveCapacity(warmUp + count)
            var before = 0
            for at in 0..<(warmUp + count) {
                if at == warmUp { before = try privateMemory() }
                let pair = try SocketPair()
                let a = try TLSSession(server: server, fileDescriptor: pair.a)
                let b = try TLSSession(client: client, fileDescriptor: pair.b, serverName: "localhost")
                try shakeHands(a, pair.a, b, pair.b)
                try b.sendAll([1], on: pair.b)
                _ = try a.receiveSome(on: pair.a)
                sessions.append(a)
            }
            let each = (try privateMemory() - before) / count
            print("an idle TLS 1.\(version.rawValue) session takes \(each) bytes of private memory")
            precondition(each <= 600, "\(each) bytes")
            withExtendedLifetime(sessions) {}
        }
        let lines = String(decoding: process?.standardOutputContent ?? [], as: UTF8.self).split(
            separator: "\n")
        for line in lines where line.hasPrefix("an idle") { print(line) }
    }
}

/// Bytes this process has to itself.
private func privateMemory() throws -> Int {
    let file = try #require(fopen("/proc/self/smaps_rollup", "r"))
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
        let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: true)
        if words.first == "Private_Dirty:", words.count > 1, let kibibytes = Int(words[1]) {
            return kibibytes * 1_024
        }
    }
    throw TestFault()
}
