import Glibc
import Synchronization

/// SIGINT and SIGTERM as something to wait for: the first one asks for an orderly end, the second one ends
/// the process, and leaves the terminal as it was.
enum Interrupts {
    private static let writeEnd = Atomic<Int32>(-1)
    private static let hasAsked = Atomic(false)

    /// An orderly end is under way: the next signal ends the process.
    static func nextOneEnds() { hasAsked.store(true, ordering: .releasing) }

    /// Takes the signals over.
    ///
    /// - Returns: gives a byte at the first signal.
    static func start() throws(CommandFailure) -> StandardInput {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw .unavailable("cannot make a pipe: \(errorText(errno))")
        }
        writeEnd.store(ends[1], ordering: .releasing)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                // Only what may be done in a signal handler (signal-safety(7)).
                if Interrupts.hasAsked.exchange(true, ordering: .acquiringAndReleasing) {
                    return RawTerminal.end(by: number)
                }
                let error = errno
                var byte: UInt8 = 1
                _ = write(Interrupts.writeEnd.load(ordering: .acquiring), &byte, 1)
                errno = error
            }
        }
        return try StandardInput(descriptor: ends[0])
    }
}
