import Configuration
import EventLoop
import Glibc
import Telemetry
import Testing

@testable import Gateway

@Suite("LogFile")
struct LogFileTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/sockeye.log" }

    init() throws { directory = try TemporaryDirectory() }

    private func sink(size: Int, keep: Int = 3) throws -> LogSink {
        LogSink(
            try LogFile(path: path), level: .info, connections: false,
            settings: LogSettings(rotateSize: size, rotateKeep: keep))
    }

    private func lines(_ name: String) -> [String] {
        ((try? TextFile.read(directory.path + "/" + name)) ?? "").split(separator: "\n").map(String.init)
    }

    private func numbers(_ name: String) -> [Int] {
        lines(name).compactMap { $0.split(separator: "=").last.flatMap { Int($0) } }
    }

    private func fill(_ sink: LogSink, _ numbers: Range<Int>) {
        for number in numbers { sink.log(.info, "line", "", ["number": .count(number)]) }
    }

    private func mode(_ path: String) -> UInt32 {
        var facts = stat()
        return stat(path, &facts) == 0 ? facts.st_mode & 0o7777 : 0
    }

    @Test("is made for its owner and its group, and added to afterwards")
    func made() throws {
        let old = umask(0o077)
        for number in 0..<2 {
            let sink = try sink(size: 0)
            fill(sink, number..<number + 1)
            sink.close()
        }
        umask(old)
        #expect(mode(path) == 0o640)
        #expect(numbers("sockeye.log") == [0, 1])
    }

    @Test("a full file is renamed; no line is lost, doubled or cut", arguments: [1, 300, 1000])
    func rotates(_ size: Int) throws {
        let sink = try sink(size: size, keep: 1000)
        fill(sink, 0..<200)
        sink.close()
        var all: [Int] = []
        var files = 0
        while case let part = numbers("sockeye.log.\(files + 1)"), !part.isEmpty {
            files += 1
            all = part + all
            var facts = stat()
            #expect(stat(path + ".\(files)", &facts) == 0 && (facts.st_size <= size || part.count == 1))
            #expect(mode(path + ".\(files)") == 0o640)
        }
        all += numbers("sockeye.log")
        #expect(all == Array(0..<200) && files > 5)
    }

    @Test("only so many are kept, and surplus ones go")
    func keeps() throws {
        let many = try sink(size: 1, keep: 6)
        fill(many, 0..<20)
        many.close()
        #expect(numbers("sockeye.log.6") == [13])
        let few = try sink(size: 1, keep: 2)
        fill(few, 20..<22)
        few.close()
        #expect(numbers("sockeye.log") == [21] && numbers("sockeye.log.1") == [20])
        #expect(numbers("sockeye.log.2") == [19] && lines("sockeye.log.3").isEmpty)
    }

    @Test("is opened again when somebody has renamed it, and without that goes on in the renamed one")
    func reopens() throws {
        let file = try LogFile(path: path)
        let settings = LogSettings()
        file.write([record(1)], settings)
        #expect(rename(path, path + ".old") == 0)
        file.write([record(2)], settings)
        #expect(file.reopen()?.event == "log-reopened")
        file.write([record(3)], settings)
        #expect(numbers("sockeye.log.old") == [1, 2] && numbers("sockeye.log") == [3])
    }

    @Test("reopening what cannot be opened keeps the old file")
    func reopensInVain() throws {
        let file = try LogFile(path: path)
        #expect(rename(path, path + ".old") == 0 && mkdir(path, 0o700) == 0)
        #expect(file.reopen()?.event == "log-reopen-failed")
        file.write([record(1)], LogSettings())
        #expect(numbers("sockeye.log.old") == [1])
    }

    @Test("a file that cannot be renamed grows on and says so once")
    func stuck() throws {
        #expect(mkdir(path + ".1", 0o700) == 0)
        let sink = try sink(size: 2000, keep: 1)
        fill(sink, 0..<60)
        sink.close()
        #expect(numbers("sockeye.log") == Array(0..<60))
        #expect(lines("sockeye.log").filter { $0.contains("log-rotation-failed") }.count <= 2)
        #expect(lines("sockeye.log").contains { $0.contains("log-rotation-failed") })
    }

    @Test("a full disk costs no line: they go to standard error, and that is said once")
    func full() throws {
        let pipe = LogSinkTests.pipe()
        let reader = LogSinkTests.Reader(pipe.read)
        let file = try LogFile(path: "/dev/full", fallback: pipe.write)
        for number in 0..<3 { file.write([record(number)], LogSettings()) }
        close(pipe.write)
        let lines = reader.lines
        #expect(lines.filter { $0.contains("log-file-failed") }.count == 1)
        #expect(lines.filter { $0.contains(" line number=") }.count == 3)
    }

    @Test("a path that cannot be made is told with a remedy")
    func impossible() {
        var options = Options()
        options.logTo = directory.path + "/nowhere/sockeye.log"
        #expect(throws: LogError.self) { _ = try LogSink(options, redaction: Redaction()) }
    }

    private func record(_ number: Int) -> LogRecord {
        LogRecord(time: 0, level: .info, event: "line", fields: ["number": .count(number)])
    }
}
