/// `split_clients`: a value chosen by the hash of another.
struct SplitClients: Sendable {
    let source: Template
    let statement: Statement
    private var parts: [(end: UInt32, value: Template)] = []

    init(_ statement: Statement) {
        self.statement = statement
        source = Template(statement.arguments.first ?? "")
        var last: UInt64 = 0
        for item in statement.block where item.arguments.count == 1 {
            let value = Template(item.arguments[0])
            guard item.name != "*" else {
                parts.append((0, value))
                continue
            }
            // Percent with up to two decimals, counted in hundredths.
            let digits = item.name.dropLast(item.name.hasSuffix("%") ? 1 : 0)
                .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            guard let whole = UInt64(digits.first ?? ""), whole <= 100 else { continue }
            let decimals = digits.count > 1 ? String((digits[1] + "00").prefix(2)) : "00"
            last += (whole * 100 + (UInt64(decimals) ?? 0)) * 0xFFFF_FFFF / 10_000
            parts.append((UInt32(truncatingIfNeeded: last), value))
        }
    }

    func find(_ value: ByteString) -> Template? {
        let hash = SplitClients.murmur2(value.bytes)
        return parts.first { hash < $0.end || $0.end == 0 }?.value
    }

    /// MurmurHash2 with the seed nginx uses: the length.
    static func murmur2(_ data: [UInt8]) -> UInt32 {
        let multiplier: UInt32 = 0x5BD1_E995
        var hash = UInt32(truncatingIfNeeded: data.count)
        var at = 0
        while data.count - at >= 4 {
            var word =
                UInt32(data[at]) | UInt32(data[at + 1]) << 8 | UInt32(data[at + 2]) << 16
                | UInt32(data[at + 3]) << 24
            word = word &* multiplier
            word ^= word >> 24
            word = word &* multiplier
            hash = hash &* multiplier ^ word
            at += 4
        }
        let rest = data.count - at
        if rest >= 3 { hash ^= UInt32(data[at + 2]) << 16 }
        if rest >= 2 { hash ^= UInt32(data[at + 1]) << 8 }
        if rest >= 1 {
            hash ^= UInt32(data[at])
            hash = hash &* multiplier
        }
        hash ^= hash >> 13
        hash = hash &* multiplier
        hash ^= hash >> 15
        return hash
    }
}
