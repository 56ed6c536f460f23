extension Duration {
    /// Reads spans such as `250ms`, `10s`, `1h30m`: numbers with a unit of `ms`, `s`, `m`, `h` or `d`, largest unit first.
    ///
    /// `nil` without a unit, with a sign, a fraction, or a unit twice; and beyond 100,000 days.
    public init?(text: String) {
        var milliseconds: Int64 = 0
        var previous = Int64.max
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let number = Int64(digits), number <= Self.longest else { return nil }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let unit = Self.units.first(where: { $0.name == name }), unit.milliseconds < previous else {
                return nil
            }
            previous = unit.milliseconds
            let (product, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
            milliseconds = milliseconds &+ product
            guard !overflow, product <= Self.longest, milliseconds <= Self.longest else { return nil }
        }
        guard !text.isEmpty else { return nil }
        self = .milliseconds(milliseconds)
    }

    /// The span as `init(text:)` reads it; parts below a millisecond are dropped.
    public var text: String {
        var rest = wholeMilliseconds
        guard rest > 0 else { return "0s" }
        var result = ""
        for unit in Self.units where rest >= unit.milliseconds {
            result += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return result
    }

    /// The span in milliseconds, rounded down.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
    }

    /// The span in nanoseconds, rounded down; zero when negative, the largest number beyond 584 years.
    public var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return isTooLong || isOver ? .max : sum
    }

    private static let longest: Int64 = 100_000 * 86_400_000

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60000), ("s", 1000), ("ms", 1),
    ]
}
