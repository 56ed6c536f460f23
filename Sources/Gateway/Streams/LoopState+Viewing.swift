import Bytes
import EventLoop
import Transport

/// Which connections of a loop are reading which streams.
struct Viewings {
    private struct Viewing {
        var offset: Int
        /// Its home waits to hear that there is room.
        var owesRoom = false
    }

    private var viewings: [UInt64: [String: Viewing]] = [:]

    /// Whether nobody reads any: what most turns ask and no more.
    var isEmpty: Bool { viewings.isEmpty }

    mutating func note(_ stream: String, upTo offset: Int, of connection: UInt64) {
        viewings[connection, default: [:]][stream] = Viewing(offset: offset)
    }

    mutating func owe(_ stream: String, _ connection: UInt64) {
        viewings[connection]?[stream]?.owesRoom = true
    }

    mutating func remove(_ stream: String, of connection: UInt64) {
        viewings[connection]?[stream] = nil
        if viewings[connection]?.isEmpty == true { viewings[connection] = nil }
    }

    /// The streams whose homes wait to hear that a connection has room.
    mutating func takeOwed(_ connection: UInt64) -> [String] {
        guard let streams = viewings[connection] else { return [] }
        let owed = streams.filter(\.value.owesRoom).map(\.key)
        for stream in owed { viewings[connection]?[stream]?.owesRoom = false }
        return owed
    }

    /// All that a connection reads, which it does no more.
    mutating func removeAll(of connection: UInt64) -> [String] {
        viewings.removeValue(forKey: connection).map { Array($0.keys) } ?? []
    }

    /// Everything, with how far it was read.
    mutating func takeAll() -> [(connection: UInt64, stream: String, offset: Int)] {
        defer { viewings = [:] }
        return viewings.flatMap { connection, streams in
            streams.map { (connection, $0, $1.offset) }
        }
    }
}

// Streams where they are read: from the home's batches to the socket, and back that there is room.
extension LoopState {
    /// Sends a batch to a connection of this loop.
    ///
    /// - Returns: whether it has room for more; if not, its home hears of it later.
    func show(_ batch: AnswerStream.Batch, of name: String, to token: UInt64) -> Bool {
        guard !isDraining, let connection = connections[token], connection.phase == .open else {
            leave(name, token)
            return false
        }
        if batch.isLast {
            viewings.remove(name, of: token)
        } else {
            viewings.note(name, upTo: batch.offset, of: token)
        }
        // Earlier output of the turn goes first, or the order would be lost.
        if connection.isReading { connection.flushReplyNow() } else { sendParts(of: connection.slot) }
        batch.frames.withUnsafeBytes { connection.emit($0) }
        guard connection.phase == .open, !batch.isLast else { return false }
        if connection.socket.queuedBytes <= shared.limits.viewerMark { return true }
        viewings.owe(name, token)
        return false
    }

    /// A connection's socket has taken what waited.
    func viewerHasRoom(_ connection: Connection) {
        guard connection.phase == .open, connection.socket.queuedBytes <= shared.limits.viewerMark else {
            return
        }
        let viewer = AnswerStream.ViewerID(loop: index, connection: connection.token)
        for name in viewings.takeOwed(connection.token) {
            _ = atHome(ofStream: name) { $0.hasRoom(viewer, for: name) }
        }
    }

    /// A connection reads nothing any more.
    func stopViewing(_ token: UInt64) {
        for name in viewings.removeAll(of: token) { leave(name, token) }
    }

    /// The server is going away: whoever reads a stream is told that it ends here.
    func endViewings() {
        for (token, name, offset) in viewings.takeAll() {
            leave(name, token)
            guard let connection = connections[token], connection.phase == .open else { continue }
            SockeyeEncoder.appendStreamEnd(
                .failed(.goingAway), stream: name, offset: offset,
                id: UnsafeRawBufferPointer(start: nil, count: 0), to: work)
            let frame = AnswerStream.frame(work)
            work.removeAll(keepingCapacity: Self.keptCapacity)
            sendParts(of: connection.slot)
            frame.withUnsafeBytes { connection.emit($0) }
        }
    }

    private func leave(_ name: String, _ token: UInt64) {
        let viewer = AnswerStream.ViewerID(loop: index, connection: token)
        _ = atHome(ofStream: name) { $0.lost(viewer, of: name) }
    }
}
