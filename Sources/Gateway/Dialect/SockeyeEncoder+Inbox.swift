import Bytes
import SQLiteStore

// Notifications: the same members over a WebSocket and over HTTP. Times are seconds since 1970, as everywhere in names that
// end in `_at`.
extension SockeyeEncoder {
    /// A push: `{"type":"notification","id":N,"created_at":S,"data":…,"unread":N}`.
    static func appendNotification(
        _ notification: StoredNotification, unread: Int, to buffer: ByteBuffer
    ) {
        appendHead(#"{"type":"notification","#, to: buffer)
        appendMembers(of: notification, to: buffer)
        appendHead(#","unread":"#, to: buffer)
        buffer.append(decimal: Int64(unread))
        appendHead("}", to: buffer)
    }

    /// `{"type":"inbox","unread":N,"notifications":[…],"complete":…}`, newest first.
    static func appendInbox(_ page: InboxPage, id: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        appendHead(#"{"type":"inbox","#, to: buffer)
        appendMembers(of: page, to: buffer)
        appendEnd(id, to: buffer)
    }

    /// The members of an inbox, without braces.
    static func appendMembers(of page: InboxPage, to buffer: ByteBuffer) {
        appendHead(#""unread":"#, to: buffer)
        buffer.append(decimal: Int64(page.unread))
        appendHead(#","notifications":["#, to: buffer)
        for (index, notification) in page.notifications.enumerated() {
            appendHead(index == 0 ? "{" : ",{", to: buffer)
            appendMembers(of: notification, to: buffer)
            appendHead("}", to: buffer)
        }
        appendHead(page.isComplete ? #"],"complete":true"# : #"],"complete":false"#, to: buffer)
    }

    /// `{"type":"marked_read","ids":[…],"unread":N}`, or `up_to` where that was asked.
    static func appendMarkedRead(
        _ selection: NotificationSelection, _ marked: NotificationsRead, id: UnsafeRawBufferPointer,
        to buffer: ByteBuffer
    ) {
        appendHead(#"{"type":"marked_read","#, to: buffer)
        switch selection {
        case .upTo(let last):
            appendHead(#""up_to":"#, to: buffer)
            buffer.append(decimal: last)
        case .ids:
            appendHead(#""ids":["#, to: buffer)
            for (index, id) in marked.changed.enumerated() {
                if index > 0 { buffer.append(byte: UInt8(ascii: ",")) }
                buffer.append(decimal: id)
            }
            appendHead("]", to: buffer)
        }
        appendHead(#","unread":"#, to: buffer)
        buffer.append(decimal: Int64(marked.unread))
        appendEnd(id, to: buffer)
    }

    private static func appendMembers(of notification: StoredNotification, to buffer: ByteBuffer) {
        appendHead(#""id":"#, to: buffer)
        buffer.append(decimal: notification.id)
        appendHead(#","created_at":"#, to: buffer)
        buffer.append(decimal: notification.createdAt / 1000)
        if let end = notification.expiresAt {
            appendHead(#","expires_at":"#, to: buffer)
            buffer.append(decimal: end / 1000)
        }
        if let time = notification.readAt {
            appendHead(#","read_at":"#, to: buffer)
            buffer.append(decimal: time / 1000)
        }
        appendHead(#","data":"#, to: buffer)
        notification.data.withUnsafeBytes { buffer.append($0) }
    }
}
