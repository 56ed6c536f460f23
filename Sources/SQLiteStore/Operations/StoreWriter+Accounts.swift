extension StoreWriter {
    /// Adds a user.
    ///
    /// - Parameters:
    ///   - password: The hash, never the password.
    ///   - claims: A JSON object, kept as it is.
    /// - Throws: `.exists` when there is one of that name, `.invalid` without a name.
    public func addUser(
        _ name: String, password: String, displayName: String? = nil, claims: String? = nil, now: Int64
    ) throws(StoreError) {
        guard !name.isEmpty else { throw .invalid("a user needs a name") }
        if try user(name) != nil { throw .exists(.user, name) }
        try database.run(
            "INSERT INTO user (name, password, display_name, claims, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            .text(name), .text(password), .optional(displayName), .optional(claims), .integer(now))
        try record(.userChanged, name)
    }

    /// Gives a user another password.
    ///
    /// - Parameter hash: The hash, never the password.
    /// - Throws: `.unknown` when there is no such user.
    public func setPassword(_ hash: String, of name: String) throws(StoreError) {
        let count = try database.run(
            "UPDATE user SET password = ?2 WHERE name = ?1", .text(name), .text(hash))
        guard count > 0 else { throw .unknown(.user, name) }
        try record(.userChanged, name)
    }

    /// Gives a user another display name and other claims.
    ///
    /// - Throws: `.unknown` when there is no such user.
    public func setProfile(displayName: String?, claims: String?, of name: String) throws(StoreError) {
        let count = try database.run(
            "UPDATE user SET display_name = ?2, claims = ?3 WHERE name = ?1", .text(name),
            .optional(displayName),
            .optional(claims))
        guard count > 0 else { throw .unknown(.user, name) }
        try record(.userChanged, name)
    }

    /// Lets a user log in no more, or again.
    ///
    /// - Returns: false when it was so already.
    /// - Throws: `.unknown` when there is no such user.
    @discardableResult
    public func setDisabled(_ isDisabled: Bool, user name: String) throws(StoreError) -> Bool {
        guard let user = try user(name) else { throw .unknown(.user, name) }
        if user.isDisabled == isDisabled { return false }
        try database.run(
            "UPDATE user SET is_disabled = ?2 WHERE name = ?1", .text(name), .integer(isDisabled ? 1 : 0))
        try record(isDisabled ? .userDisabled : .userChanged, name)
        return true
    }

    /// Removes a user; for whoever listens he is disabled.
    ///
    /// - Throws: `.unknown` when there is no such user.
    public func removeUser(_ name: String) throws(StoreError) {
        guard try database.run("DELETE FROM user WHERE name = ?1", .text(name)) > 0 else {
            throw .unknown(.user, name)
        }
        try record(.userDisabled, name)
    }

    /// Adds a key for the HTTP API.
    ///
    /// - Parameter hash: SHA-256 of the key; the key itself never comes here.
    /// - Returns: its number.
    /// - Throws: `.exists` when a key in force has this name or any key this hash, `.invalid` without a name or unless
    ///   the hash has 32 bytes.
    public func addAPIKey(hash: [UInt8], name: String, now: Int64) throws(StoreError) -> Int64 {
        try Self.checkHash(hash)
        guard !name.isEmpty else { throw .invalid("a key needs a name") }
        let taken = try database.first(
            "SELECT 1 FROM api_key WHERE hash = ?1 OR (name = ?2 AND revoked_at IS NULL)", .blob(hash),
            .text(name)
        ) { $0.bool(0) }
        if taken == true { throw .exists(.apiKey, name) }
        try database.run(
            "INSERT INTO api_key (hash, name, created_at) VALUES (?1, ?2, ?3)", .blob(hash), .text(name),
            .integer(now))
        let id = database.lastInsertedID
        try record(.keyChanged, hexadecimal(hash))
        return id
    }

    /// Takes back the key in force that has this name.
    ///
    /// - Returns: it, as it is now.
    /// - Throws: `.unknown` when there is none.
    @discardableResult
    public func revokeAPIKey(_ name: String, now: Int64) throws(StoreError) -> APIKeyRecord {
        let hash = try database.first(
            "UPDATE api_key SET revoked_at = ?2 WHERE name = ?1 AND revoked_at IS NULL RETURNING hash",
            .text(name),
            .integer(now)
        ) { $0.bytes(0) }
        guard let hash, let key = try apiKey(hash: hash) else { throw .unknown(.apiKey, name) }
        try record(.keyChanged, hexadecimal(hash))
        return key
    }

    /// Notes that a key was used, to about a minute: most calls write nothing.
    public func touchAPIKey(hash: [UInt8], now: Int64) throws(StoreError) {
        try database.run(
            "UPDATE api_key SET last_used_at = ?2 WHERE hash = ?1 AND ifnull(last_used_at <= ?3, 1)",
            .blob(hash),
            .integer(now), .integer(cutoff(now, minus: 60_000)))
    }

    /// Keeps a value under a name, instead of the one before; nil removes it.
    public func setMeta(_ name: String, _ value: [UInt8]?) throws(StoreError) {
        guard let value else {
            try database.run("DELETE FROM meta WHERE name = ?1", .text(name))
            return
        }
        try database.run(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", .text(name), .blob(value))
    }
}
