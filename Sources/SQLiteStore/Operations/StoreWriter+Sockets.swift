extension StoreWriter {
    /// Keeps the state of a socket that is connected, in place of what was kept of it before.
    public func keepSocket(_ socket: StoredSocket) throws(StoreError) {
        try database.run(
            "INSERT OR REPLACE INTO socket (id, kept, expires_at, state) VALUES (?1, ?2, NULL, ?3)",
            .text(socket.id), .integer(socket.kept), .blob(socket.state))
    }

    /// A socket was cut off: its state is kept until then, where any is.
    public func cutSocket(_ id: String, expiresAt: Int64) throws(StoreError) {
        try database.run("UPDATE socket SET expires_at = ?2 WHERE id = ?1", .text(id), .integer(expiresAt))
    }

    /// Forgets the state of a socket; does nothing when none is kept.
    public func forgetSocket(_ id: String) throws(StoreError) {
        try database.run("DELETE FROM socket WHERE id = ?1", .text(id))
    }

    /// Gives out the state of a socket and forgets it, so that nobody gets it twice.
    ///
    /// - Returns: nil when none is kept, or no longer.
    public func takeSocket(_ id: String, now: Int64) throws(StoreError) -> StoredSocket? {
        let found = try database.first(
            "SELECT kept, state FROM socket WHERE id = ?1 AND (expires_at IS NULL OR expires_at >= ?2)",
            .text(id), .integer(now)
        ) { StoredSocket(id: id, kept: $0.integer(0), state: $0.bytes(1)) }
        if found != nil { try forgetSocket(id) }
        return found
    }

    /// Nobody is connected when a server starts: whoever was when the last one ended has been cut off, now at the latest.
    ///
    /// - Returns: how many there were.
    @discardableResult
    public func cutAllSockets(now: Int64) throws(StoreError) -> Int {
        try database.run("UPDATE socket SET expires_at = ?1 + kept WHERE expires_at IS NULL", .integer(now))
    }

    /// Removes states that have been kept long enough; a step of bounded length.
    ///
    /// - Returns: how many went; call again while it is `limit`.
    public func sweepSockets(now: Int64, limit: Int = 1_000) throws(StoreError) -> Int {
        try database.run(
            """
            DELETE FROM socket WHERE id IN
            (SELECT id FROM socket WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)
            """,
            .integer(now), .count(max(0, limit)))
    }
}
