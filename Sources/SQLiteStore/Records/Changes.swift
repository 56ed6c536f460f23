/// Something that whoever uses the store must learn of at once.
public struct StoreChange: Equatable, Sendable {
    /// What happened.
    public enum Kind: Int64, Sendable, CaseIterable {
        /// So much changed that single changes are not known any more: look at everything anew.
        case unknown = 0
        /// An opaque token was revoked; the subject is its hash in lower-case hex.
        case tokenRevoked = 1
        /// A token with an id (`jti`) was revoked; the subject is the id.
        case tokenIDRevoked = 2
        /// All tokens of a user issued before `detail` (milliseconds) were revoked; the subject is the user.
        case userRevoked = 3
        /// A user may not log in any more; the subject is the user.
        case userDisabled = 4
        /// A user was added, enabled, or has other claims or another password; the subject is the user.
        case userChanged = 5
        /// A key for the HTTP API was made or revoked; the subject is its hash in lower-case hex.
        case keyChanged = 6
        /// A notification was stored; the subject is the user, `detail` its id.
        case notification = 7
        /// Notifications were marked read; the subject is the user, `detail` how many are unread.
        case notificationsRead = 8
    }

    /// Its place in the list, from 1 on, without gaps.
    public let sequence: Int64
    /// What happened.
    public let kind: Kind
    /// To whom or what.
    public let subject: String
    /// A number whose meaning depends on the kind, or 0.
    public let detail: Int64
    /// Whether this opening of the store made the change itself.
    public let isOwn: Bool

    /// Puts a change together; for tests of whoever listens.
    public init(sequence: Int64, kind: Kind, subject: String, detail: Int64 = 0, isOwn: Bool) {
        self.sequence = sequence
        self.kind = kind
        self.subject = subject
        self.detail = detail
        self.isOwn = isOwn
    }
}

extension StoreReader {
    /// The number of the latest change; 0 when there never was one.
    func lastChange() throws(StoreError) -> Int64 {
        try database.first("SELECT max(sequence) FROM change") { $0.integer(0) } ?? 0
    }

    /// The changes after one, in order.
    ///
    /// A kind that a newer program recorded is `.unknown`.
    func changes(after sequence: Int64) throws(StoreError) -> [StoreChange] {
        let own = (self as? StoreWriter)?.origin
        return try database.all(
            "SELECT sequence, kind, subject, detail, origin FROM change WHERE sequence > ?1 ORDER BY sequence",
            .integer(sequence)
        ) { row in
            StoreChange(
                sequence: row.integer(0), kind: StoreChange.Kind(rawValue: row.integer(1)) ?? .unknown,
                subject: row.text(2), detail: row.integer(3), isOwn: row.integer(4) == own)
        }
    }
}

extension StoreWriter {
    /// Adds to the list of changes, and now and then drops what is old.
    func record(_ kind: StoreChange.Kind, _ subject: String, detail: Int64 = 0) throws(StoreError) {
        try database.run(
            "INSERT INTO change (kind, subject, detail, origin) VALUES (?1, ?2, ?3, ?4)",
            .integer(kind.rawValue), .text(subject), .integer(detail), .integer(origin))
        didRecordChange = true
        let sequence = database.lastInsertedID
        if sequence % 256 == 0 {
            try database.run(
                "DELETE FROM change WHERE sequence <= ?1", .integer(sequence &- Self.changesKept))
        }
    }

    /// More than anybody makes in the second between two looks.
    static let changesKept: Int64 = 16_384
}
