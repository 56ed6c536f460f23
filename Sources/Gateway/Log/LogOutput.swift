import Configuration
import EventLoop
import Telemetry

/// What of the configuration decides how lines look and when a file is full.
struct LogSettings: Sendable {
    var format = Options.LogFormat.text
    /// Bytes; 0: a file is never full.
    var rotateSize = 0
    /// How many full files are kept, at least 1.
    var rotateKeep = 1
    var redaction = Redaction()

    /// A record as a line, with its line feed.
    func line(_ record: LogRecord) -> String {
        switch format {
        case .text: record.textLine(masking: redaction) + "\n"
        case .json: record.jsonLine(masking: redaction) + "\n"
        }
    }
}

/// Where records end up; the log's own thread calls, and it may wait.
protocol LogOutput: AnyObject {
    /// Writes records, in order.
    ///
    /// What cannot be written where it belongs goes to standard error.
    func write(_ records: [LogRecord], _ settings: LogSettings)
    /// Opens again what somebody may have renamed; what there is to say about it.
    func reopen() -> LogRecord?
}

/// A descriptor that lines are written to and that is somebody else's: standard error.
final class LogStream: LogOutput {
    private let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    func write(_ records: [LogRecord], _ settings: LogSettings) {
        var lines: [UInt8] = []
        for record in records { lines += settings.line(record).utf8 }
        write(lines[...])
    }

    func reopen() -> LogRecord? {
        nil
    }

    /// Writes whole lines, as many at a time as the kernel keeps together; at least one.
    func write(_ lines: ArraySlice<UInt8>) {
        var rest = lines
        while !rest.isEmpty {
            var end = min(rest.startIndex + Self.atomicWrite, rest.endIndex)
            if end < rest.endIndex {
                let lastFeed = rest[..<end].lastIndex(of: UInt8(ascii: "\n"))
                end = (lastFeed ?? rest[end...].firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex - 1) + 1
            }
            let failure = rest[..<end].withUnsafeBytes { WholeWrite.write($0, to: descriptor) }
            guard failure == 0 else { return }
            rest = rest[end...]
        }
    }

    /// `PIPE_BUF` on Linux.
    private static let atomicWrite = 4096
}
