import Bytes
import EventLoop
import PubSub
import SQLiteStore
import Synchronization
import Telemetry

// Notifications: stored first, then pushed by every loop to the windows of the user it holds. A loop hears of them from the
// store's list of changes, whoever stored them: a request, or a command beside the server.
extension LoopState {
    /// Hears of notifications from now on.
    func listenForNotifications() {
        let mailbox = peers[index]
        shared.changes.listen { changes in
            let ours = changes.filter { change in
                switch change.kind {
                case .notification, .unknown: true
                // Those who marked them tell it themselves, with the ids.
                case .notificationsRead: !change.isOwn
                case .keyChanged, .tokenIDRevoked, .tokenRevoked, .userChanged, .userDisabled, .userRevoked:
                    false
                }
            }
            if !ours.isEmpty { mailbox.post(.perform { $0.heard(ours) }) }
        }
        // After listening, so that nothing lies between the two.
        let latest = shared.latestNotification.known
        if latest > 0 { windows = Windows(latest: latest) }
    }

    /// A session has begun: it gets what its user has not read, and what comes from now on.
    func welcome(_ connection: Connection) {
        if windows == nil, shared.latestNotification.known > 0 { _ = beginNotifying() }
        guard let windows else { return }
        enrol(connection, in: windows)
        if windows.hub.subscriptionCount(of: connection.slot) > 0 { pushInbox(to: connection, windows) }
    }

    /// A session is over.
    func forgetWindow(_ connection: Connection) {
        windows?.remove(connection.slot, connection.token)
    }

    private func enrol(_ connection: Connection, in windows: Windows) {
        guard connection.phase == .open, connection.session.isAuthenticated,
            shared.endpoints.endpoints[Int(connection.endpoint)].notifies
        else { return }
        _ = windows.hub.subscribe(connection.slot, to: connection.session.user, lane: .plain)
    }

    // MARK: What the store tells

    private func heard(_ changes: [StoreChange]) {
        let windows = windows ?? beginNotifying()
        defer { windows.forgetWhatIsHeard() }
        var new: [TopicKey: [Int64]] = [:]
        var order: [String] = []
        var stale: Set<TopicKey> = []
        for change in changes {
            if change.kind == .notification { windows.hear(change.detail) }
            switch change.kind {
            case .notification where windows.has(change.subject):
                if new[TopicKey(change.subject)] == nil { order.append(change.subject) }
                new[TopicKey(change.subject), default: []].append(change.detail)
            case .notificationsRead where windows.has(change.subject):
                if stale.insert(TopicKey(change.subject)).inserted { pushInbox(of: change.subject, windows) }
            case .unknown:
                connections.forEach { _, connection in
                    if windows.hub.subscriptionCount(of: connection.slot) > 0 {
                        pushInbox(to: connection, windows)
                    }
                }
            default: break
            }
        }
        for user in order { push(new[TopicKey(user)] ?? [], to: user, windows) }
    }

    /// The first notification ever: nobody has anything unread but those it is for, who get it when the store reports it.
    func beginNotifying() -> Windows {
        let windows = Windows(latest: 0)
        self.windows = windows
        connections.forEach { _, connection in enrol(connection, in: windows) }
        events.sockets.forEach { _, socket in if socket.phase == .ready { enrol(socket, in: windows) } }
        return windows
    }

    // MARK: Pushing

    /// Reads notifications that were just stored, and pushes those still unread to every window of the user.
    private func push(_ ids: [Int64], to user: String, _ windows: Windows) {
        guard let store = shared.store, let first = ids.min(), let last = ids.max() else { return }
        windows.beginPush()
        let (mailbox, now) = (peers[index], unixMilliseconds)
        store.read { session throws(StoreError) in
            try InboxPage(
                notifications: session.inbox(
                    of: user, before: last &+ 1, after: first &- 1, unreadOnly: true, limit: Self.pushLimit,
                    now: now), unread: session.unreadCount(of: user, now: now))
        } then: { result in
            mailbox.post(
                .perform { loop in
                    switch result {
                    case .success(let page): loop.tell(page, to: user)
                    case .failure(let error): loop.inboxFailed(error)
                    }
                    loop.windows?.endPush()
                })
        }
    }

    private func tell(_ page: InboxPage, to user: String) {
        guard let windows, !page.notifications.isEmpty else { return }
        let slots = windows.slots(of: user)
        let sockets = windows.socketSlots(of: user)
        let text = buffers.take()
        defer { buffers.give(text) }
        for notification in page.notifications {
            text.removeAll(keepingCapacity: Self.keptCapacity)
            SockeyeEncoder.appendNotification(notification, unread: page.unread, to: text)
            for slot in slots {
                // Telling one may end another.
                guard let connection = connections[index: slot],
                    windows.wants(notification.id, connection.token)
                else { continue }
                connection.push(text.bytes)
            }
            for slot in sockets {
                guard let socket = events.sockets[index: slot],
                    windows.wants(notification.id, socket.windowName)
                else { continue }
                emit("notification", text.bytes, to: socket)
            }
        }
    }

