import CSystem

/// A file descriptor with one owner, closed when the owner lets go.
public struct Descriptor: ~Copyable, Sendable {
    private let number: Int32

    /// Takes over `number`; nobody else may close it from here on.
    public init(_ number: Int32) { self.number = number }

    /// The number, for calls that borrow it.
    public var rawValue: Int32 { number }

    /// Gives the number away: the caller closes it.
    public consuming func take() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    deinit { _ = csys_close(number) }
}
