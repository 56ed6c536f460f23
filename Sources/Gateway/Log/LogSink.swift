import CSystem
public import Configuration
public import Telemetry

/// Where log lines go: standard error, or another descriptor, one whole line at a time.
///
/// A loop must never wait for a terminal or for a slow reader of a pipe, and standard error cannot be made non-blocking:
/// its open file description is shared with whoever started the server, who would see the change. So a loop only puts
/// the finished line into a bounded buffer, and a thread of the sink's own writes it. When the buffer is full, because
/// the reader stands still, lines are dropped and counted, and the first line afterwards says how many.
///
/// Lines are written whole, as many as fit into `PIPE_BUF` bytes with one `write`: up to that size the kernel does not
/// mix them with what other processes write to the same pipe (pipe(7)). What is not written when a process is killed
/// or traps is lost; `close()` writes all.
public final class LogSink: Sendable {
    /// The least level that is kept.
    public let level: LogLevel
    private let shared: LogBuffer
    private let format: Options.LogFormat
    private let redaction: Redaction

    /// A sink with its own writing thread.
    ///
    /// `descriptor` stays the caller's and must stay open until `close()`. `capacity`, in bytes, bounds what waits;
    /// 1 MiB is some eight thousand lines.
    public init(
        descriptor: Int32 = 2, format: Options.LogFormat = .text, level: LogLevel = .info,
        redaction: Redaction = Redaction(), capacity: Int = 1 << 20
    ) {
        shared = LogBuffer(descriptor: descriptor, capacity: capacity, format: format)
        self.level = level
        self.format = format
        self.redaction = redaction
        shared.start()
    }

    deinit { shared.close() }

    /// Whether lines of a level are kept: ask before making fields that cost something.
    ///
    /// Any thread.
    public func keeps(_ level: LogLevel) -> Bool { level >= self.level }

    /// Logs that something happened, now.
    ///
    /// Any thread; never waits for the writing. What is not kept is not even made.
    public func log(
        _ level: LogLevel, _ event: String, _ message: @autoclosure () -> String = "",
        _ fields: @autoclosure () -> LogFields = [:]
    ) {
        guard keeps(level) else { return }
        write(
            LogRecord(
                time: csys_unix_milliseconds(), level: level, event: event, message: message(),
                fields: fields()))
    }

    /// Logs a record, whatever its level.
    ///
    /// Any thread; never waits for the writing.
    public func write(_ record: LogRecord) { shared.append(format.line(record, redaction)) }

    /// How many lines were dropped because nobody read, since the start.
    ///
    /// Any thread.
    public var droppedLines: UInt64 { shared.droppedLines }

    /// Writes what waits, ends the thread, and drops whatever is logged from now on.
    ///
    /// Waits for the writing; idempotent.
    public func close() { shared.close() }
}

extension Options.LogFormat {
    /// A record as a line, without the line feed.
    func line(_ record: LogRecord, _ redaction: Redaction) -> String {
        switch self {
        case .text: record.textLine(masking: redaction)
        case .json: record.jsonLine(masking: redaction)
        }
    }
}
