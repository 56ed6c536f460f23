import EventLoop
import Synchronization
import Testing

@Suite("Mailbox")
struct MailboxTests {
    @Test("keeps the order, and wakes once per batch")
    func order() {
        let wakes = Counter()
        let mailbox = Mailbox<Int> { wakes.add() }
        var seen: [Int] = []
        mailbox.drain { seen.append($0) }
        #expect(seen == [] && wakes.value == 0)
        for number in 0..<100 { mailbox.post(number) }
        #expect(wakes.value == 1 && mailbox.count == 100)
        mailbox.drain { seen.append($0) }
        #expect(seen == Array(0..<100) && mailbox.count == 0)
        mailbox.post(100)
        #expect(wakes.value == 2)
    }

    @Test("what is posted during a drain comes with the next one")
    func reentrant() {
        let wakes = Counter()
        let mailbox = Mailbox<Int> { wakes.add() }
        mailbox.post(1)
        var seen: [Int] = []
        mailbox.drain { number in
            seen.append(number)
            if number < 3 { mailbox.post(number + 1) }
        }
        #expect(seen == [1] && wakes.value == 2)
        mailbox.drain { seen.append($0) }
        #expect(seen == [1, 2])
    }

    @Test("loses nothing from many threads, each in its order", .timeLimit(.minutes(5)))
    func threads() async {
        let (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let mailbox = Mailbox<(sender: Int, number: Int)> { waker.yield() }
        let perSender = 20_000
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<4 {
                group.addTask { for number in 0..<perSender { mailbox.post((sender, number)) } }
            }
            var next = [0, 0, 0, 0]
            for await _ in wakes {
                mailbox.drain { message in
                    if message.number != next[message.sender] { Issue.record("out of order: \(message)") }
                    next[message.sender] += 1
                }
                if next.allSatisfy({ $0 == perSender }) { break }
            }
            #expect(next == [perSender, perSender, perSender, perSender])
        }
    }
}

/// Counts from any thread.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    func add() { count.add(1, ordering: .sequentiallyConsistent) }
}
