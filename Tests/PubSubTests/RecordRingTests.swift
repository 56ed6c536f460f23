import Bytes
import Testing

@testable import PubSub

@Suite struct RecordRingTests {
    private struct Plain: Hashable {
        var time: Int64
        var head: [UInt8]
        var body: [UInt8]
    }

    private func contents(_ ring: borrowing RecordRing) -> [Plain] {
        var list: [Plain] = []
        for index in 0..<ring.count {
            let record = ring.record(at: index)
            list.append(
                Plain(
                    time: record.time, head: [UInt8](ring.head(of: record)),
                    body: [UInt8](ring.body(of: record))))
        }
        return list
    }

    /// Whatever comes and goes at either end, the ring holds what an array would.
    @Test(arguments: 0..<8)
    func `random histories agree with an array`(round: Int) {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var ring = RecordRing()
        var model: [Plain] = []
        for step in 0..<5000 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<52:
                let size = [0, 1, 7, 40, 300].randomElement(using: &random) ?? 0
                let body = (0..<Int.random(in: 0...size, using: &random)).map {
                    UInt8(truncatingIfNeeded: $0 &+ step)
                }
                let head = [UInt8](
                    repeating: UInt8(step & 0xFF), count: Int.random(in: 0..<5, using: &random))
                let growth = ring.growth(for: head.count + body.count)
                let before = ring.footprint
                head.withUnsafeBytes { head in
                    body.withUnsafeBytes { ring.append(time: Int64(step), head: head, body: $0) }
                }
                #expect(ring.footprint - before == growth, "seed \(seed)")
                model.append(Plain(time: Int64(step), head: head, body: body))
            case 52..<80:
                ring.removeFirst()
                if !model.isEmpty { model.removeFirst() }
            case 80..<97:
                ring.removeLast()
                _ = model.popLast()
            case 97:
                ring.fit()
            case 98:
                while ring.count > 2 { ring.removeFirst() }
                model = Array(model.suffix(2))
            default:
                if step.isMultiple(of: 3) {
                    ring.removeAll()
                    model = []
                }
            }
            #expect(ring.count == model.count, "seed \(seed)")
            if step.isMultiple(of: 7) {
                let held = contents(ring)
                #expect(held == model, "seed \(seed), step \(step)")
                if held != model { return }
            }
        }
        let used = ring.used
        #expect(used == model.reduce(0) { $0 + max(1, $1.head.count + $1.body.count) }, "seed \(seed)")
    }

    @Test func `one message takes a block that fits it, and an empty ring none`() {
        var ring = RecordRing()
        var footprint = ring.footprint
        #expect(footprint == 0)
        let body = [UInt8](repeating: 7, count: 128)
        body.withUnsafeBytes {
            ring.append(time: 1, head: UnsafeRawBufferPointer(start: nil, count: 0), body: $0)
        }
        footprint = ring.footprint
        #expect(footprint == 24 + 128)
        ring.removeAll()
        footprint = ring.footprint
        #expect(footprint == 0)
    }

    @Test func `a clock set back makes no message older than the one before`() {
        var ring = RecordRing()
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        ring.append(time: 100, head: nothing, body: nothing)
        ring.append(time: 50, head: nothing, body: nothing)
        let time = ring.record(at: 1).time
        #expect(time == 100)
    }

    @Test func `a steady stream stops growing`() {
        var ring = RecordRing()
        let body = [UInt8](repeating: 7, count: 100)
        var largest = 0
        for step in 0..<10_000 {
            if ring.count == 50 { ring.removeFirst() }
            body.withUnsafeBytes {
                ring.append(time: Int64(step), head: UnsafeRawBufferPointer(start: nil, count: 0), body: $0)
            }
            if step == 200 { largest = ring.footprint }
        }
        let footprint = ring.footprint
        #expect(footprint == largest)
        #expect(largest < 2 * 50 * 124 + 1000)
    }
}

@Suite struct HashIndexTests {
    /// With three tags only, everything collides: removal must keep every run of cells whole.
    @Test(arguments: [3, 1 << 20])
    func `random histories agree with a dictionary`(tags: Int) {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var index = HashIndex()
        var model: [UInt32: UInt32] = [:]
        func tag(_ number: UInt32) -> UInt32 { (number &* 2_654_435_761) % UInt32(tags) }
        for _ in 0..<20_000 {
            let number = UInt32.random(in: 0..<200, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                if model[number] == nil {
                    index.insert(number, tag: tag(number))
                    model[number] = number
                }
            case 2, 3:
                index.remove(number, tag: tag(number))
                model[number] = nil
            default:
                let found = index.find(tag(number)) { $0 == number }
                #expect((found != nil) == (model[number] != nil), "seed \(seed)")
            }
            #expect(index.count == model.count, "seed \(seed)")
        }
        for number in UInt32(0)..<200 {
            let found = index.find(tag(number)) { $0 == number } != nil
            #expect(found == (model[number] != nil), "seed \(seed)")
        }
    }

    @Test func `an emptied table gives its memory back`() {
        var index = HashIndex()
        for number in UInt32(0)..<10_000 { index.insert(number, tag: number) }
        for number in UInt32(0)..<9_999 { index.remove(number, tag: number) }
        #expect(index.footprint < 2048)
        index.remove(9999, tag: 9999)
        #expect(index.footprint == 0)
    }
}

@Suite struct DeadlineQueueTests {
    @Test func `what is due comes in order`() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var queue = DeadlineQueue<Int64>()
        let deadlines = (0..<500).map { _ in Int64.random(in: 0..<100, using: &random) }
        for deadline in deadlines { queue.insert(deadline, at: deadline) }
        #expect(queue.next == deadlines.min())
        var due: [Int64] = []
        while let element = queue.popDue(60) { due.append(element) }
        #expect(due == deadlines.filter { $0 <= 60 }.sorted(), "seed \(seed)")
        #expect(queue.count == deadlines.count { $0 > 60 }, "seed \(seed)")
    }
}
