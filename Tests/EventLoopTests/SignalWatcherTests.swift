import CSystem
import Synchronization
import Testing

@testable import EventLoop

@Suite("Signals and limits", .timeLimit(.minutes(5)))
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
            box.drop()
            report.yield(signal)
        }
        box.keep(consume watcher)
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

/// Holds the watcher of one test: kept before the signal is sent, dropped by its handler.
///
/// The kernel orders the two, which a sanitizer does not see; the flag is for its eyes.
private final class Box: @unchecked Sendable {
    private var watcher: SignalWatcher?
    private let isSent = Atomic(false)

    func keep(_ watcher: consuming SignalWatcher) { self.watcher = watcher }

    func deliver(_ signal: SignalWatcher.Signal) {
        let watcher = watcher
        isSent.store(true, ordering: .releasing)
        watcher?.deliver(signal)
    }

    func drop() {
        if isSent.load(ordering: .acquiring) { watcher = nil }
    }
}
