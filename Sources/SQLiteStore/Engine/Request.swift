/// Work that waits for a thread of the store.
struct Request<Session>: Sendable {
    /// How much memory it holds, as far as it matters.
    let bytes: Int
    /// Does the work and gives what tells the asker, for when the work is on the disk; may be called again after a
    /// transaction that was undone.
    let run: @Sendable (Session) throws(StoreError) -> Told
    /// Tells the asker that nothing was done.
    let fail: @Sendable (StoreError) -> Void

    /// Calls the asker back.
    typealias Told = @Sendable () -> Void

    init<R: Sendable>(
        bytes: Int, _ body: @escaping @Sendable (Session) throws(StoreError) -> R,
        then completion: @escaping @Sendable (Result<R, StoreError>) -> Void
    ) {
        self.bytes = max(0, bytes)
        run = { (session) throws(StoreError) -> Told in
            let value = try body(session)
            return { completion(.success(value)) }
        }
        fail = { completion(.failure($0)) }
    }

    /// What tells the asker that nothing was done, for later.
    func failing(_ error: StoreError) -> Told { { fail(error) } }
}
