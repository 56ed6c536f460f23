import Glibc
import Synchronization
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
    private let shared: LogBuffer
    private let level: Atomic<Int>
    private let format: LogFormat
    private let redaction: Redaction

    /// How a line looks.
    public enum LogFormat: Sendable {
        /// `LogRecord.textLine`.
        case text
        /// `LogRecord.jsonLine`.
        case json
    }

    /// A sink with its own writing thread.
    ///
    /// `descriptor` stays the caller's and must stay open until `close()`. `capacity`, in bytes, bounds what waits;
    /// 1 MiB is some eight thousand lines.
    public init(
        descriptor: Int32 = 2, format: LogFormat = .text, level: LogLevel = .info,
        redaction: Redaction = Redaction(), capacity: Int = 1 << 20
    ) {
        shared = LogBuffer(descriptor: descriptor, capacity: capacity, format: format)
        self.level = Atomic(Self.rank(level))
        self.format = format
        self.redaction = redaction
        shared.start()
    }

    deinit { shared.close() }

    /// Whether lines of a level are kept: ask before making fields that cost something. Any thread.
    public func keeps(_ level: LogLevel) -> Bool { Self.rank(level) >= self.level.load(ordering: .relaxed) }

    /// Changes the least level that is kept. Any thread.
    public func setLevel(_ level: LogLevel) { self.level.store(Self.rank(level), ordering: .relaxed) }

    /// Logs that something happened, now. Any thread; never waits for the writing.
    public func log(_ level: LogLevel, _ event: String, _ message: String = "", _ fields: LogFields = [:]) {
        guard keeps(level) else { return }
        log(LogRecord(time: LogClock.now(), level: level, event: event, message: message, fields: fields))
    }

    /// Logs a record of any level. Any thread; never waits for the writing.
    public func log(_ record: LogRecord) { shared.append(format.line(record, redaction)) }

    /// Logs at level `debug`; the fields are not even made when it is not kept.
    public func debug(_ event: String, _ message: String = "", _ fields: @autoclosure () -> LogFields = [:]) {
        if keeps(.debug) { log(.debug, event, message, fields()) }
    }

    /// Logs at level `info`.
    public func info(_ event: String, _ message: String = "", _ fields: @autoclosure () -> LogFields = [:]) {
        if keeps(.info) { log(.info, event, message, fields()) }
    }

    /// Logs at level `warning`.
    public func warning(_ event: String, _ message: String = "", _ fields: @autoclosure () -> LogFields = [:]) {
        if keeps(.warning) { log(.warning, event, message, fields()) }
    }

    /// Logs at level `error`.
    public func error(_ event: String, _ message: String = "", _ fields: @autoclosure () -> LogFields = [:]) {
        if keeps(.error) { log(.error, event, message, fields()) }
    }

    /// How many lines were dropped because nobody read, since the start. Any thread.
    public var droppedLines: UInt64 { shared.droppedLines }

    /// Writes what waits, ends the thread, and drops whatever is logged from now on. Waits for the writing; idempotent.
    public func close() { shared.close() }

    private static func rank(_ level: LogLevel) -> Int { LogLevel.allCases.firstIndex(of: level) ?? 0 }
}

extension LogSink.LogFormat {
    func line(_ record: LogRecord, _ redaction: Redaction) -> String {
        switch self {
        case .text: record.textLine(masking: redaction)
        case .json: record.jsonLine(masking: redaction)
        }
    }
}

/// The time of day.
enum LogClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
    }
}
