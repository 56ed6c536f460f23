import Glibc
import Synchronization

/// The terminal in raw mode: keys arrive as they are pressed, and nothing is echoed.
///
/// Restored at the end, whatever the end is: a process that dies in raw mode leaves a shell that shows nothing.
struct RawTerminal: ~Copyable {
    /// The terminal whose settings are changed; -1: none.
    private static let changed = Atomic<Int32>(-1)
    /// What to restore: written while nothing is changed, read by whoever takes `changed` away.
    ///
    /// Plain memory, since a signal handler reads it.
    nonisolated(unsafe) private static let before = UnsafeMutablePointer<termios>.allocate(capacity: 1)

    /// Nil when standard input is no terminal.
    init?() {
        let isRaw = Self.change(STDIN_FILENO, TCSADRAIN) { settings in
            cfmakeraw(&settings)
            // Output keeps its line feed handling, so that ordinary writes still look right.
            settings.c_oflag |= tcflag_t(OPOST | ONLCR)
        }
        guard isRaw else { return nil }
        atexit { RawTerminal.restore() }
    }

    deinit { Self.restore() }

    /// Ends the process as the signal would have, and leaves the terminal as it was; for a signal handler.
    static func end(by number: Int32) {
        restore()
        signal(number, SIG_DFL)
        raise(number)
    }

    /// Does only what may be done in a signal handler (signal-safety(7)).
    private static func restore() {
        let terminal = changed.exchange(-1, ordering: .acquiringAndReleasing)
        if terminal >= 0 { tcsetattr(terminal, TCSANOW, before) }
    }

    /// False, and nothing is changed, when it is no terminal.
    private static func change(_ terminal: Int32, _ when: Int32, _ edit: (inout termios) -> Void) -> Bool {
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { return false }
        before.initialize(to: settings)
        edit(&settings)
        changed.store(terminal, ordering: .releasing)
        if tcsetattr(terminal, when, &settings) == 0 { return true }
        changed.store(-1, ordering: .releasing)
        return false
    }

    /// Columns of the terminal on standard output; 80 when it does not say.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Asks on the terminal for a secret, which is not shown while it is typed.
    ///
    /// Nil without a terminal, or at end of input. Before any other use of signals: Ctrl-C ends the process.
    static func askSecret(_ prompt: String) -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
        for number in signals { signal(number) { RawTerminal.end(by: $0) } }
        defer { for number in signals { signal(number, SIG_DFL) } }
        guard change(terminal, TCSAFLUSH, { $0.c_lflag &= ~tcflag_t(ECHO) }) else { return nil }
        defer { restore() }
        FileOutput.write(prompt, to: terminal)
        defer { FileOutput.write("\n", to: terminal) }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(terminal, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
