import CSystem
public import Configuration
import EventLoop
import Synchronization
public import Telemetry

/// Where log lines go: standard error or another descriptor, a file that is rotated, or the journal of systemd.
///
/// A loop must never wait for a terminal, a disk or a slow reader of a pipe. So it only puts the record into a bounded
/// buffer, and a thread of the sink's own makes a line of it and writes it. When the buffer is full, because the reader
/// stands still, records are dropped and counted, and the first line afterwards says how many.
///
/// Lines are written whole; to a descriptor, as many as fit into `PIPE_BUF` bytes with one `write`: up to that size the
/// kernel does not mix them with what other processes write to the same pipe (pipe(7)). What is not written when a
/// process is killed or traps is lost; `close()` writes all.
public final class LogSink: Sendable {
    private let shared: LogBuffer
    /// The least level that is kept, by its rank; above it a bit for lines about every connection.
    private let threshold: Atomic<Int>

    /// A sink that writes to a descriptor, which stays the caller's and must stay open until `close()`.
    ///
    /// `capacity`, in bytes, bounds what waits; 1 MiB is some eight thousand lines.
    public convenience init(
        descriptor: Int32 = 2, format: Options.LogFormat = .text, level: LogLevel = .info,
        redaction: Redaction = Redaction(), capacity: Int = 1 << 20
    ) {
        self.init(
            LogStream(descriptor: descriptor), level: level, connections: false, capacity: capacity,
            settings: LogSettings(format: format, redaction: redaction))
    }

    /// The sink that a configuration describes.
    public convenience init(_ options: Options, redaction: Redaction) throws(LogError) {
        let settings = LogSettings(
            format: options.logFormat, rotateSize: options.logRotateSize, rotateKeep: options.logRotateKeep,
            redaction: redaction)
        self.init(
            try Self.output(options.logDestination), level: options.logLevel,
            connections: options.logConnections, capacity: Self.standardCapacity, settings: settings)
    }

    init(
        _ output: sending any LogOutput, level: LogLevel, connections: Bool, capacity: Int = 1 << 20,
        settings: LogSettings
    ) {
        shared = LogBuffer(output, capacity: capacity, settings: settings)
        threshold = Atomic(Self.threshold(level, connections))
        shared.start()
    }

    deinit { shared.close() }

    private static func output(_ destination: Options.LogDestination) throws(LogError)
        -> sending any LogOutput
    {
        switch destination {
        case .standardError: return LogStream(descriptor: 2)
        case .file(let path):
            do throws(SystemError) { return try LogFile(path: path) } catch { throw .file(path, error) }
        case .journal:
            do throws(SystemError) { return try LogJournal() } catch { throw .journal(error) }
        }
    }

    /// Whether lines of a level are kept: ask before making fields that cost something.
    ///
    /// Any thread.
    public func keeps(_ level: LogLevel) -> Bool {
        level.rank >= threshold.load(ordering: .relaxed) & Self.levelMask
    }

    /// The level of lines about every connection's life: `info` where `log.connections` is on, else `debug`.
    public var connectionLevel: LogLevel {
        threshold.load(ordering: .relaxed) & Self.connectionBit == 0 ? .debug : .info
    }

    /// Whether such lines are kept.
    ///
    /// Any thread; one load and a comparison.
    public var keepsConnections: Bool {
        switch threshold.load(ordering: .relaxed) {
        case LogLevel.debug.rank, Self.connectionBit | LogLevel.debug.rank,
            Self.connectionBit | LogLevel.info.rank:
            true
        default: false
        }
    }

    /// Takes over what may change while the server runs: level, format, lines about connections, sizes of files.
    ///
    /// Any thread.
    public func apply(_ options: Options) {
        threshold.store(Self.threshold(options.logLevel, options.logConnections), ordering: .relaxed)
        shared.change {
            $0.format = options.logFormat
            $0.rotateSize = options.logRotateSize
            $0.rotateKeep = options.logRotateKeep
        }
    }

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
    public func write(_ record: LogRecord) { shared.append(record) }

    /// How many lines were dropped because nobody read, since the start.
    ///
    /// Any thread.
    public var droppedLines: UInt64 { shared.droppedLines }

    /// Opens a log file again, which somebody has renamed; nothing happens to other destinations.
    ///
    /// Any thread; the writing thread does it.
    public func reopen() { shared.reopen() }

    /// Writes what waits, ends the thread, and drops whatever is logged from now on.
    ///
    /// Waits for the writing; idempotent.
    public func close() { shared.close() }

    private static func threshold(_ level: LogLevel, _ connections: Bool) -> Int {
        level.rank | (connections ? connectionBit : 0)
    }

    private static let levelMask = 3
    private static let connectionBit = 4
    private static let standardCapacity = 1 << 20
}
