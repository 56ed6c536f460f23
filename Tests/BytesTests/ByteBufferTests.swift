import Bytes
import Testing

@Suite struct ByteBufferTests {
    @Test func emptyBufferOwnsNothing() {
        let buffer = ByteBuffer()
        #expect(buffer.isEmpty)
        #expect(buffer.capacity == 0)
        #expect(buffer.bytes.count == 0)
        buffer.removeFirst(5)
        buffer.truncate(to: 0)
        buffer.append([])
        #expect(buffer.array == [])
    }

    @Test func appendsEveryKind() {
        let buffer = ByteBuffer()
        buffer.append("a string, " as String)
        buffer.append("a literal, " as StaticString)
        buffer.append("a part"[...])
        buffer.append(byte: 0x2C)
        buffer.append(decimal: UInt64.max)
        buffer.append(byte: 0x20)
        buffer.append(decimal: Int64.min)
        buffer.append(byte: 0x20)
        buffer.append(decimal: 0 as UInt64)
        buffer.append([0x21])
        let text = String(decoding: buffer.bytes, as: UTF8.self)
        #expect(text == "a string, a literal, a part,18446744073709551615 -9223372036854775808 0!")
    }

    @Test(arguments: [0, 1, 9, 10, 35, 36, 1295, 1296, 1_000_000_007, .max - 1, .max] as [UInt64])
    func `numbers in both bases`(number: UInt64) {
        let buffer = ByteBuffer()
        buffer.append(decimal: number)
        buffer.append(byte: 0x20)
        buffer.append(base36: number)
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "\(number) \(String(number, radix: 36))")
    }

    /// A buffer behaves like an array of bytes, whatever is done to it.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func agreesWithAnArray(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let buffer = ByteBuffer()
        var model: [UInt8] = []
        for step in 0..<2000 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0...3:
                let added = (0..<Int.random(in: 0..<200, using: &random)).map { _ in
                    UInt8(truncatingIfNeeded: random.next())
                }
                buffer.append(added)
                model += added
            case 4, 5:
                let n = Int.random(in: 0..<300, using: &random)
                buffer.removeFirst(n)
                model.removeFirst(min(n, model.count))
            case 6:
                let n = Int.random(in: 0..<600, using: &random)
                buffer.truncate(to: n)
                model = Array(model.prefix(n))
            default:
                guard Int.random(in: 0..<20, using: &random) == 0 else { continue }
                buffer.removeAll(keepingCapacity: Int.random(in: 0..<4096, using: &random))
                model = []
            }
            guard buffer.array == model else {
                Issue.record("seed \(seed), step \(step)")
                return
            }
        }
    }

    @Test func removingAtTheFrontReusesTheRoom() {
        let buffer = ByteBuffer(capacity: 1024)
        let piece = [UInt8](repeating: 7, count: 300)
        for _ in 0..<1000 {
            buffer.append(piece)
            buffer.removeFirst(300)
            buffer.append(piece)
            buffer.removeFirst(299)
            buffer.removeFirst(1)
        }
        #expect(buffer.capacity == 1024)
        for _ in 0..<1000 {
            buffer.append(piece)
            if buffer.count > 600 { buffer.removeFirst(300) }
        }
        #expect(buffer.capacity <= 4096)
    }

    @Test func reserveAndCommit() {
        let buffer = ByteBuffer()
        buffer.append("ab" as StaticString)
        let room = buffer.reserve(100)
        room.storeBytes(of: 0x63, as: UInt8.self)
        #expect(buffer.count == 2)
        buffer.commit(1)
        #expect(buffer.freeCount >= 99)
        buffer.mutableBytes[0] = 0x41
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == "Abc")
    }

    @Test func removeAllKeepsOnlySmallBlocks() {
        let buffer = ByteBuffer(capacity: 100)
        buffer.append("x" as StaticString)
        buffer.removeAll(keepingCapacity: 100)
        #expect(buffer.capacity == 100)
        buffer.removeAll(keepingCapacity: 99)
        #expect(buffer.capacity == 0)
        buffer.append("again" as StaticString)
        #expect(buffer.count == 5)
    }

    @Test func poolLendsTheSameBuffersAgain() {
        let pool = ByteBufferPool(maximumCount: 2, maximumCapacity: 100)
        let first = pool.take()
        first.append([UInt8](repeating: 1, count: 50))
        let block = first.capacity
        pool.give(first)
        let again = pool.take()
        #expect(again === first)
        #expect(again.isEmpty)
        #expect(again.capacity == block)
        again.append([UInt8](repeating: 1, count: 500))
        pool.give(again)
        #expect(again.capacity == 0)
        pool.give(ByteBuffer())
        pool.give(ByteBuffer())
        #expect(pool.idleCount == 2)
    }
}