    /// Tells every window of a user anew what is unread, since it changed in ways that are not known.
    private func pushInbox(of user: String, _ windows: Windows) {
        for slot in windows.socketSlots(of: user) {
            if let socket = events.sockets[index: slot] { pushInbox(to: socket, windows, evenEmpty: true) }
        }
        for slot in windows.slots(of: user) {
            if let connection = connections[index: slot] {
                pushInbox(to: connection, windows, evenEmpty: true)
            }
        }
    }

    /// Reads what a user has not read, and pushes it to one window.
    ///
    /// - Parameter evenEmpty: whether to tell that there is nothing.
    private func pushInbox(to connection: Connection, _ windows: Windows, evenEmpty: Bool = false) {
        let token = connection.token
        guard windows.beginInbox(token) else { return }
        let wish = InboxWish(limit: Self.inboxLimit, unreadOnly: true)
        readInbox(of: connection.session.user, wish) { loop, result in
            guard let windows = loop.windows, let connection = loop.connections[token] else { return }
            windows.endInbox(token, upTo: (try? result.get())?.notifications.first?.id ?? 0)
            switch result {
            case .success(let page):
                guard evenEmpty || !page.notifications.isEmpty else { return }
                let text = loop.buffers.take()
                SockeyeEncoder.appendInbox(page, id: UnsafeRawBufferPointer(start: nil, count: 0), to: text)
                connection.push(text.bytes)
                loop.buffers.give(text)
            case .failure(let error): loop.inboxFailed(error)
            }
        }
    }

    func inboxFailed(_ error: StoreError) {
        logOften(
            LogLimit.Kind(level: .error, event: "store-failed", code: error.code),
            "an inbox was not read: \(error)", ["remedy": "\(error.remedy)"])
    }

    // MARK: What clients ask

    /// Reads a page of a user's inbox; `take` is called on this loop.
    func readInbox(
        of user: String, _ wish: InboxWish,
        _ take: @escaping @Sendable (LoopState, Result<InboxPage, StoreError>) -> Void
    ) {
        guard let store = shared.store else { return take(self, .failure(.closed)) }
        let (mailbox, now) = (peers[index], unixMilliseconds)
        store.read { session throws(StoreError) in
            // One more than wanted tells whether there are more.
            var all = try session.inbox(
                of: user, before: wish.before, unreadOnly: wish.unreadOnly, limit: wish.limit + 1, now: now)
            let isComplete = all.count <= wish.limit
            if !isComplete { all.removeLast() }
            return try InboxPage(
                notifications: all, unread: session.unreadCount(of: user, now: now), isComplete: isComplete)
        } then: { result in
            mailbox.post(.perform { take($0, result) })
        }
    }

    func markRead(_ selection: NotificationSelection, for asker: Connection, id: [UInt8]) {
        let (user, token, now) = (asker.session.user, asker.token, unixMilliseconds)
        guard let store = shared.store else { return asker.failed(.closed, id: id) }
        let (mailbox, peers, origin) = (peers[index], peers, index)
        store.write { session throws(StoreError) in
            try session.markRead(selection, of: user, now: now)
        } then: { result in
            mailbox.post(
                .perform { loop in
                    let asker = loop.connections[token]
                    switch result {
                    case .success(let marked):
                        asker?.marked(selection, marked, id: id)
                        if marked.changed.isEmpty { return }
                        for peer in peers {
                            peer.post(
                                .perform {
                                    $0.tellMarked(
                                        selection, marked, to: user, but: $0.index == origin ? token : nil)
                                })
                        }
                    case .failure(let error): asker?.failed(error, id: id)
                    }
                })
        }
    }

    /// Tells the other windows of a user what one of them marked.
    ///
    /// - Parameter asker: the window that knows already, if it is on this loop.
    private func tellMarked(
        _ selection: NotificationSelection, _ marked: NotificationsRead, to user: String,
        but asker: UInt64?
    ) {
        guard let windows else { return }
        for slot in windows.slots(of: user) {
            if let connection = connections[index: slot], connection.token != asker {
                connection.marked(selection, marked, id: [])
            }
        }
    }

    /// Notifications pushed at connect; the others can be asked for.
    static let inboxLimit = 50
    /// Notifications of one moment that are pushed to a user.
    private static let pushLimit = 1000
}

/// A part of a user's inbox.
struct InboxPage: Sendable {
    var notifications: [StoredNotification]
    /// How many are unread in all.
    var unread: Int
    /// Whether nothing lies beyond.
    var isComplete = true
}
