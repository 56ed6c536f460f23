import Bytes
import Testing

@testable import Gateway

/// Ids of sessions and sockets: 20 characters that name a loop and a slot.
@Suite("EngineID") struct EngineIDTests {
    @Test(arguments: [(0, UInt32(0)), (1, 1), (255, .max), (7, 123_456_789)])
    func `says where it lives, and reads what it wrote`(_ loop: Int, _ slot: UInt32) throws {
        let id = EngineID(loop: loop, slot: slot)
        #expect((id.loop, id.slot) == (loop, slot))
        #expect(id.text.utf8.count == EngineID.count)
        #expect(EngineID(id.text) == id)
    }

    @Test func `no two are alike, though their place is the same`() {
        let ids = Set((0..<1000).map { _ in EngineID(loop: 1, slot: 1) })
        #expect(ids.count == 1000)
    }

    @Test(arguments: [
        "", "A", "AAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAA", "AAAA+AAAAAAAAAAAAAAA",
        "ä234567890123456789",
    ])
    func `what is none is none`(_ text: String) {
        #expect(EngineID(text) == nil)
    }
}
