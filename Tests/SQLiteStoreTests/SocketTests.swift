import SQLiteStore
import Testing

@Suite("Sockets")
struct SocketTests {
    private let folder = StateFolder()
    private let store: DirectStore

    init() throws { store = try DirectStore(path: folder.file) }

    private func socket(_ id: String, _ state: String = "{}") -> StoredSocket {
        StoredSocket(id: id, kept: 100, state: Array(state.utf8))
    }

    @Test("are given out once, with what was kept last")
    func once() throws {
        try store.change { try $0.keepSocket(socket("a", "1")) }
        try store.change { try $0.keepSocket(socket("a", "2")) }
        #expect(try store.change { try $0.takeSocket("b", now: 0) } == nil)
        #expect(try store.change { try $0.takeSocket("a", now: 0) } == socket("a", "2"))
        #expect(try store.change { try $0.takeSocket("a", now: 0) } == nil)
    }

    @Test("that were cut off are kept as long as they were to be")
    func cut() throws {
        for id in ["a", "b", "c"] { try store.change { try $0.keepSocket(socket(id)) } }
        try store.change { try $0.cutSocket("a", expiresAt: 50) }
        try store.change { try $0.forgetSocket("c") }
        // The server starts anew: whoever was connected is cut off now.
        #expect(try store.change { try $0.cutAllSockets(now: 1000) } == 1)
        #expect(try store.change { try $0.takeSocket("a", now: 51) } == nil)
        #expect(try store.change { try $0.takeSocket("c", now: 0) } == nil)
        #expect(try store.change { try $0.takeSocket("b", now: 1101) } == nil)
        #expect(try store.change { try $0.takeSocket("b", now: 1100) } == socket("b"))
    }

    @Test("are swept when they have ended, a bounded step at a time")
    func sweeping() throws {
        for number in 0..<10 {
            try store.change { try $0.keepSocket(socket("\(number)")) }
            if number > 0 { try store.change { try $0.cutSocket("\(number)", expiresAt: Int64(number)) } }
        }
        #expect(try store.change { try $0.sweepSockets(now: 6, limit: 3) } == 3)
        #expect(try store.change { try $0.sweepSockets(now: 6, limit: 3) } == 2)
        #expect(try store.change { try $0.sweepSockets(now: 6) } == 0)
        for number in [0, 6, 7, 8, 9] {
            #expect(try store.change { try $0.takeSocket("\(number)", now: 0) } != nil)
        }
    }
}
