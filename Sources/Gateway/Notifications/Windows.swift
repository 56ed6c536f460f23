import PubSub

/// Whom notifications reach on one loop: the sessions of every user at endpoints that push them.
///
/// There is none until the first notification is stored, so that a server nobody notifies pays nothing: then every
/// session costs eight bytes, and every user an entry.
///
/// A notification reaches a window by one of two ways, in the inbox read at its beginning or as a push read when the store
/// reported it, and must not come by both. What makes this simple: the store answers reads in their order, each from a
/// state not older than the one before.
final class Windows {
    /// The sessions, by the name of their user; apart from the topics' hub, so that a client's first topic stays its first.
    let hub = Hub()
    /// The same of Socket.IO's sockets, by their slots.
    let sockets = Hub()
    /// Sessions whose inbox is being read: a push that was read before lies in it as well.
    private var reading: Set<UInt64> = []
    /// Sessions that were told of notifications which the store has not reported yet, up to this id.
    private var toldAhead: [UInt64: Int64] = [:]
    /// Up to which id the store has reported.
    private var heardUpTo: Int64
    /// Pushes that are being read.
    private var pushes = 0

    /// - Parameter latest: the id of the latest notification there is.
    init(latest: Int64) {
        heardUpTo = latest
    }

    /// The slots of a user's sessions.
    func slots(of user: String) -> [UInt32] {
        guard let topic = hub.topic(named: user) else { return [] }
        return hub.withMembers(of: topic, lane: .plain) { Array($0) }
    }

    /// The slots of a user's sockets.
    func socketSlots(of user: String) -> [UInt32] {
        guard let topic = sockets.topic(named: user) else { return [] }
        return sockets.withMembers(of: topic, lane: .plain) { Array($0) }
    }

    /// Whether anybody here is a user's.
    func has(_ user: String) -> Bool {
        hub.topic(named: user) != nil || sockets.topic(named: user) != nil
    }

    func removeSocket(_ slot: UInt32, _ name: UInt64) {
        sockets.removeAll(slot, lane: .plain) { _ in }
        reading.remove(name)
        toldAhead[name] = nil
    }

    /// A session's inbox is about to be read.
    ///
    /// - Returns: false when it is being read already.
    func beginInbox(_ token: UInt64) -> Bool {
        reading.insert(token).inserted
    }

    /// A session is told of its inbox, up to this id.
    func endInbox(_ token: UInt64, upTo id: Int64) {
        reading.remove(token)
        if pushes > 0 || id > heardUpTo { toldAhead[token] = id }
    }

    /// The store has reported a notification.
    func hear(_ id: Int64) {
        heardUpTo = max(heardUpTo, id)
    }

    func beginPush() {
        pushes += 1
    }

    /// The pushes that were read are told.
    func endPush() {
        pushes -= 1
        forgetWhatIsHeard()
    }

    /// Whether a session is still to be told of a notification that was read for a push.
    func wants(_ id: Int64, _ token: UInt64) -> Bool {
        !reading.contains(token) && id > toldAhead[token] ?? 0
    }

    func remove(_ slot: UInt32, _ token: UInt64) {
        hub.removeAll(slot, lane: .plain) { _ in }
        reading.remove(token)
        toldAhead[token] = nil
    }

    /// No push is under way that could tell anybody of what he knows.
    func forgetWhatIsHeard() {
        guard pushes == 0, !toldAhead.isEmpty else { return }
        toldAhead = toldAhead.filter { $0.value > heardUpTo }
    }
}
