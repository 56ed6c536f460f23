import EventLoop
import Glibc
import Synchronization
import Testing

@testable import Transport

@Suite("Resolver", .timeLimit(.minutes(5)))
struct ResolverTests {
    private static let answer = [SocketAddress.v4(0x0102_0304, port: 80)]

    @Test(
        "an IP literal is its own answer, without a thread",
        arguments: ["192.0.2.1", "2001:db8::1", "fe80::1%1"])
    func literal(_ host: String) async throws {
        let resolver = Resolver(concurrency: 1) { _, _ in
            Issue.record("asked")
            return .failure(.noAnswer(host))
        }
        #expect(try await resolver.resolve(host: host, port: 81) == [SocketAddress(ip: host, port: 81)])
    }

    @Test("knows localhost")
    func localhost() async throws {
        let addresses = try await Resolver().resolve(host: "localhost", port: 8000)
        #expect(!addresses.isEmpty && addresses.allSatisfy { $0.isLoopback && $0.port == 8000 })
    }

    @Test(
        "refuses what is no name",
        arguments: ["", "a b", "a\nb", "a\0b", "a\u{7F}", String(repeating: "a", count: 254)])
    func badName(_ host: String) async {
        await #expect(throws: ResolverError.badName(host)) {
            try await Resolver().resolve(host: host, port: 1)
        }
    }

    @Test("passes on what the system says")
    func failure() async {
        let resolver = Resolver(concurrency: 1) { host, _ in .failure(.noSuchHost(host)) }
        let error = ResolverError.noSuchHost("no.invalid")
        await #expect(throws: error) { try await resolver.resolve(host: "no.invalid", port: 1) }
        #expect(error.description.hasPrefix("there is no host 'no.invalid'"))
    }

    @Test("gives up in time; the thread is not needed for it, and its late answer is dropped")
    func timeout() async throws {
        let gate = Gate()
        let resolver = Resolver(concurrency: 1) { _, _ in
            gate.wait()
            return .success(Self.answer)
        }
        await #expect(throws: ResolverError.timedOut("slow", after: .milliseconds(20))) {
            try await resolver.resolve(host: "slow", port: 1, timeout: .milliseconds(20))
        }
        // Waiting in the queue counts too.
        await #expect(throws: ResolverError.timedOut("behind", after: .milliseconds(20))) {
            try await resolver.resolve(host: "behind", port: 1, timeout: .milliseconds(20))
        }
        gate.open()
        #expect(try await resolver.resolve(host: "again", port: 1) == Self.answer)
    }

    @Test("a cancelled task does not wait")
    func cancelled() async {
        let gate = Gate()
        let (asked, report) = AsyncStream.makeStream(of: Void.self)
        let resolver = Resolver(concurrency: 1) { _, _ in
            report.yield()
            gate.wait()
            return .success(Self.answer)
        }
        let task = Task { try await resolver.resolve(host: "slow", port: 1) }
        for await _ in asked { break }
        task.cancel()
        await #expect(throws: ResolverError.cancelled("slow")) { try await task.value }
        gate.open()
    }

    @Test("asks at most so many at once, and answers all")
    func concurrency() async throws {
        let most = Atomic<Int>(0)
        let running = Atomic<Int>(0)
        let resolver = Resolver(concurrency: 3) { host, port in
            let now = running.add(1, ordering: .sequentiallyConsistent).newValue
            _ = most.max(now, ordering: .sequentiallyConsistent)
            running.subtract(1, ordering: .sequentiallyConsistent)
            return .success([.v4(UInt32(host.utf8.count), port: port)])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...100 {
                group.addTask {
                    let host = String(repeating: "a", count: number)
                    let found = try await resolver.resolve(host: host, port: 7)
                    #expect(found == [.v4(UInt32(number), port: 7)])
                }
            }
            try await group.waitForAll()
        }
        #expect((1...3).contains(most.load(ordering: .sequentiallyConsistent)))
    }
}

/// Holds threads back until it is opened.
private final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    /// Called on a resolver's own thread, which may spin.
    func wait() { while !isOpen.load(ordering: .acquiring) { sched_yield() } }
}
