/// What is due when: a binary heap by deadline.
///
/// Entries are not taken out early: one that no longer holds is recognised as such when it comes up.
struct DeadlineQueue<Element> {
    private var heap: ContiguousArray<(deadline: Int64, element: Element)> = []

    var next: Int64? {
        heap.first?.deadline
    }

    var count: Int { heap.count }

    mutating func insert(_ element: Element, at deadline: Int64) {
        heap.append((deadline, element))
        var child = heap.count - 1
        while child > 0, heap[child].deadline < heap[(child - 1) / 2].deadline {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// Takes out the first entry if it is due.
    mutating func popDue(_ now: Int64) -> Element? {
        guard let first = heap.first, first.deadline <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        if heap.isEmpty {
            heap = []
            return first.element
        }
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].deadline < heap[least].deadline {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return first.element
    }
}
