extension StoreWriter {
    /// Adds an opaque token.
    ///
    /// - Parameters:
    ///   - hash: SHA-256 of the token; the token itself never comes here.
    ///   - expiresAt: In milliseconds since 1970; nil: never.
    ///   - claims: A JSON object, kept as it is.
    /// - Returns: its number.
    /// - Throws: `.invalid` unless the hash has 32 bytes, `.exists` when there is one with it.
    public func addToken(
        hash: [UInt8], user: String, expiresAt: Int64?, label: String? = nil, claims: String? = nil,
        now: Int64
    ) throws(StoreError) -> Int64 {
        try Self.checkHash(hash)
        if try token(hash: hash) != nil { throw .exists(.token, hexadecimal(hash)) }
        try database.run(
            """
            INSERT INTO token (token, user_id, expires_at, created_at, label, claims)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            """,
            .blob(hash), .text(user), .optional(expiresAt), .integer(now), .optional(label), .optional(claims)
        )
        return database.lastInsertedID
    }

    /// Takes tokens back; whoever uses the store hears of each as a change.
    ///
    /// - Returns: those that were not revoked before, as they are now.
    /// - Throws: `.unknown` when a hash, number or prefix means none, `.ambiguous` when a prefix means several,
    ///   `.invalid` for a prefix of fewer than 6 hex digits.
    @discardableResult
    public func revokeTokens(_ selection: TokenSelection) throws(StoreError) -> [TokenRecord] {
        let ids = try tokenIDs(selection)
        var revoked: [TokenRecord] = []
        for id in ids {
            let record = try database.first(
                """
                UPDATE token SET is_revoked = 1 WHERE id = ?1 AND is_revoked = 0
                RETURNING id, token, user_id, is_revoked, expires_at, created_at, label, claims
                """,
                .integer(id), read: Self.tokenRecord)
            guard let record else { continue }
            try self.record(.tokenRevoked, hexadecimal(record.hash))
            revoked.append(record)
        }
        return revoked
    }

    /// Removes tokens that expired before a time; a step of bounded length.
    ///
    /// - Returns: how many went; call again while it is `limit`.
    public func sweepTokens(expiredBefore time: Int64, limit: Int = 1_000) throws(StoreError) -> Int {
        try database.run(
            """
            DELETE FROM token WHERE id IN
            (SELECT id FROM token WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)
            """,
            .integer(time), .count(max(0, limit)))
    }

    /// Revokes tokens with a signature: one by its id, or all a user was issued before a time.
    ///
    /// The strictest of several revocations of one target counts.
    /// - Parameters:
    ///   - issuedBefore: For a user, in milliseconds since 1970; nil: now.
    ///   - endsAt: When the last token it is about has expired.
    public func revoke(
        _ target: Revocation.Target, issuedBefore: Int64? = nil, endsAt: Int64, now: Int64
    ) throws(StoreError) {
        let (kind, subject) = Self.key(of: target)
        var time: Int64 = 0
        if case .user = target { time = issuedBefore ?? now }
        try database.run(
            """
            INSERT INTO revocation (kind, subject, issued_before, ends_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (kind, subject) DO UPDATE SET issued_before = max(issued_before, excluded.issued_before),
                ends_at = max(ends_at, excluded.ends_at), created_at = excluded.created_at
            """,
            .integer(kind), .text(subject), .integer(time), .integer(endsAt), .integer(now))
        switch target {
        case .tokenID: try record(.tokenIDRevoked, subject)
        case .user: try record(.userRevoked, subject, detail: time)
        }
    }

    /// Removes revocations that have ended; a step of bounded length.
    ///
    /// - Returns: how many went; call again while it is `limit`.
    public func sweepRevocations(now: Int64, limit: Int = 1_000) throws(StoreError) -> Int {
        try database.run(
            """
            DELETE FROM revocation WHERE (kind, subject) IN
            (SELECT kind, subject FROM revocation WHERE ends_at <= ?1 ORDER BY ends_at LIMIT ?2)
            """,
            .integer(now), .count(max(0, limit)))
    }

    static func checkHash(_ hash: [UInt8]) throws(StoreError) {
        guard hash.count == 32 else { throw .invalid("a hash has 32 bytes, not \(hash.count)") }
    }

    private func tokenIDs(_ selection: TokenSelection) throws(StoreError) -> [Int64] {
        let id = { (row: Row) in row.integer(0) }
        switch selection {
        case .hash(let hash):
            let found = try database.all("SELECT id FROM token WHERE token = ?1", .blob(hash), read: id)
            guard !found.isEmpty else { throw .unknown(.token, hexadecimal(hash)) }
            return found
        case .id(let number):
            let found = try database.all("SELECT id FROM token WHERE id = ?1", .integer(number), read: id)
            guard !found.isEmpty else { throw .unknown(.token, String(number)) }
            return found
        case .prefix(let prefix):
            guard prefix.utf8.count >= 6, prefix.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
                throw .invalid("'\(prefix)' is not the beginning of a hash: at least 6 hex digits")
            }
            let found = try database.all(
                "SELECT id FROM token WHERE substr(hex(token), 1, length(?1)) = upper(?1) LIMIT 2",
                .text(prefix), read: id)
            guard let first = found.first else { throw .unknown(.token, prefix) }
            guard found.count == 1 else { throw .ambiguous(prefix) }
            return [first]
        case .user(let user):
            return try database.all(
                "SELECT id FROM token WHERE user_id = ?1 AND is_revoked = 0", .text(user), read: id)
        }
    }
}
