import Bytes
import HTTPWire
import JSON
import PubSub
import SQLiteStore

// Notifications over HTTP: sent by backends, looked at by people who help users.
extension API {
    static func notify(_ limits: GatewayLimits) -> Route {
        Route.api(
            .post,
            APIOperation(
                id: "notify", summary: "notify a user",
                doc: """
                    Answered when the notification is on disk; by then it is on its way to every open window of the user. \
                    Without one it waits in the inbox.
                    """,
                members: [
                    user, data,
                    .optional(
                        "key", .text(.key),
                        "While the inbox holds one with this key, another is not added: up to 128 bytes."),
                    .optional(
                        "ttl", .integer(1...315_360_000), "After how many seconds it disappears by itself."),
                ],
                limited: .notify,
                answer: [
                    .required("id", .integer(1 ... .max), "Its number, rising over all users."),
                    .required("unread", .integer(0 ... .max), "How many the user has not read now."),
                    .optional("duplicate", .flag, "True when one with this key was there already."),
                ],
                failures: [
                    (413, "The data is longer than `limits.publish`, or the body than any could be.")
                ]),
            bodyLimit: limits.publishLimit + nameRoom
        ) { arguments, connection throws(APIError) in
            guard let user = arguments.text("user"), let data = arguments.json("data") else { return nil }
            try check(data, limits)
            let shared = connection.loop.shared
            guard let store = shared.store else { throw .dialect(.inboxFailed("\(StoreError.closed)")) }
            let (slot, now) = (connection.answerSlot, connection.loop.unixMilliseconds)
            let (key, end) = (arguments.text("key"), arguments.integer("ttl").map { now &+ $0 &* 1000 })
            store.write(bytes: data.count) { session throws(StoreError) in
                try session.notify(user, data: data, key: key, expiresAt: end, now: now)
            } then: { result in
                switch result {
                case .success(let stored):
                    // Who connects after the answer finds it, even before the store has reported it.
                    shared.latestNotification.heard(of: stored.id)
                    slot.answer(.notified(stored))
                case .failure(let error): slot.answer(.failure(.inboxFailed("\(error)")))
                }
            }
            return nil
        }
    }

    static let notifications = Route.api(
        .get,
        APIOperation(
            id: "notifications", summary: "a user's inbox",
            doc: "Newest first. Looking does not mark anything read.",
            parameters: [
                user, .optional("limit", .integer(1...1000), "How many at most; 50 by default."),
                .optional(
                    "before", .integer(1...1 << 53),
                    "Only those with a smaller id: the last of the page before."),
                .optional("unread", .flag, "Only those not read yet."),
            ],
            answer: [
                .required("unread", .integer(0 ... .max), "How many the user has not read."),
                .required(
                    "notifications",
                    .array(
                        .object([
                            .required("id", .integer(1 ... .max), "Its number."),
                            .required("created_at", .integer(0 ... .max), "In seconds since 1970."),
                            .optional("expires_at", .integer(0 ... .max), "When it disappears by itself."),
                            .optional("read_at", .integer(0 ... .max), "When it was read."),
                            .required("data", .any, "As it was sent."),
                        ]), 0...1000), "The notifications."),
                .required("complete", .flag, "Whether nothing lies beyond this page."),
            ])
    ) { arguments, connection throws(APIError) in
        guard let user = arguments.text("user") else { return nil }
        let slot = connection.answerSlot
        let wish = InboxWish(
            limit: Int(clamping: arguments.integer("limit") ?? Int64(InboxWish().limit)),
            before: arguments.integer("before"), unreadOnly: arguments.flag("unread"))
        connection.loop.readInbox(of: user, wish) { _, result in
            switch result {
            case .success(let page):
                let body = ByteBuffer()
                body.append("{")
                SockeyeEncoder.appendMembers(of: page, to: body)
                body.append("}")
                slot.answer(.json(200, body.array))
            case .failure(let error): slot.answer(.failure(.inboxFailed("\(error)")))
            }
        }
        return nil
    }
}

extension Response {
    fileprivate static func notified(_ stored: NotificationResult) -> Response {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("id", stored.id)
        object.member("unread", Int64(stored.unread))
        if stored.isDuplicate { object.member("duplicate", true) }
        object.end()
        return .json(200, body.array)
    }
}
