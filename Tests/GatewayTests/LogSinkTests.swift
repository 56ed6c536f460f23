import Configuration
import Foundation
import Glibc
import Synchronization
import Telemetry
import Testing

@testable import Gateway

@Suite("LogSink")
struct LogSinkTests {
    /// Both ends of a pipe.
    static func pipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        _ = Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// Reads up to the end on a thread of its own: tasks share two or three, and some of those wait for this one here.
    final class Reader: Sendable {
        private let text = Mutex("")
        private let end = DispatchSemaphore(value: 0)

        init(_ descriptor: Int32) {
            Thread.detachNewThread { [self] in
                var bytes: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 65536)
                while case let count = read(descriptor, &chunk, chunk.count), count > 0 {
                    bytes += chunk[..<count]
                }
                close(descriptor)
                text.withLock { $0 = String(decoding: bytes, as: UTF8.self) }
                end.signal()
            }
        }

        /// Waits for the end.
        var lines: [String] {
            end.wait()
            return text.withLock { $0 }.split(separator: "\n").map(String.init)
        }
    }

    @Test("writes lines at and above its level, masked, and all of them before it is closed")
    func writes() {
        let pipe = Self.pipe()
        let sink = LogSink(descriptor: pipe.write, level: .info, redaction: Redaction(queryNames: ["ticket"]))
        sink.log(.debug, "unseen")
        sink.log(.info, "listening", "", ["address": "127.0.0.1:8000"])
        sink.log(.error, "refused", "no ticket=abc", ["target": "/ws?ticket=abc"])
        sink.close()
        sink.close()
        sink.log(.error, "too-late")
        close(pipe.write)
        let lines = Reader(pipe.read).lines
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix("Z info    listening address=127.0.0.1:8000") == true)
        #expect(lines.last?.hasSuffix("Z error   refused: no ticket=*** target=/ws?ticket=***") == true)
    }

    @Test("lines of many threads stay whole and none is lost")
    func threads() {
        let pipe = Self.pipe()
        let sink = LogSink(descriptor: pipe.write, format: .json)
        let reader = Reader(pipe.read)
        DispatchQueue.concurrentPerform(iterations: 4) { writer in
            for number in 0..<500 {
                sink.log(.info, "line", "", ["writer": .count(writer), "number": .count(number)])
            }
        }
        sink.close()
        close(pipe.write)
        let lines = reader.lines
        #expect(lines.count == 2000)
        #expect(lines.allSatisfy { $0.hasPrefix("{\"time\":\"") && $0.hasSuffix("}") })
        #expect(sink.droppedLines == 0)
        for writer in 0..<4 {
            let own = lines.filter { $0.contains("\"writer\":\(writer),") }
            #expect(own.count == 500 && own.last?.hasSuffix("\"number\":499}") == true)
        }
    }

    @Test("a reader that stands still costs lines, not time, and is told how many")
    func blockedReader() {
        let pipe = Self.pipe()
        // F_SETPIPE_SZ, which the module of the C library leaves out.
        _ = fcntl(pipe.write, 1031, 4096)
        let sink = LogSink(descriptor: pipe.write, capacity: 16384)
        // More than pipe and buffer hold; the test would hang here if logging waited for the reader.
        for number in 0..<2000 { sink.log(.info, "line", "", ["number": .count(number)]) }
        let dropped = sink.droppedLines
        #expect(dropped > 1000 && dropped < 2000)
        let reader = Reader(pipe.read)
        sink.close()
        close(pipe.write)
        let lines = reader.lines
        // Lines may be dropped more than once before the writer gets stuck for good; each time is told of.
        let told = lines.filter { $0.contains("log-lines-dropped") }
        let numbers = told.compactMap { $0.split(separator: "=").last.flatMap { UInt64($0) } }
        #expect(numbers.reduce(0, +) == dropped)
        #expect(UInt64(lines.count - told.count) == 2000 - dropped)
    }

    @Test("a reader that went away stops nothing")
    func goneReader() {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Self.pipe()
        close(pipe.read)
        let sink = LogSink(descriptor: pipe.write)
        for _ in 0..<100 { sink.log(.info, "line") }
        sink.close()
        close(pipe.write)
    }
}
