import Bytes
import EventLoop
import SQLiteStore
import Transport

// What one window is told of its user's inbox.
extension Connection {
    /// Sends a message nobody asked for.
    ///
    /// Who reads more slowly than he is notified has the budget of all slow readers.
    func push(_ message: UnsafeRawBufferPointer) {
        say { $0.append(message) }
        if phase == .open, socket.queuedBytes > loop.shared.limits.outboundHigh { close(.slowReader) }
    }

    /// Answers `inbox`.
    func tellInbox(_ wish: InboxWish, id: [UInt8]) {
        let token = token
        loop.readInbox(of: session.user, wish) { loop, result in
            guard let connection = loop.connections[token] else { return }
            switch result {
            case .success(let page):
                connection.say { buffer in
                    id.withUnsafeBytes { SockeyeEncoder.appendInbox(page, id: $0, to: buffer) }
                }
            case .failure(let error): connection.failed(error, id: id)
            }
        }
    }

    /// Tells what was marked read: to who asked with his id, to others without.
    func marked(_ selection: NotificationSelection, _ marked: NotificationsRead, id: [UInt8]) {
        say { buffer in
            id.withUnsafeBytes { SockeyeEncoder.appendMarkedRead(selection, marked, id: $0, to: buffer) }
        }
    }

    func failed(_ error: StoreError, id: [UInt8]) {
        id.withUnsafeBytes { refuse(.inboxFailed("\(error)"), id: $0) }
    }
}
