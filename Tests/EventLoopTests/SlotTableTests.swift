import Bytes
import EventLoop
import Testing

private final class Tenant {
    let name: Int
    init(_ name: Int) { self.name = name }
}

@Suite("Slot table")
struct SlotTableTests {
    @Test("a token finds its object until it leaves, and never another")
    func stale() {
        var table = SlotTable<Tenant>()
        let first = table.insert(Tenant(1))
        #expect(table[first]?.name == 1)
        #expect(table.remove(first)?.name == 1)
        #expect(table[first] == nil && table.remove(first) == nil && table.count == 0)
        let second = table.insert(Tenant(2))
        #expect(
            SlotTable<Tenant>.index(of: second) == SlotTable<Tenant>.index(of: first), "slots are used again")
        #expect(second != first && table[first] == nil && table[second]?.name == 2)
        #expect(table[index: 0]?.name == 2 && table.token(at: 0) == second)
    }

    @Test("tokens from nowhere find nothing", arguments: [0, 1, 1 << 32, UInt64.max, 5, 1 << 63])
    func foreign(_ token: UInt64) {
        var table = SlotTable<Tenant>()
        #expect(table[token] == nil)
        let own = table.insert(Tenant(1))
        if token != own { #expect(table[token] == nil && table.remove(token) == nil) }
        #expect(table.token(at: 1) == nil && table[index: 7] == nil)
    }

    @Test("lets objects go when they leave")
    func releases() {
        var table = SlotTable<Tenant>()
        weak var seen: Tenant?
        let token: UInt64
        do {
            let tenant = Tenant(1)
            seen = tenant
            token = table.insert(tenant)
        }
        #expect(seen != nil)
        table.remove(token)
        #expect(seen == nil)
    }

    @Test("does what a dictionary does")
    func property() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        var table = SlotTable<Tenant>()
        var model: [UInt64: Int] = [:]
        var gone: [UInt64] = []
        for name in 0..<5_000 {
            if Bool.random(using: &random) || model.isEmpty {
                let token = table.insert(Tenant(name))
                #expect(
                    model.updateValue(name, forKey: token) == nil && !gone.contains(token), "seed \(seed)")
            } else if let token = model.keys.randomElement(using: &random) {
                #expect(table.remove(token)?.name == model.removeValue(forKey: token), "seed \(seed)")
                gone.append(token)
            }
        }
        var seen: [UInt64: Int] = [:]
        table.forEach { seen[$0] = $1.name }
        #expect(seen == model && table.count == model.count, "seed \(seed)")
        #expect(gone.allSatisfy { table[$0] == nil }, "seed \(seed)")
        let places = seen.keys.map { SlotTable<Tenant>.index(of: $0) }
        #expect(places.allSatisfy { $0 < 5_000 } && Set(places).count == places.count, "seed \(seed)")
    }
}
