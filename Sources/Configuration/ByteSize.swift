/// Numbers of bytes as people write them.
public enum ByteSize {
    /// Reads `4096`, `4096B`, `64KiB`, `16MiB`, `1GiB`, and the decimal `64KB`, `16MB`, `1GB`.
    ///
    /// `nil` for anything else.
    public static func parse(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let name = text.dropFirst(digits.count)
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// The number with the largest binary unit that leaves it whole; `parse` reads it back.
    public static func text(_ bytes: Int) -> String {
        for (name, unit) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes >= unit && bytes % unit == 0 {
            return "\(bytes / unit)\(name)"
        }
        return "\(bytes)B"
    }

    private static let units: [(name: String, bytes: Int)] = [
        ("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("KB", 1000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
    ]
}
