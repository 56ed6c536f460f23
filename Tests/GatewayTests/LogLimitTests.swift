import Bytes
import Telemetry
import Testing

@testable import Gateway

@Suite struct LogLimitTests {
    private let timeouts = LogLimit.Kind(level: .warning, event: "refused", code: "HANDSHAKE-TIMEOUT")
    private let paths = LogLimit.Kind(level: .warning, event: "refused", code: "PATH-UNKNOWN")

    @Test func `a second has room for twenty lines of a kind, and tells the number of the others`() {
        var limit = LogLimit()
        #expect(limit.due == .distantFuture)
        let written = (0..<50).filter { limit.admits(timeouts, at: .milliseconds(1000 + $0)) }
        #expect(written == Array(0..<20))
        let other = limit.admits(paths, at: .milliseconds(1900))
        #expect(other && limit.due == .milliseconds(2000))
        let held = limit.takeHeldBack()
        #expect(held.map(\.kind) == [timeouts] && held.map(\.count) == [30])
    }

    @Test func `the next second begins with its first line`() {
        var limit = LogLimit()
        for _ in 0..<21 { _ = limit.admits(timeouts, at: .milliseconds(1000)) }
        _ = limit.takeHeldBack()
        #expect(limit.due == .distantFuture)
        let nothing = limit.takeHeldBack()
        #expect(nothing.isEmpty)
        let again = limit.admits(timeouts, at: .milliseconds(7500))
        #expect(again && limit.due == .milliseconds(8500))
    }
}
