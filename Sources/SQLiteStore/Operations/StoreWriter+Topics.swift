extension StoreWriter {
    /// The topic's state; when there is no such topic, makes it with the epoch given, on the disk before the first
    /// message.
    public func openTopic(_ name: String, epoch: UInt64, now: Int64) throws(StoreError) -> TopicState {
        if let row = try topicRow(name) { return row.state }
        try database.run(
            """
            INSERT INTO topic (name, epoch, last_offset, first_offset, bytes, trimmed_at, published_at)
            VALUES (?1, ?2, 0, 1, 0, ?3, ?3)
            """,
            .text(name), .integer(Int64(bitPattern: epoch)), .integer(now))
        return TopicState(epoch: epoch, lastOffset: 0)
    }

    /// Adds a message to an open topic.
    ///
    /// What is over the limits goes in passing, at most 1,024 entries at a time and not with each message: the file
    /// holds up to an eighth more, which ``StoreReader/topic(_:limits:now:)`` does not show.
    /// - Parameters:
    ///   - offset: What the caller takes for the next offset; nil: whatever it is. Requests are done in the order they
    ///     were made, so whoever makes several at once need not count.
    ///   - note: What is to be kept beside it.
    ///   - key: A message with the key of one before, within `limits.keyCount` and `limits.keyAge`, is not added again.
    /// - Throws: `.staleEpoch` unless the topic is open under this epoch, `.outOfOrder` when another offset is next.
    public func append(
        _ data: [UInt8], note: [UInt8] = [], to topic: String, epoch: UInt64, offset: UInt64? = nil,
        key: String? = nil, limits: TopicLimits, now: Int64
    ) throws(StoreError) -> TopicAppend {
        guard var row = try topicRow(topic) else { throw .staleEpoch(topic: topic, current: nil) }
        guard row.epoch == epoch else { throw .staleEpoch(topic: topic, current: row.epoch) }
        if let key, let known = try messageWithKey(key, in: row, limits, now) {
            return TopicAppend(offset: known, isDuplicate: true)
        }
        let next = row.lastOffset &+ 1
        guard next > 0, next < 1 << 62, offset ?? UInt64(next) == UInt64(next) else {
            throw .outOfOrder(topic: topic, expected: UInt64(bitPattern: next), offset: offset ?? 0)
        }
        try database.run(
            "INSERT INTO entry (topic, offset, published_at, key, data, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            .integer(row.id), .integer(next), .integer(now), .optional(key), .blob(data),
            note.isEmpty ? .null : .blob(note))
        if let key {
            try database.run(
                "INSERT OR REPLACE INTO entry_key (topic, key, offset, published_at) VALUES (?1, ?2, ?3, ?4)",
                .integer(row.id), .text(key), .integer(next), .integer(now))
        }
        row.lastOffset = next
        row.bytes &+= Int64(data.count)
        if isTrimDue(row, limits, now) { try trim(&row, limits, now) }
        try database.run(
            """
            UPDATE topic SET last_offset = ?2, first_offset = ?3, bytes = ?4, trimmed_at = ?5, published_at = ?6
            WHERE id = ?1
            """,
            .integer(row.id), .integer(row.lastOffset), .integer(row.firstOffset), .integer(row.bytes),
            .integer(row.trimmedAt), .integer(now))
        return TopicAppend(offset: UInt64(next), isDuplicate: false)
    }

    /// Removes what is over the limits, at most 1,024 entries: for topics in which nobody publishes.
    ///
    /// - Returns: how many entries went; call again while it is 1,024. 0 when there is no such topic.
    public func trimTopic(_ name: String, limits: TopicLimits, now: Int64) throws(StoreError) -> Int {
        guard var row = try topicRow(name) else { return 0 }
        let removed = try trim(&row, limits, now)
        try database.run(
            "UPDATE topic SET first_offset = ?2, bytes = ?3, trimmed_at = ?4 WHERE id = ?1",
            .integer(row.id), .integer(row.firstOffset), .integer(row.bytes), .integer(row.trimmedAt))
        return removed
    }

    /// Forgets a topic with all its messages; its next life needs another epoch.
    ///
    /// - Returns: false when there is none.
    @discardableResult
    public func removeTopic(_ name: String) throws(StoreError) -> Bool {
        try database.run("DELETE FROM topic WHERE name = ?1", .text(name)) > 0
    }

    private func messageWithKey(
        _ key: String, in row: TopicRow, _ limits: TopicLimits, _ now: Int64
    ) throws(StoreError) -> UInt64? {
        try database.first(
            """
            SELECT offset FROM entry_key WHERE topic = ?1 AND key = ?2 AND offset > ?3 AND published_at >= ?4
            """,
            .integer(row.id), .text(key), .integer(row.lastOffset &- Int64(limits.keyCount)),
            .integer(cutoff(now, minus: limits.keyAge))
        ) { $0.unsigned(0) }
    }
}
