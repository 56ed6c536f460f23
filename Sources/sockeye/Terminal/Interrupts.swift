import Glibc
import Synchronization

/// SIGINT and SIGTERM as something to wait for: the first one asks for an orderly end, the second one ends
/// the process.
enum Interrupts {
    private static let writeEnd = Atomic<Int32>(-1)

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
                var byte: UInt8 = 1
                _ = write(Interrupts.writeEnd.load(ordering: .acquiring), &byte, 1)
                signal(number, SIG_DFL)
            }
        }
        return try StandardInput(descriptor: ends[0])
    }
}
