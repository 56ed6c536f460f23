import Bytes
import EventLoop
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

    /// One line: what it repeats may come from a peer.
    private static func say(_ kind: String, _ text: String) { line("sockeye: \(kind): \(text.printable)") }
}

/// What a command gives, on standard output: data and nothing else.
enum Output {
    /// Writes text as it is.
    ///
    /// A reader that went away, as `head` does, is no error: the rest is dropped. Anything else, such as a full
    /// disk, ends the process with a word and 3: whoever wanted the data does not have it.
    /// - Returns: false when the reader has gone.
    @discardableResult
    static func write(_ text: String) -> Bool {
        switch FileOutput.write(text, to: STDOUT_FILENO) {
        case 0: return true
        case EPIPE, ECONNRESET: return false
        case let error:
            Talk.error(
                "cannot write to standard output: \(errorText(error))",
                hint: "what was to be printed is not complete")
            exit(ExitStatus.unavailable.rawValue)
        }
    }

    /// Writes text and a line feed; else as ``write(_:)``.
    @discardableResult
    static func line(_ text: String) -> Bool { write(text + "\n") }

    /// Whether a person is looking.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

extension String {
    /// The text with control characters as escapes: what a peer wrote must not steer the terminal.
    var printable: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case _ where Excerpt.isSteering(scalar):
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

enum FileOutput {
    /// - Returns: 0 when all of it is written, else the `errno` of why not.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { WholeWrite.write(UnsafeRawBufferPointer($0), to: descriptor) }
    }
}
