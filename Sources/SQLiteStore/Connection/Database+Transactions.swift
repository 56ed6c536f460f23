internal import CSQLite

extension Database {
    /// Begins a transaction that may write; waits for another process that does.
    func beginWriting() throws(StoreError) { try run("BEGIN IMMEDIATE") }

    /// Begins a transaction that reads one state of the file throughout.
    func beginReading() throws(StoreError) { try run("BEGIN DEFERRED") }

    /// Ends the transaction: what it wrote is on the disk when this returns.
    func commit() throws(StoreError) { try run("COMMIT") }

    /// Undoes the transaction, if SQLite has not done so yet.
    func rollBack() {
        if isInTransaction { _ = try? run("ROLLBACK") }
    }

    /// Runs `body` so that either all of it happens or nothing, inside the open transaction.
    func atomically<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
        try run("SAVEPOINT request")
        do throws(StoreError) {
            let result = try body()
            try run("RELEASE request")
            return result
        } catch {
            do throws(StoreError) {
                if isInTransaction {
                    try run("ROLLBACK TO request")
                    try run("RELEASE request")
                }
            } catch {
                // Half of the request must not be committed with the others.
                rollBack()
            }
            throw error
        }
    }
}
