/// Asks now and then whether the time is up; once it is, it stays so.
///
/// Whoever builds something out of a configuration takes a step for each piece, and leaves the rest where a step says that the time is
/// over: what comes of it is a part, and of no use but to end soon.
struct Patience {
    private let limit: @Sendable () -> Bool
    private var steps = 0
    private(set) var isOver = false

    /// Steps between two looks at the clock, less one: a mask.
    ///
    /// A step may compile a pattern, some 5 µs.
    private static let mask = 0xFF

    init(_ limit: @escaping @Sendable () -> Bool = { false }) { self.limit = limit }

    /// One piece more; true: leave it and the rest.
    mutating func step() -> Bool {
        steps &+= 1
        if !isOver, steps & Patience.mask == 0 { isOver = limit() }
        return isOver
    }
}
