import CSystem
import Glibc

/// The service manager that started this process, if one did: what it handed over and what it wants to hear.
///
/// Spoken as systemd does (sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3)), without its library: a few names in
/// the environment and one datagram per message. Without a manager everything here does nothing.
struct ServiceManager: Sendable {
    /// A listening socket that was opened before this process began.
    struct Socket: Sendable, Equatable {
        let name: String
        let fileDescriptor: Int32
    }

    /// In the order they were handed over.
    let sockets: [Socket]
    /// How long the manager waits for a sign of life before it restarts the process, in milliseconds; nil: it does not.
    let watchdog: Int32?
    private let path: String?

    /// Reads what the manager left in the environment.
    ///
    /// - Parameters:
    ///   - value: the value of an environment variable.
    ///   - process: this process: what was meant for another is ignored.
    init(process: Int32 = getpid(), _ value: (String) -> String?) {
        path = value("NOTIFY_SOCKET")
        func isMeant(_ name: String) -> Bool? { value(name).map { Int32($0) == process } }
        var sockets: [Socket] = []
        if isMeant("LISTEN_PID") == true, let count = value("LISTEN_FDS").flatMap({ Int32($0) }) {
            let names = (value("LISTEN_FDNAMES") ?? "").split(
                separator: ":", omittingEmptySubsequences: false)
            for number in 0..<min(max(0, count), Self.mostSockets) {
                let name = Int(number) < names.count ? String(names[Int(number)]) : "unknown"
                sockets.append(Socket(name: name, fileDescriptor: Self.firstDescriptor + number))
            }
        }
        self.sockets = sockets
        // Without a process id it is meant for whoever reads it.
        if isMeant("WATCHDOG_PID") != false, let microseconds = value("WATCHDOG_USEC").flatMap({ Int64($0) }),
            microseconds > 0
        {
            watchdog = Int32(clamping: microseconds / 1000)
        } else {
            watchdog = nil
        }
    }

    /// The sockets handed over under a name.
    func sockets(named name: String) -> [Socket] {
        sockets.filter { $0.name == name || $0.name == name + ".socket" }
    }

    /// The server accepts connections.
    func ready(_ status: String) { notify("READY=1\nSTATUS=\(Self.oneLine(status))") }

    /// The configuration is being read again; `ready` follows.
    func reloading() { notify("RELOADING=1\nMONOTONIC_USEC=\(csys_monotonic_nanoseconds() / 1000)") }

    /// The end has begun.
    func stopping() { notify("STOPPING=1\nSTATUS=Leaving in good order") }

    /// The server is alive.
    func isAlive() { notify("WATCHDOG=1") }

    private func notify(_ text: String) {
        // A manager that does not listen is no reason to fail.
        if let path { _ = csys_service_notify(path, text) }
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    /// SD_LISTEN_FDS_START.
    private static let firstDescriptor: Int32 = 3
    private static let mostSockets: Int32 = 64
}
