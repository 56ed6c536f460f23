extension StoreReader {
    /// The topic as far as the limits keep it, or nil when it was never opened.
    ///
    /// Costs one pass over what it returns; keys are sorted.
    public func topic(
        _ name: String, limits: TopicLimits, now: Int64
    ) throws(StoreError) -> TopicHistory? {
        guard let row = try topicRow(name) else { return nil }
        var entries: [TopicEntry] = []
        var bytes = 0
        let oldest = cutoff(now, minus: limits.age)
        try database.each(

            """
            SELECT offset, key, data, published_at, note FROM entry
            WHERE topic = ?1 ORDER BY offset DESC LIMIT ?2
            """,
            .integer(row.id), .count(limits.count)
        ) { row in
            let entry = TopicEntry(
                offset: row.unsigned(0), key: row.optionalText(1), data: row.bytes(2),
                publishedAt: row.integer(3), note: row.bytes(4))
            bytes &+= entry.data.count
            guard bytes <= limits.bytes, entry.publishedAt >= oldest else { return false }
            entries.append(entry)
            return true
        }
        let keys = try database.all(
            """
            SELECT key, offset, published_at FROM entry_key
            WHERE topic = ?1 AND offset > ?2 AND published_at >= ?3 ORDER BY offset
            """,
            .integer(row.id), .integer(row.lastOffset &- Int64(limits.keyCount)),
            .integer(cutoff(now, minus: limits.keyAge))
        ) { TopicHistory.Key(key: $0.text(0), offset: $0.unsigned(1), publishedAt: $0.integer(2)) }
        return TopicHistory(state: row.state, entries: entries.reversed(), keys: keys)
    }

    /// Durable topics in the order of their names.
    ///
    /// - Parameter name: Starts after this one: the last of the page before.
    public func topics(after name: String? = nil, limit: Int) throws(StoreError) -> [TopicSummary] {
        try database.all(
            """
            SELECT name, epoch, last_offset, first_offset, bytes, published_at FROM topic
            WHERE ?1 IS NULL OR name > ?1 ORDER BY name LIMIT ?2
            """,
            .optional(name), .count(max(0, limit))
        ) { row in
            TopicSummary(
                name: row.text(0), state: TopicState(epoch: row.unsigned(1), lastOffset: row.unsigned(2)),
                entryCount: UInt64(max(0, row.integer(2) &- row.integer(3) &+ 1)), bytes: row.integer(4),
                publishedAt: row.integer(5))
        }
    }

    /// The topic's line; offsets as the file has them.
    func topicRow(_ name: String) throws(StoreError) -> TopicRow? {
        try database.first(
            """
            SELECT id, epoch, last_offset, first_offset, bytes, trimmed_at FROM topic WHERE name = ?1
            """,
            .text(name)
        ) { row in
            TopicRow(
                id: row.integer(0), epoch: row.unsigned(1), lastOffset: row.integer(2),
                firstOffset: row.integer(3), bytes: row.integer(4), trimmedAt: row.integer(5))
        }
    }
}

/// A line of the table of topics.
///
/// Its numbers come from a file, which may hold anything: sums of them wrap instead of stopping the process.
struct TopicRow {
    let id: Int64
    let epoch: UInt64
    var lastOffset: Int64
    /// Of the oldest entry kept; `lastOffset + 1` when there is none.
    var firstOffset: Int64
    /// Of the data of the entries kept.
    var bytes: Int64
    var trimmedAt: Int64

    var state: TopicState { TopicState(epoch: epoch, lastOffset: UInt64(bitPattern: lastOffset)) }
}
