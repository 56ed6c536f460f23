import Configuration
import Glibc
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

    /// Everything up to the end.
    static func text(of descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count <= 0 { break }
            bytes += chunk[..<count]
        }
        close(descriptor)
        return String(decoding: bytes, as: UTF8.self)
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
        let lines = Self.text(of: pipe.read).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.hasSuffix("Z info    listening address=127.0.0.1:8000") == true)
        #expect(lines.last?.hasSuffix("Z error   refused: no ticket=*** target=/ws?ticket=***") == true)
    }

    @Test("lines of many threads stay whole and none is lost")
    func threads() async {
        let pipe = Self.pipe()
        let sink = LogSink(descriptor: pipe.write, format: .json)
        async let text = Task.detached { Self.text(of: pipe.read) }.value
        await withTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<500 {
                        sink.log(.info, "line", "", ["writer": .count(writer), "number": .count(number)])
                    }
                }
            }
        }
        sink.close()
        close(pipe.write)
        let lines = await text.split(separator: "\n")
        #expect(lines.count == 2000)
        #expect(lines.allSatisfy { $0.hasPrefix("{\"time\":\"") && $0.hasSuffix("}") })
        #expect(sink.droppedLines == 0)
        for writer in 0..<4 {
            let own = lines.filter { $0.contains("\"writer\":\(writer),") }
            #expect(own.count == 500 && own.last?.hasSuffix("\"number\":499}") == true)
        }
    }

    @Test("a reader that stands still costs lines, not time, and is told how many")
    func blockedReader() async {
        let pipe = Self.pipe()
        // F_SETPIPE_SZ, which the module of the C library leaves out.
        _ = fcntl(pipe.write, 1031, 4096)
        let sink = LogSink(descriptor: pipe.write, capacity: 16384)
        // More than pipe and buffer hold; the test would hang here if logging waited for the reader.
        for number in 0..<2000 { sink.log(.info, "line", "", ["number": .count(number)]) }
        let dropped = sink.droppedLines
        #expect(dropped > 1000 && dropped < 2000)
        async let text = Task.detached { Self.text(of: pipe.read) }.value
        sink.close()
        close(pipe.write)
        let lines = await text.split(separator: "\n")
        let told = lines.first { $0.contains("log-lines-dropped") }
        #expect(told?.hasSuffix("lines=\(dropped)") == true)
        #expect(UInt64(lines.count) == 2000 - dropped + 1)
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
