/// Who left, and when: bounded, the earliest forgotten first.
struct Departures {
    private var times: [TopicKey: (time: Int64, number: UInt64)] = [:]
    /// In the order of leaving; an entry is stale when its number is no longer the user's.
    private var order: ContiguousArray<(seen: LastSeen, number: UInt64)> = []
    private var number: UInt64 = 0
    /// Entries before this have been forgotten.
    private var head = 0

    var isEmpty: Bool {
        times.isEmpty
    }

    func time(of user: String) -> Int64? {
        times[TopicKey(user)]?.time
    }

    mutating func insert(_ user: String, at time: Int64, limit: Int) {
        number &+= 1
        times[TopicKey(user)] = (time, number)
        order.append((LastSeen(user: user, time: time), number))
        while times.count > limit, head < order.count { dropHead() }
        tidy()
    }

    /// The user is back.
    mutating func remove(_ user: String) {
        times[TopicKey(user)] = nil
    }

    mutating func expire(through time: Int64) {
        while head < order.count, order[head].seen.time <= time || isStale(order[head]) { dropHead() }
        tidy()
    }

    /// The latest, latest first.
    func latest(_ limit: Int) -> [LastSeen] {
        var found: [LastSeen] = []
        for entry in order[head...].reversed() where found.count < limit && !isStale(entry) {
            found.append(entry.seen)
        }
        return found
    }

    private func isStale(_ entry: (seen: LastSeen, number: UInt64)) -> Bool {
        times[TopicKey(entry.seen.user)]?.number != entry.number
    }

    private mutating func dropHead() {
        if !isStale(order[head]) { times[TopicKey(order[head].seen.user)] = nil }
        head += 1
    }

    /// Who comes and goes leaves stale entries: they are swept once they outnumber the others.
    private mutating func tidy() {
        guard order.count > 16 + 2 * times.count else { return }
        order = ContiguousArray(order[head...].filter { !isStale($0) })
        head = 0
    }
}
