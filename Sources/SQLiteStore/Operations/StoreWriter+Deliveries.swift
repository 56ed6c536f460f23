extension StoreWriter {
    /// Keeps an event for a webhook; one that is kept already stays as it is.
    public func keepDelivery(_ delivery: StoredDelivery, for hook: String) throws(StoreError) {
        try database.run(
            "INSERT OR IGNORE INTO delivery (id, hook, event, body, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            .text(delivery.id), .text(hook), .text(delivery.event), .blob(delivery.body),
            .integer(delivery.createdAt))
    }

    /// Forgets an event that was delivered or given up; does nothing when it is not kept.
    public func forgetDelivery(_ id: String) throws(StoreError) {
        try database.run("DELETE FROM delivery WHERE id = ?1", .text(id))
    }

    /// Removes events that no webhook has asked for since then, such as those of one that is configured no more; a step of
    /// bounded length.
    ///
    /// - Returns: how many went; call again while it is `limit`.
    public func sweepDeliveries(createdBefore time: Int64, limit: Int = 1_000) throws(StoreError) -> Int {
        try database.run(
            """
            DELETE FROM delivery WHERE id IN
            (SELECT id FROM delivery WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)
            """,
            .integer(time), .count(max(0, limit)))
    }
}

extension StoreReader {
    /// The events kept for a webhook, oldest first.
    public func deliveries(for hook: String, limit: Int) throws(StoreError) -> [StoredDelivery] {
        try database.all(
            "SELECT id, event, body, created_at FROM delivery WHERE hook = ?1 ORDER BY created_at, id LIMIT ?2",
            .text(hook), .count(max(0, limit))
        ) {
            StoredDelivery(id: $0.text(0), event: $0.text(1), body: $0.bytes(2), createdAt: $0.integer(3))
        }
    }
}
