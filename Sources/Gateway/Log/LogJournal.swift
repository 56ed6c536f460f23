import CSystem
import EventLoop
import Telemetry

/// The journal of systemd: one datagram per record, its fields apart, so that `journalctl SOCKEYE_EVENT=refused` finds
/// it.
final class LogJournal: LogOutput {
    private let path: String
    private let fallback: LogStream
    private let socket: Descriptor
    /// Records go to standard error until one is taken, and that has been said.
    private var isFailing = false

    init(path: String = LogJournal.standardPath, fallback: Int32 = 2) throws(SystemError) {
        self.path = path
        self.fallback = LogStream(descriptor: fallback)
        socket = Descriptor(try SystemError.check(csys_journal_open(), "socket"))
    }

    func write(_ records: [LogRecord], _ settings: LogSettings) {
        for record in records {
            let entry = record.journalEntry(masking: settings.redaction)
            let outcome = entry.withUnsafeBytes {
                csys_journal_send(socket.rawValue, path, $0.baseAddress, $0.count)
            }
            guard outcome < 0 else {
                isFailing = false
                continue
            }
            if !isFailing {
                isFailing = true
                let error = SystemError(call: "sendto", errno: -outcome, detail: path)
                fallback.write(
                    [
                        LogRecord(
                            time: csys_unix_milliseconds(), level: .warning, event: "journal-failed",
                            message: "the log goes to standard error: \(error)")
                    ], settings)
            }
            fallback.write([record], settings)
        }
    }

    func reopen() -> LogRecord? {
        nil
    }

    /// Where the journal listens, wherever systemd runs.
    static let standardPath = "/run/systemd/journal/socket"
}
