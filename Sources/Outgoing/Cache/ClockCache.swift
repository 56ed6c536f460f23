import Bytes

/// A dictionary with a bounded number of entries that expire; when full, one that was not used lately makes room.
///
/// The second-chance scheme: a hand goes round the slots, takes away the mark of those used since it last came by, and evicts the
/// first without one. O(1) amortised, one mark per entry, and as good as least-recently-used for this purpose.
struct ClockCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Slot: Sendable {
        var key: Key
        var value: Value
        var expires: MonotonicTime
        var isMarked: Bool
    }

    private var places: [Key: Int] = [:]
    private var slots: [Slot] = []
    private var hand = 0
    private let limit: Int

    init(limit: Int) { self.limit = max(1, limit) }

    var count: Int { slots.count }

    /// The value, unless its time has passed.
    mutating func value(of key: Key, now: MonotonicTime) -> Value? {
        guard let place = places[key] else { return nil }
        guard slots[place].expires > now else {
            remove(key)
            return nil
        }
        slots[place].isMarked = true
        return slots[place].value
    }

    mutating func set(_ value: Value, for key: Key, until expires: MonotonicTime, now: MonotonicTime) {
        let slot = Slot(key: key, value: value, expires: expires, isMarked: false)
        if let place = places[key] {
            slots[place] = slot
        } else if slots.count < limit {
            places[key] = slots.count
            slots.append(slot)
        } else {
            // Ends: a whole round takes every mark away.
            while slots[hand].isMarked && slots[hand].expires > now {
                slots[hand].isMarked = false
                hand = (hand + 1) % slots.count
            }
            places[slots[hand].key] = nil
            places[key] = hand
            slots[hand] = slot
            hand = (hand + 1) % slots.count
        }
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Bool {
        guard let place = places.removeValue(forKey: key) else { return false }
        let last = slots.removeLast()
        if place < slots.count {
            slots[place] = last
            places[last.key] = place
        }
        if hand >= slots.count { hand = 0 }
        return true
    }

    mutating func removeAll(where isGone: (Key, Value) -> Bool) {
        for slot in slots where isGone(slot.key, slot.value) { remove(slot.key) }
    }
}
