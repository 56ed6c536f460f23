extension StoreWriter {
    /// Puts a notification into a user's inbox.
    ///
    /// - Parameters:
    ///   - key: While one with this key is in the inbox, this one is not added.
    ///   - expiresAt: When it disappears by itself, in milliseconds since 1970.
    ///   - inboxLimit: How many the user keeps, 1 and more; over it the oldest read ones go, then the oldest.
    public func notify(
        _ user: String, data: [UInt8], key: String? = nil, expiresAt: Int64? = nil, inboxLimit: Int = 1_000,
        now: Int64
    ) throws(StoreError) -> NotificationResult {
        if let key {
            // One that has expired is gone, also when nobody swept yet.
            try database.run(
                "DELETE FROM notification WHERE user_id = ?1 AND key = ?2 AND expires_at <= ?3",
                .text(user), .text(key), .integer(now))
            let known = try database.first(
                "SELECT id FROM notification WHERE user_id = ?1 AND key = ?2", .text(user), .text(key)
            ) { $0.integer(0) }
            if let known {
                return NotificationResult(
                    id: known, isDuplicate: true, unread: try unreadCount(of: user, now: now))
            }
        }
        try database.run(
            "INSERT INTO notification (user_id, key, data, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            .text(user), .optional(key), .blob(data), .integer(now), .optional(expiresAt))
        let id = database.lastInsertedID
        try keepInbox(of: user, below: max(1, inboxLimit), now)
        try record(.notification, user, detail: id)
        return NotificationResult(id: id, isDuplicate: false, unread: try unreadCount(of: user, now: now))
    }

    /// Marks notifications of a user as read.
    public func markRead(
        _ selection: NotificationSelection, of user: String, now: Int64
    ) throws(StoreError) -> NotificationsRead {
        var changed: [Int64] = []
        switch selection {
        case .ids(let ids):
            for id in ids {
                let count = try database.run(
                    """
                    UPDATE notification SET is_unread = 0, read_at = ?3
                    WHERE id = ?2 AND user_id = ?1 AND is_unread = 1
                    """,
                    .text(user), .integer(id), .integer(now))
                if count > 0 { changed.append(id) }
            }
        case .upTo(let last):
            changed = try database.all(
                """
                UPDATE notification SET is_unread = 0, read_at = ?3
                WHERE user_id = ?1 AND is_unread = 1 AND id <= ?2 RETURNING id
                """,
                .text(user), .integer(last), .integer(now)
            ) { $0.integer(0) }
        }
        let unread = try unreadCount(of: user, now: now)
        if !changed.isEmpty { try record(.notificationsRead, user, detail: Int64(unread)) }
        return NotificationsRead(changed: changed.sorted(), unread: unread)
    }

    /// Removes expired notifications; a step of bounded length.
    ///
    /// - Returns: how many went; call again while it is `limit`.
    public func sweepNotifications(now: Int64, limit: Int = 1_000) throws(StoreError) -> Int {
        try database.run(
            """
            DELETE FROM notification WHERE id IN
            (SELECT id FROM notification WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)
            """,
            .integer(now), .count(max(0, limit)))
    }

    private func keepInbox(of user: String, below limit: Int, _ now: Int64) throws(StoreError) {
        let count =
            try database.first("SELECT count(*) FROM notification WHERE user_id = ?1", .text(user)) {
                $0.count(0)
            } ?? 0
        guard count > limit else { return }
        let expired = try database.run(
            "DELETE FROM notification WHERE user_id = ?1 AND expires_at <= ?2", .text(user), .integer(now))
        guard count &- expired > limit else { return }
        try database.run(
            """
            DELETE FROM notification WHERE id IN
            (SELECT id FROM notification WHERE user_id = ?1 ORDER BY is_unread, id LIMIT ?2)
            """,
            .text(user), .count(count &- expired &- limit))
    }
}
