import Glibc

/// What is said to people, on standard error.
enum Talk {
    /// `sockeye: error: …`, and `sockeye: hint: …` when there is one.
    ///
    /// Both lower case without a full stop.
    static func error(_ message: String, hint: String? = nil) {
        say("error", message)
        if let hint { say("hint", hint) }
    }

    /// `sockeye: warning: …`.
    static func warning(_ message: String, hint: String? = nil) {
        say("warning", message)
        if let hint { say("hint", hint) }
    }

    /// A line of its own, as it is.
    static func line(_ text: String) { FileOutput.write(text + "\n", to: STDERR_FILENO) }

    private static func say(_ kind: String, _ text: String) { line("sockeye: \(kind): \(text)") }
}

/// What a command gives, on standard output: data and nothing else.
enum Output {
    /// Writes text as it is.
    ///
    /// A reader that went away, as `head` does, is no error: the rest is dropped.
    static func write(_ text: String) { FileOutput.write(text, to: STDOUT_FILENO) }

    /// Writes text and a line feed.
    static func line(_ text: String) { write(text + "\n") }

    /// Whether a person is looking.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

enum FileOutput {
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while let base = rest.baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, base, rest.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN {
                    // Somebody else made the shared descriptor non-blocking.
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&wait, 1, -1)
                    continue
                }
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            }
        }
    }
}
