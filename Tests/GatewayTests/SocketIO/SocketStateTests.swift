import Bytes
import PubSub
import Testing

@testable import Gateway

/// What brings a socket back after a restart: what the store holds, and what its client's last offset tells.
@Suite("SocketState") struct SocketStateTests {
    private static let id = EngineID(loop: 3, slot: 9)

    private static func json(changes: Int = 7, rooms: String = Self.rooms) -> [UInt8] {
        Array(
            """
            {"socket":"\(id.text)","user":"ada","endpoint":"/socket.io","namespace":"/im","changes":\(changes),"rooms":[\(rooms)]}
            """.utf8)
    }

    private static let rooms = """
        {"topic":"/im","epoch":"a","offset":0,"number":1},{"topic":"room:x","epoch":"b","offset":40,"number":6}
        """

    @Test func `what is written is read`() throws {
        let state = try #require(SocketState(Self.json()))
        #expect(state.id == Self.id && state.user == "ada" && state.changes == 7)
        #expect(state.endpoint == "/socket.io" && state.namespace == "/im")
        #expect(state.rooms.map(\.topic) == ["/im", "room:x"])
        #expect(state.rooms[1].joined == StreamPosition(epoch: Epoch(text: "b"), offset: 40))
    }

    @Test(
        "what was not written here is no state",
        arguments: [
            "", "null", "[]", "{}", #"{"socket":"x","user":"u","endpoint":"/","namespace":"/","changes":1}"#,
        ])
    func damaged(_ text: String) {
        #expect(SocketState(Array(text.utf8)) == nil)
    }

    @Test func `damaged rooms are no state`() {
        for room in ["1", "{}", #"{"topic":"t","epoch":"a","offset":-1,"number":1}"#] {
            #expect(SocketState(Self.json(rooms: room)) == nil, "\(room)")
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var offset: String?
        /// Where its client stands in its two rooms; nil where that is refused.
        var offsets: [UInt64]?
        var reason = RecoveryReason.unknown
        var testDescription: String { offset ?? "none" }
    }

    static let cases: [Case] = [
        // It has heard nothing yet.
        Case(offset: nil, offsets: [0, 40]),
        Case(offset: "abcd0.1~7.1-0.6-0", offsets: [0, 40]),
        Case(offset: "abcd0.zz~7.1-a.6-11", offsets: [10, 77]),
        // From before it came into the second room, or left others.
        Case(offset: "abcd0.zz~5.1-3.4-9", offsets: [3, 40]),
        Case(offset: "abcd0.zz~6.1-3.6-1", offsets: [3, 41]),
        // The rooms changed, and that was not on disk when the server ended.
        Case(offset: "abcd0.zz~8.1-3.6-1.8-0", offsets: nil),
        // It must say where it stands in every room.
        Case(offset: "abcd0.zz~7.1-3", offsets: nil, reason: .offsetUnknown),
        Case(offset: "abcd0.zz", offsets: nil, reason: .offsetUnknown),
        Case(offset: "", offsets: nil, reason: .offsetUnknown),
        Case(offset: "~", offsets: nil, reason: .offsetUnknown),
        Case(offset: "hello ~ world", offsets: nil, reason: .offsetUnknown),
        Case(offset: "x~7.1-3.1-4.6-1", offsets: nil, reason: .offsetUnknown),
        Case(offset: "x~7.1-3.6-", offsets: nil, reason: .offsetUnknown),
        Case(offset: "x~7.1-3.6-1-1", offsets: nil, reason: .offsetUnknown),
        Case(offset: "x~7.1-3.6-zzzzzzzzzzzzzzzz", offsets: nil, reason: .offsetUnknown),
    ]

    @Test("the last offset tells where a client stands", arguments: cases)
    func claims(_ one: Case) throws {
        let state = try #require(SocketState(Self.json()))
        switch state.claim(one.offset) {
        case .success(let claim):
            #expect(claim.rooms.map(\.since.offset) == one.offsets)
            #expect(claim.id == Self.id && claim.roomChanges == 7)
        case .failure(let error):
            #expect(one.offsets == nil && error.reason == one.reason)
        }
    }

    @Test func `an offset far ahead wraps nothing`() throws {
        let state = try #require(SocketState(Self.json()))
        guard case .success(let claim) = state.claim("x~7.1-3w5e11264sgsf.6-3w5e11264sgsf") else {
            Issue.record("refused")
            return
        }
        // The topic's home refuses what lies ahead of it.
        #expect(claim.rooms[0].since.offset == .max)
    }

    @Test func `marks are kept beside a message`() {
        let ids = [EngineID(loop: 0, slot: 1), EngineID(loop: 2, slot: .max)]
        let note = EventMarks(except: ids).note
        #expect(note.withUnsafeBytes { EventMarks(note: $0)?.except } == ids)
        #expect(EventMarks(isVolatile: true).note == [])
        #expect([UInt8]().withUnsafeBytes { EventMarks(note: $0) } == nil)
        #expect([1, 2, 3 as UInt8].withUnsafeBytes { EventMarks(note: UnsafeRawBufferPointer($0)) } == nil)
    }
}
