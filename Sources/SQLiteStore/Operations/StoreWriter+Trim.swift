extension StoreWriter {
    /// Whether enough has gathered over the limits to be worth a pass.
    func isTrimDue(_ row: TopicRow, _ limits: TopicLimits, _ now: Int64) -> Bool {
        let count = row.lastOffset &- row.firstOffset &+ 1
        if count > Int64(limits.count) + Int64(limits.count / 8) + 8 { return true }
        if row.bytes > Int64(limits.bytes) + Int64(limits.bytes / 8) { return true }
        // Keys go by offset and time, whatever becomes of the entries.
        if row.lastOffset % Int64(max(256, limits.keyCount / 8)) == 0 { return true }
        guard let age = limits.age else { return false }
        let since = now.subtractingReportingOverflow(row.trimmedAt)
        return since.overflow || since.partialValue >= max(1_000, age / 8)
    }

    /// Removes what is over the limits, oldest first, and counts it in `row`, which the caller writes back.
    ///
    /// - Returns: how many entries went, at most `trimStep`: a transaction stays short, and the next one goes on.
    @discardableResult
    func trim(_ row: inout TopicRow, _ limits: TopicLimits, _ now: Int64) throws(StoreError) -> Int {
        let oldest = cutoff(now, minus: limits.age)
        var (first, bytes) = (row.firstOffset, row.bytes)
        let last = row.lastOffset
        try database.each(
            """
            SELECT offset, length(data), published_at FROM entry WHERE topic = ?1 ORDER BY offset LIMIT ?2
            """,
            .integer(row.id), .count(Self.trimStep)
        ) { entry in
            let isOver =
                last &- first &+ 1 > Int64(limits.count) || bytes > Int64(limits.bytes)
                || entry.integer(2) < oldest
            guard isOver else { return false }
            first = entry.integer(0) &+ 1
            bytes &-= entry.integer(1)
            return true
        }
        let removed = Int(first &- row.firstOffset)
        if removed > 0 {
            try database.run(
                "DELETE FROM entry WHERE topic = ?1 AND offset < ?2", .integer(row.id), .integer(first))
        }
        try database.run(
            "DELETE FROM entry_key WHERE topic = ?1 AND (offset <= ?2 OR published_at < ?3)",
            .integer(row.id),
            .integer(last &- Int64(limits.keyCount)), .integer(cutoff(now, minus: limits.keyAge)))
        (row.firstOffset, row.bytes) = (first, bytes)
        row.trimmedAt = now
        return removed
    }

    static let trimStep = 1_024
}
