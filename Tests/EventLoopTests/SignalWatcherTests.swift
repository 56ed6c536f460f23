import CSystem
import Testing

@testable import EventLoop

@Suite("Signals and limits", .timeLimit(.minutes(1)))
struct SignalWatcherTests {
    @Test("hands over each kind of signal, on its own thread")
    func delivers() async throws {
        let (signals, report) = AsyncStream.makeStream(of: SignalWatcher.Signal.self)
        let watcher = try SignalWatcher([.hangup, .interrupt, .terminate, .user1]) { report.yield($0) }
        var iterator = signals.makeAsyncIterator()
        for signal in SignalWatcher.Signal.allCases {
            watcher.deliver(signal)
            #expect(await iterator.next() == signal)
        }
    }

    @Test("can be dropped by its own handler")
    func selfDrop() async throws {
        let (signals, report) = AsyncStream.makeStream(of: SignalWatcher.Signal.self)
        let box = Box()
        let watcher = try SignalWatcher([.user1]) { signal in
            box.watcher = nil
            report.yield(signal)
        }
        box.watcher = consume watcher
        box.deliver(.user1)
        for await signal in signals {
            #expect(signal == .user1)
            break
        }
    }

    @Test("raises the limit of descriptors to the hard one")
    func limit() throws {
        let raised = try DescriptorLimit.raise()
        #expect(raised >= 256)
        #expect(try DescriptorLimit.raise() == raised)
    }
}

/// Confined to the test, which writes before the handler runs and not after.
private final class Box: @unchecked Sendable {
    var watcher: SignalWatcher?
    func deliver(_ signal: SignalWatcher.Signal) { watcher?.deliver(signal) }
}
