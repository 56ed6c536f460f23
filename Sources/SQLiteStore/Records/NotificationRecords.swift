/// A notification in a user's inbox.
public struct StoredNotification: Equatable, Sendable {
    /// Its number, rising over all users, never used twice.
    public let id: Int64
    /// What the sender told it apart by, if he did.
    public let key: String?
    /// What it says.
    public let data: [UInt8]
    /// In milliseconds since 1970.
    public let createdAt: Int64
    /// When it disappears; nil: not by itself.
    public let expiresAt: Int64?
    /// When it was read; nil: not yet.
    public let readAt: Int64?
}

/// What became of a notification.
public struct NotificationResult: Equatable, Sendable {
    /// Its number, or that of the one with the same key.
    public let id: Int64
    /// Whether one with this key was there before, so that this one was not added.
    public let isDuplicate: Bool
    /// How many notifications of this user are unread now.
    public let unread: Int
}

/// Which notifications to mark read.
public enum NotificationSelection: Equatable, Sendable {
    /// These; unknown ones and those of other users are passed over.
    case ids([Int64])
    /// All of the user up to and including this one.
    case upTo(Int64)
}

/// What marking changed.
public struct NotificationsRead: Equatable, Sendable {
    /// Those that were unread before, in rising order.
    public let changed: [Int64]
    /// How many notifications of this user are unread now.
    public let unread: Int
}
