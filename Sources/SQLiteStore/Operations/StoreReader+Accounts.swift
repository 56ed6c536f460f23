extension StoreReader {
    /// The user of that name, disabled or not; nil when there is none.
    public func user(_ name: String) throws(StoreError) -> UserRecord? {
        try database.first(
            "SELECT name, password, is_disabled, display_name, claims, created_at FROM user WHERE name = ?1",
            .text(name), read: Self.userRecord)
    }

    /// Users in the order of their names.
    ///
    /// - Parameter name: Starts after this one: the last of the page before.
    public func users(after name: String? = nil, limit: Int) throws(StoreError) -> [UserRecord] {
        try database.all(
            """
            SELECT name, password, is_disabled, display_name, claims, created_at FROM user
            WHERE ?1 IS NULL OR name > ?1 ORDER BY name LIMIT ?2
            """,
            .optional(name), .count(max(0, limit)), read: Self.userRecord)
    }

    /// The key with this hash, revoked or not; nil when there is none.
    public func apiKey(hash: [UInt8]) throws(StoreError) -> APIKeyRecord? {
        try database.first(
            "SELECT id, hash, name, created_at, last_used_at, revoked_at FROM api_key WHERE hash = ?1",
            .blob(hash), read: Self.apiKeyRecord)
    }

    /// Keys in the order they were made, revoked ones among them.
    ///
    /// - Parameter id: Starts after this one: the last of the page before.
    public func apiKeys(after id: Int64 = 0, limit: Int) throws(StoreError) -> [APIKeyRecord] {
        try database.all(
            """
            SELECT id, hash, name, created_at, last_used_at, revoked_at FROM api_key
            WHERE id > ?1 ORDER BY id LIMIT ?2
            """,
            .integer(id), .count(max(0, limit)), read: Self.apiKeyRecord)
    }

    /// A value kept under a name, such as the number of the signing key; nil when there is none.
    public func meta(_ name: String) throws(StoreError) -> [UInt8]? {
        try database.first("SELECT value FROM meta WHERE name = ?1", .text(name)) { $0.bytes(0) }
    }

    private static func userRecord(_ row: Row) -> UserRecord {
        UserRecord(
            name: row.text(0), password: row.text(1), isDisabled: row.bool(2),
            displayName: row.optionalText(3),
            claims: row.optionalText(4), createdAt: row.integer(5))
    }

    private static func apiKeyRecord(_ row: Row) -> APIKeyRecord {
        APIKeyRecord(
            id: row.integer(0), hash: row.bytes(1), name: row.text(2), createdAt: row.integer(3),
            lastUsedAt: row.optionalInteger(4), revokedAt: row.optionalInteger(5))
    }
}
