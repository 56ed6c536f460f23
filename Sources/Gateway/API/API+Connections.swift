import Bytes
import Configuration
import EventLoop
import HTTPWire
import JSON
import WebSocketWire

// Who is connected, and the end of it.
extension API {
    static let connections = Route.api(
        .get,
        APIOperation(
            id: "connections", summary: "who is connected",
            doc: """
                WebSockets, streams of server-sent events, and sessions of Engine.IO with the Socket.IO sockets in them, over \
                WebSockets or polling; of one user or of all, as they are at this moment. Every loop looks through all it \
                holds, so ask for people, not by the second.
                """,
            parameters: [
                .optional("user", .text(.user), "Only those of this user."),
                .optional("limit", .integer(1...1000), "How many at most; 100 by default."),
            ],
            answer: [
                .required(
                    "connections",
                    .array(
                        .object([
                            .required("id", .text(.connection), "For `disconnect`."),
                            .required(
                                "user", .nullable(.text(.free)),
                                "Null until authenticated; of several sockets the first one's."),
                            .required(
                                "transport", .text(.free), "`websocket`, `polling` or `event-stream`."),
                            .required("endpoint", .text(.free), "The endpoint's path as configured."),
                            .required("peer", .text(.free), "The address it comes from."),
                            .required("opened_at", .integer(0 ... .max), "In seconds since 1970."),
                            .required("subscriptions", .integer(0 ... .max), "Topics it is subscribed to."),
                            .optional(
                                "sockets",
                                .array(
                                    .object([
                                        .required(
                                            "socket", .text(.free), "Its id, for `emit` and `disconnect`."),
                                        .required("namespace", .text(.free), "Where it is connected."),
                                        .required(
                                            "user", .nullable(.text(.free)), "Null where nobody is asked."),
                                        .required("subscriptions", .integer(0 ... .max), "Rooms it is in."),
                                    ]), 0 ... .max), "The Socket.IO sockets of a session."),
                        ]), 0...1000), "The connections."),
                .required("count", .integer(0 ... .max), "How many there are, listed or not."),
                .required("complete", .flag, "Whether all of them are listed."),
            ])
    ) { arguments, connection in
        let (user, slot) = (arguments.text("user"), connection.answerSlot)
        let limit = Int(clamping: arguments.integer("limit") ?? 100)
        connection.loop.askAll({ $0.openConnections(of: user, limit: limit) }) { parts in
            slot.answer(.connections(parts, limit: limit))
        }
        return nil
    }

    static let disconnect = Route.api(
        .post,
        APIOperation(
            id: "disconnect", summary: "end connections",
            doc: """
                All of a user's, or one. They are closed in good order, with a code and a reason that the client is told. A \
                valid token lets the client come back: revoke it first to keep somebody out.
                """,
            members: [
                .optional("user", .text(.user), "Whose connections to end."),
                .optional("connection", .text(.connection), "The one to end."),
                .optional("socket", .text(.words(64)), "The Socket.IO socket to end, by its id."),
                .optional(
                    "code", .integer(3000...4999),
                    "The close code: 3000–3499 and 4000–4499 ask the client to come back; 3505 by default."),
                .optional("reason", .text(.words(123)), "What the client is told, up to 123 bytes."),
            ],
            exactlyOne: ["user", "connection", "socket"],
            answer: [.required("closed", .integer(0 ... .max), "How many connections were closed.")],
            failures: [(404, "There is no connection of this id.")]), bodyLimit: nameRoom
    ) { arguments, connection throws(APIError) in
        let slot = connection.answerSlot
        let code = arguments.integer("code").map { CloseCode(rawValue: UInt16(clamping: $0)) }
        let end = ClosingWords(
            code: code ?? SockeyeCloseCode.disconnected.closeCode,
            reason: arguments.text("reason") ?? (code == nil ? SockeyeCloseCode.disconnected.reason : ""))
        if let id = arguments.text("connection") {
            guard let name = ConnectionName(id), connection.loop.peers.indices.contains(name.loop) else {
                throw .connectionUnknown(id)
            }
            connection.loop.peers[name.loop].post(
                .perform { loop in
                    let isClosed =
                        name.isSession ? loop.endSession(name.token) : loop.close(name.token, end)
                    slot.answer(isClosed ? .closed(1) : APIError.connectionUnknown(id).response)
                })
        } else if let user = arguments.text("user") {
            connection.loop.askAll({ $0.close(allOf: user, end) + $0.endSockets(of: user) }) {
                slot.answer(.closed($0.reduce(0, +)))
            }
        } else if let text = arguments.text("socket") {
            guard let id = EngineID(text) else { throw .socketUnknown(text) }
            connection.loop.askAll({ $0.endSocket(id) }) { counts in
                let count = counts.reduce(0, +)
                slot.answer(count > 0 ? .closed(count) : APIError.socketUnknown(text).response)
            }
        }
        return nil
    }
}

/// How connections are closed by an operator's hand.
struct ClosingWords: Sendable {
    var code: CloseCode
    var reason: String
}

extension Response {
    fileprivate static func closed(_ count: Int) -> Response {
        .json(200, Array(#"{"closed":\#(count)}"#.utf8))
    }

    fileprivate static func connections(
        _ parts: [(count: Int, first: [ConnectionFacts])], limit: Int
    ) -> Response {
        let count = parts.reduce(0) { $0 + $1.count }
        let all = parts.flatMap(\.first).prefix(limit)
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("connections", each: all) { object, facts in
            object.member("id", facts.id)
            if facts.user.isEmpty { object.null("user") } else { object.member("user", facts.user) }
            object.member("transport", facts.transport)
            object.member("endpoint", facts.endpoint)
            object.member("peer", facts.peer)
            object.member("opened_at", facts.openedAt)
            object.member("subscriptions", Int64(facts.subscriptions))
            guard let sockets = facts.sockets else { return }
            object.member("sockets", each: sockets) { object, socket in
                object.member("socket", socket.id)
                object.member("namespace", socket.namespace)
                if socket.user.isEmpty { object.null("user") } else { object.member("user", socket.user) }
                object.member("subscriptions", Int64(socket.subscriptions))
            }
        }
        object.member("count", Int64(count))
        object.member("complete", count == all.count)
        object.end()
        return .json(200, body.array)
    }
}
