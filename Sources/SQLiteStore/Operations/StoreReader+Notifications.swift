extension StoreReader {
    /// A user's notifications, newest first; with `after`, oldest first from there.
    ///
    /// Expired ones are not among them, swept or not.
    /// - Parameters:
    ///   - before: Only those with a smaller number: the last of the page before.
    ///   - after: Only those with a larger number: the newest a window knows.
    public func inbox(
        of user: String, before: Int64? = nil, after: Int64? = nil, unreadOnly: Bool = false, limit: Int,
        now: Int64
    ) throws(StoreError) -> [StoredNotification] {
        let read = { (row: Row) in
            StoredNotification(
                id: row.integer(0), key: row.optionalText(1), data: row.bytes(2), createdAt: row.integer(3),
                expiresAt: row.optionalInteger(4), readAt: row.optionalInteger(5))
        }
        let (newest, oldest) = (before ?? .max, after ?? .min)
        if unreadOnly, after == nil {
            return try database.all(
                """
                SELECT id, key, data, created_at, expires_at, read_at FROM notification
                WHERE user_id = ?1 AND is_unread = 1 AND id < ?2 AND ifnull(expires_at > ?3, 1)
                ORDER BY id DESC LIMIT ?4
                """,
                .text(user), .integer(newest), .integer(now), .count(max(0, limit)), read: read)
        }
        if after == nil {
            return try database.all(
                """
                SELECT id, key, data, created_at, expires_at, read_at FROM notification
                WHERE user_id = ?1 AND id < ?2 AND ifnull(expires_at > ?3, 1)
                ORDER BY id DESC LIMIT ?4
                """,
                .text(user), .integer(newest), .integer(now), .count(max(0, limit)), read: read)
        }
        return try database.all(
            """
            SELECT id, key, data, created_at, expires_at, read_at FROM notification
            WHERE user_id = ?1 AND id > ?2 AND id < ?3 AND is_unread >= ?4 AND ifnull(expires_at > ?5, 1)
            ORDER BY id LIMIT ?6
            """,
            .text(user), .integer(oldest), .integer(newest), .integer(unreadOnly ? 1 : 0), .integer(now),
            .count(max(0, limit)), read: read)
    }

    /// The id of the latest notification anybody has, read or expired ones included; 0 when there is none.
    public func latestNotification() throws(StoreError) -> Int64 {
        try database.first("SELECT max(id) FROM notification") { $0.integer(0) } ?? 0
    }

    /// How many notifications of a user are unread and not expired.
    public func unreadCount(of user: String, now: Int64) throws(StoreError) -> Int {
        try database.first(
            """
            SELECT count(*) FROM notification
            WHERE user_id = ?1 AND is_unread = 1 AND ifnull(expires_at > ?2, 1)
            """,
            .text(user), .integer(now)
        ) { $0.count(0) } ?? 0
    }
}
