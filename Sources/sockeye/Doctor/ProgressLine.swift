import Doctor
import Glibc
import Synchronization

/// What is being done, on one line of a terminal that the next thing overwrites; nothing in a pipe.
final class ProgressLine: Sendable {
    private let isShown: Bool
    private let language: Language
    /// Whether something stands on the line.
    private let isDirty = Mutex(false)

    init(isShown: Bool, language: Language) {
        self.isShown = isShown
        self.language = language
    }

    /// Replaces the line; called from any thread.
    func show(_ phrase: Phrase) {
        guard isShown else { return }
        isDirty.withLock { isDirty in
            // Longer than the terminal is wide, it would leave lines behind.
            let text = String(phrase.text(language).printable.prefix(70))
            FileOutput.write("\r\u{1B}[K\(text) …", to: STDERR_FILENO)
            isDirty = true
        }
    }

    /// Leaves the line empty for what comes.
    func clear() {
        isDirty.withLock { isDirty in
            if isDirty { FileOutput.write("\r\u{1B}[K", to: STDERR_FILENO) }
            isDirty = false
        }
    }
}
