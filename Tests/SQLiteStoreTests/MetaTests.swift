import SQLiteStore
import Testing

@Suite("Small values")
struct MetaTests {
    @Test(
        "are kept, replaced and removed",
        arguments: [[], [1, 2, 0, 3], [UInt8](repeating: 7, count: 100_000)])
    func values(_ value: [UInt8]) throws {
        let folder = StateFolder()
        let store = try DirectStore(path: folder.file)
        #expect(try store.look { try $0.meta("key-id") } == nil)
        for value in [[9], value] {
            try store.change { try $0.setMeta("key-id", value) }
            #expect(try store.look { try $0.meta("key-id") } == value)
        }
        try store.change { try $0.setMeta("key-id", nil) }
        #expect(try store.look { try $0.meta("key-id") } == nil)
    }
}
