extension StoreReader {
    /// The token with this hash, revoked or expired or not; nil when there is none.
    public func token(hash: [UInt8]) throws(StoreError) -> TokenRecord? {
        try database.first(
            """
            SELECT id, token, user_id, is_revoked, expires_at, created_at, label, claims FROM token
            WHERE token = ?1
            """,
            .blob(hash), read: Self.tokenRecord)
    }

    /// Tokens in the order they were added, of one user or of all.
    ///
    /// - Parameter id: Starts after this one: the last of the page before.
    public func tokens(
        of user: String? = nil, after id: Int64 = 0, limit: Int
    ) throws(StoreError) -> [TokenRecord] {
        guard let user else {
            return try database.all(
                """
                SELECT id, token, user_id, is_revoked, expires_at, created_at, label, claims FROM token
                WHERE id > ?1 ORDER BY id LIMIT ?2
                """,
                .integer(id), .count(max(0, limit)), read: Self.tokenRecord)
        }
        return try database.all(
            """
            SELECT id, token, user_id, is_revoked, expires_at, created_at, label, claims FROM token
            WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3
            """,
            .text(user), .integer(id), .count(max(0, limit)), read: Self.tokenRecord)
    }

    /// Revocations that have not ended, the latest first; for loading all at the start.
    public func revocations(now: Int64, limit: Int) throws(StoreError) -> [Revocation] {
        try database.all(
            """
            SELECT kind, subject, issued_before, ends_at, created_at FROM revocation
            WHERE ends_at > ?1 ORDER BY created_at DESC, kind, subject LIMIT ?2
            """,
            .integer(now), .count(max(0, limit)), read: Self.revocation)
    }

    /// The revocation of a token's id or of a user, if there is one that has not ended.
    public func revocation(_ target: Revocation.Target, now: Int64) throws(StoreError) -> Revocation? {
        let (kind, subject) = Self.key(of: target)
        return try database.first(
            """
            SELECT kind, subject, issued_before, ends_at, created_at FROM revocation
            WHERE kind = ?1 AND subject = ?2 AND ends_at > ?3
            """,
            .integer(kind), .text(subject), .integer(now), read: Self.revocation)
    }

    static func tokenRecord(_ row: Row) -> TokenRecord {
        TokenRecord(
            id: row.integer(0), hash: row.bytes(1), userID: row.text(2), isRevoked: row.bool(3),
            expiresAt: row.optionalInteger(4), createdAt: row.integer(5), label: row.optionalText(6),
            claims: row.optionalText(7))
    }

    /// How the file names a target.
    static func key(of target: Revocation.Target) -> (kind: Int64, subject: String) {
        switch target {
        case .tokenID(let id): (0, id)
        case .user(let user): (1, user)
        }
    }

    private static func revocation(_ row: Row) -> Revocation {
        Revocation(
            target: row.integer(0) == 0 ? .tokenID(row.text(1)) : .user(row.text(1)),
            issuedBefore: row.integer(2), endsAt: row.integer(3), createdAt: row.integer(4))
    }
}
