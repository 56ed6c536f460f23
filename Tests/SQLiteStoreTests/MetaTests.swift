import SQLiteStore
import Testing

@Suite("Small values")
struct MetaTests {
    @Test("are kept, replaced and removed")
    func values() throws {
        let folder = StateFolder()
        let store = try DirectStore(path: folder.file)
        #expect(try store.read { (session) throws(StoreError) in try session.meta("key-id") } == nil)
        for value in [[], [1, 2, 0, 3], [UInt8](repeating: 7, count: 100_000)] as [[UInt8]] {
            try store.write { (session) throws(StoreError) in
                try session.setMeta("key-id", value)
                _ = try session.meta("x")
            }
            #expect(try store.read { (session) throws(StoreError) in try session.meta("key-id") } == value)
        }
        try store.write { (session) throws(StoreError) in try session.setMeta("key-id", nil) }
        #expect(try store.read { (session) throws(StoreError) in try session.meta("key-id") } == nil)
    }
}
