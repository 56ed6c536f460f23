import Bytes
import EventLoop
import PubSub
import SQLiteStore
import Synchronization

// Notifications to sockets: as the events `inbox` and `notification`, with what JSON sessions are told as their argument.
extension LoopState {
    /// A socket is connected: its user's notifications reach it from now on.
    func enrol(_ socket: EventSocket) {
        if windows == nil, shared.latestNotification.known > 0 { _ = beginNotifying() }
        guard let windows else { return }
        enrol(socket, in: windows)
        if windows.sockets.subscriptionCount(of: socket.slot) > 0 { pushInbox(to: socket, windows) }
    }

    func enrol(_ socket: EventSocket, in windows: Windows) {
        guard socket.session.isAuthenticated, socket.client?.endpoint.space?.notifies == true else { return }
        _ = windows.sockets.subscribe(socket.slot, to: socket.session.user, lane: .plain)
    }

    /// A socket is over.
    func forgetWindow(_ socket: EventSocket) {
        windows?.removeSocket(socket.slot, socket.windowName)
    }

    /// Reads what a user has not read, and tells it to one socket.
    ///
    /// - Parameter evenEmpty: whether to tell that there is nothing.
    func pushInbox(to socket: EventSocket, _ windows: Windows, evenEmpty: Bool = false) {
        let (token, name) = (socket.token, socket.windowName)
        guard windows.beginInbox(name) else { return }
        let wish = InboxWish(limit: Self.inboxLimit, unreadOnly: true)
        readInbox(of: socket.session.user, wish) { loop, result in
            guard let windows = loop.windows, let socket = loop.events.sockets[token] else { return }
            windows.endInbox(name, upTo: (try? result.get())?.notifications.first?.id ?? 0)
            switch result {
            case .success(let page):
                guard evenEmpty || !page.notifications.isEmpty else { return }
                let text = loop.buffers.take()
                SockeyeEncoder.appendInbox(page, id: UnsafeRawBufferPointer(start: nil, count: 0), to: text)
                loop.emit("inbox", text.bytes, to: socket)
                loop.buffers.give(text)
            case .failure(let error): loop.inboxFailed(error)
            }
        }
    }
}

extension EventSocket {
    /// Its name among windows, where the tokens of connections are names too.
    var windowName: UInt64 { token | 1 << 63 }
}
