import NginxSyntax
import Synchronization
import Testing

@testable import NginxRouting

/// Routers of configurations that are too long for the time there is.
@Suite struct `Routers without the time to be built` {
    private static let long = NginxConfiguration.parse(
        "events { }\nhttp {\n"
            + String(
                repeating:
                    "server { listen 80; location ~ ^/a(b|c)+$ { set $a b; } }\nmap $host $b { ~^a 1; }\n",
                count: 2_000)
            + "}\n")

    @Test func `a step is never over without a limit, and for ever once it was`() {
        var patience = Patience()
        var isOver = false
        for _ in 0..<10_000 where patience.step() { isOver = true }
        #expect(!isOver)
        let asked = Mutex(0)
        var short = Patience {
            asked.withLock { $0 += 1 }
            return true
        }
        var steps = 1
        while !short.step() { steps += 1 }
        #expect(steps == 256)
        var isOpen = false
        for _ in 0..<1_000 where !short.step() { isOpen = true }
        #expect(!isOpen)
        #expect(asked.withLock { $0 } == 1)
    }

    @Test func `building stops where the time is up`() {
        let whole = NginxRouter(Self.long)
        #expect(whole.servers.count == 2_000)
        let asked = Mutex(0)
        let part = NginxRouter(Self.long) {
            asked.withLock { $0 += 1 }
            return true
        }
        #expect(part.servers.count < 200)
        #expect(asked.withLock { $0 } == 1)
        // What there is answers without a trap.
        _ = part.trace(SimulatedRequest.handshake(target: "/abc", host: "app.example", origin: nil))
    }

    @Test func `wherever it stops, what there is can be asked`() {
        for calls in stride(from: 0, to: 120, by: 7) {
            let left = Mutex(calls)
            let part = NginxRouter(Self.long) {
                left.withLock {
                    $0 -= 1; return $0 < 0
                }
            }
            #expect(part.servers.count <= 2_000)
            _ = part.trace(SimulatedRequest.handshake(target: "/abc", host: "app.example", origin: nil))
        }
    }
}
