import Bytes
import PubSub
import SQLiteStore
import Synchronization
import Tokens

/// The keys of the HTTP API, as the store has them.
///
/// All of them are in memory and are loaded anew when one is made or revoked, in whichever process. A key is found by its
/// SHA-256, and hashes are compared in constant time.
final class APIKeys: Sendable {
    /// What is known of a presented key.
    enum Verdict: Equatable {
        /// It is in force.
        case good(Bearer)
        /// It has not the form of a key: no look-up could find it.
        case notAKey
        case revoked(name: String)
        /// The store could not be asked about a key that is not known here.
        case undecided(StoreError)
        case unknown
    }

    /// Who has shown a key that is in force.
    struct Bearer: Equatable, Sendable {
        /// The name a person gave the key.
        let name: String
        let hash: TokenHash
    }

    private struct Entry {
        let name: String
        let isRevoked: Bool
        /// When its use was last noted, in milliseconds since 1970.
        var usedAt: Int64

        init(_ record: APIKeyRecord) {
            name = record.name
            isRevoked = record.revokedAt != nil
            usedAt = record.lastUsedAt ?? 0
        }
    }

    private let store: Store?
    private let keys = Mutex<[TokenHash: Entry]>([:])
    /// Questions to the store about keys that are not known here.
    private let misses = Mutex(TokenBucket())

    /// Loads the keys, and follows the changes; without a store there is no key.
    init(_ store: Store?, _ changes: StoreChanges) throws(StoreError) {
        self.store = store
        guard let store else { return }
        // First, so that nothing is missed between the two.
        changes.listen { [weak self] changes in self?.heard(changes) }
        replace(try store.readNow { session throws(StoreError) in try Self.all(session) })
    }

    /// Judges a presented key, and notes now and then that it was used.
    ///
    /// - Parameter now: milliseconds since 1970.
    func judge(_ text: String, now: Int64) -> Verdict {
        guard let token = OpaqueToken(text), token.form == .key else { return .notAKey }
        let hash = token.hash
        var mustNote = false
        let verdict = keys.withLock { keys -> Verdict in
            guard var entry = keys[hash] else { return .unknown }
            if entry.isRevoked { return .revoked(name: entry.name) }
            if now &- entry.usedAt >= Self.noteInterval {
                mustNote = true
                entry.usedAt = now
                keys[hash] = entry
            }
            return .good(Bearer(name: entry.name, hash: hash))
        }
        if mustNote {
            store?.write { session throws(StoreError) in
                try session.touchAPIKey(hash: hash.bytes, now: now)
            } then: { _ in
            }
        }
        return verdict
    }

    /// Judges a key that `judge` does not know by asking the store: it may have been made this moment, by another process.
    ///
    /// Bounded for all clients together, for anybody can make up keys; over the bound such a key is unknown.
    /// - Parameter then: called once, on any thread.
    func lookUp(_ text: String, now: MonotonicTime, _ then: @escaping @Sendable (Verdict) -> Void) {
        guard let store, let token = OpaqueToken(text), token.form == .key,
            misses.withLock({ $0.take(limit: Self.missLimit, now: now) }) == .allowed
        else { return then(.unknown) }
        let hash = token.hash
        store.read { session throws(StoreError) in
            try session.apiKey(hash: hash.bytes)
        } then: { [weak self] result in
            guard let self else { return then(.unknown) }
            let entry: Entry
            switch result {
            case .success(let record?): entry = Entry(record)
            case .success(nil): return then(.unknown)
            case .failure(let error): return then(.undecided(error))
            }
            // What is known by now has been heard later than this.
            let known = keys.withLock { keys in
                if keys[hash] == nil { keys[hash] = entry }
                return keys[hash] ?? entry
            }
            then(known.isRevoked ? .revoked(name: known.name) : .good(Bearer(name: known.name, hash: hash)))
        }
    }

    private func heard(_ changes: [StoreChange]) {
        guard changes.contains(where: { $0.kind == .keyChanged || $0.kind == .unknown }) else { return }
        // Reads are answered in their order, so the last word is the latest.
        store?.read { session throws(StoreError) in
            try Self.all(session)
        } then: { [weak self] result in
            if case .success(let records) = result { self?.replace(records) }
        }
    }

    private func replace(_ records: [APIKeyRecord]) {
        keys.withLock { keys in
            keys = [:]
            for record in records {
                guard let hash = TokenHash(bytes: record.hash) else { continue }
                keys[hash] = Entry(record)
            }
        }
    }

    private static func all(_ session: StoreReader) throws(StoreError) -> [APIKeyRecord] {
        var records: [APIKeyRecord] = []
        while true {
            let page = try session.apiKeys(after: records.last?.id ?? 0, limit: 1000)
            if page.isEmpty { return records }
            records += page
        }
    }

    /// A person who made a key is known at once, and who tries keys costs the store little.
    private static let missLimit = RateLimit(count: 20)
    /// A minute: so exactly a list tells when a key was used.
    private static let noteInterval: Int64 = 60_000
}
