import Glibc
import Synchronization

/// The terminal in raw mode: keys arrive as they are pressed, and nothing is echoed.
///
/// Restored at the end, whatever the end is.
struct RawTerminal: ~Copyable {
    /// What to restore, for the exit handler as well: a process that dies in raw mode leaves a shell that
    /// shows nothing.
    private static let saved = Mutex<termios?>(nil)

    /// Nil when standard input is no terminal.
    init?() {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        let before = settings
        Self.saved.withLock { $0 = before }
        cfmakeraw(&settings)
        // Output keeps its line feed handling, so that ordinary writes still look right.
        settings.c_oflag |= tcflag_t(OPOST | ONLCR)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0 else { return nil }
        atexit { RawTerminal.restore() }
    }

    deinit { Self.restore() }

    static func restore() {
        saved.withLock { settings in
            guard var before = settings else { return }
            tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
            settings = nil
        }
    }

    /// Columns of the terminal on standard output; 80 when it does not say.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Asks on the terminal for a secret, which is not shown while it is typed.
    ///
    /// Nil without a terminal, or at end of input.
    static func askSecret(_ prompt: String) -> String? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var settings = termios()
        guard tcgetattr(terminal, &settings) == 0 else { return nil }
        var before = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(terminal, TCSAFLUSH, &settings) == 0 else { return nil }
        defer { tcsetattr(terminal, TCSAFLUSH, &before) }
        FileOutput.write(prompt, to: terminal)
        defer { FileOutput.write("\n", to: terminal) }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while Glibc.read(terminal, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}
