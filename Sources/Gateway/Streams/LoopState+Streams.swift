import Bytes
import EventLoop
import JSON
import Outgoing
import PubSub
import Telemetry

/// A call on its way to the loop where its answer will be at home.
struct CallRequest: Sendable {
    let plan: CallPlan
    let user: String
    /// Of the caller's token, as JSON; nil where the backend is not told.
    let claims: String?
    let data: [UInt8]
    let viewer: AnswerStream.ViewerID
    /// The client's.
    let id: [UInt8]
}

// Answers of backends, at their home loop. All answers of one user have the same home, so that his limits need no lock;
// the name of a stream tells it to the other loops.
extension LoopState {
    // MARK: Commands, from the caller's loop

    func call(_ request: CallRequest) {
        let home = home(of: "user:" + request.user)
        if home == index { begin(request) } else { peers[home].post(.perform { $0.begin(request) }) }
    }

    /// Asks a stream's home; false when the name names none.
    func atHome(ofStream name: String, _ body: @escaping @Sendable (LoopState) -> Void) -> Bool {
        guard name.utf8.count <= Self.longestStreamName,
            let home = name.split(separator: "-").first.flatMap({ Int($0) }), peers.indices.contains(home)
        else { return false }
        if home == index { body(self) } else { peers[home].post(.perform(body)) }
        return true
    }

    // MARK: At home

    private func begin(_ request: CallRequest) {
        let (plan, viewer) = (request.plan, request.viewer)
        func refuse(_ error: SockeyeError) {
            metrics.calls["refused", default: 0] &+= 1
            answer(.connection(loop: viewer.loop, token: viewer.connection, id: request.id), .failed(error))
        }
        guard let outgoing = shared.outgoing, !isDraining else { return refuse(.goingAway) }
        guard streams.openCount(plan, request.user) < plan.concurrent else {
            return refuse(.tooManyCalls(plan.name, limit: plan.concurrent))
        }
        let name = "\(index)-\(Webhook.makeID())"
        let mailbox = peers[index]
        let feed = StreamFeed(plan, over: outgoing, pieceLimit: min(plan.limit, shared.limits.pieceLimit)) {
            news in
            mailbox.post(.perform { $0.take(news, for: name) })
        }
        let stream = AnswerStream(
            id: name, user: request.user, plan: plan, feed: feed, patience: shared.limits.outboundHigh)
        streams.insert(stream)
        show(stream, to: viewer, from: 0) {
            SockeyeEncoder.appendStreamOpen(name, call: plan.name, offset: nil, id: $0, to: $1)
        } id: {
            request.id
        }
        feed.start(SockeyeEncoder.callBody(request, stream: name), unixSeconds: unixTime)
    }

    /// Gives a connection of its user what it has not seen of a stream, and what comes.
    func resume(
        _ name: String, since offset: Int, for user: String, _ viewer: AnswerStream.ViewerID, id: [UInt8]
    ) {
        func refuse(_ error: SockeyeError) {
            answer(.connection(loop: viewer.loop, token: viewer.connection, id: id), .failed(error))
        }
        guard let stream = stream(name, of: user) else { return refuse(.unknownStream) }
        guard offset <= stream.offset else { return refuse(.streamPosition(offset, last: stream.offset)) }
        show(stream, to: viewer, from: offset) {
            SockeyeEncoder.appendStreamOpen(
                name, call: stream.plan.name, offset: stream.offset, id: $0, to: $1)
        } id: {
            id
        }
        settle(stream)
    }

    /// Ends a stream for its user.
    func cancel(_ name: String, for user: String, _ viewer: AnswerStream.ViewerID, id: [UInt8]) {
        let asker = Asker.connection(loop: viewer.loop, token: viewer.connection, id: id)
        guard let stream = stream(name, of: user) else { return answer(asker, .failed(.unknownStream)) }
        let isAnswered = stream.answerAtEnd(viewer, id: id)
        stream.feed.cancel()
        finish(stream, .cancelled)
        guard !isAnswered, let end = stream.end else { return }
        id.withUnsafeBytes {
            SockeyeEncoder.appendStreamEnd(end, stream: name, offset: stream.offset, id: $0, to: work)
        }
        let message = [UInt8](work.bytes)
        work.removeAll(keepingCapacity: Self.keptCapacity)
        answer(asker, .message(message))
    }

    /// What the backend said.
    func take(_ news: StreamNews, for name: String) {
        guard let stream = streams[name], stream.end == nil else { return }
        switch news {
        case .pieces(let pieces, let bytes):
            for piece in pieces {
                let isShort = piece.value.count <= shared.limits.pieceLimit
                if isShort, stream.add(piece, to: work) { continue }
                stream.feed.cancel()
                let limit = isShort ? stream.plan.limit : shared.limits.pieceLimit
                log(stream, "STREAM-TOO-LONG", "an answer, or a piece of it, has more than \(limit) bytes")
                return finish(stream, .failed(.tooLong(limit: limit)))
            }
            for viewer in stream.viewerIDs { pump(stream, viewer) }
            stream.feed.taken(bytes, isBlocked: stream.isBlocked)
        case .end(let end, let why):
            if let why { log(stream, why.code, why.words) }
            finish(stream, end)
        }
    }

    private func finish(_ stream: AnswerStream, _ end: StreamEnd) {
        guard stream.finish(end) else { return }
        metrics.calls[end.state, default: 0] &+= 1
        for viewer in stream.viewerIDs { pump(stream, viewer) }
        for gone in streams.ended(stream) { abandon(gone) }
        let (name, mailbox) = (stream.id, peers[index])
        shared.outgoing?.after(stream.plan.keep) { _ in mailbox.post(.perform { $0.forgetStream(name) }) }
    }

    private func forgetStream(_ name: String) {
        if let stream = streams.forget(name) { abandon(stream) }
    }

    /// Tells those who still read of a stream that is not kept any more.
    private func abandon(_ stream: AnswerStream) {
        for viewer in stream.viewerIDs {
            stream.remove(viewer)
            SockeyeEncoder.appendStreamEnd(
                .failed(.forgotten), stream: stream.id, offset: stream.offset,
                id: UnsafeRawBufferPointer(start: nil, count: 0), to: work)
            let frame = AnswerStream.frame(work)
            work.removeAll(keepingCapacity: Self.keptCapacity)
            send(.init(frames: frame, offset: stream.offset, isLast: true), of: stream, to: viewer)
        }
    }

    /// Nothing more is fetched; who reads is told by the loop he is on.
    func endStreams() {
        for stream in streams.open {
            stream.feed.cancel()
            for viewer in stream.viewerIDs { stream.remove(viewer) }
            finish(stream, .failed(.goingAway))
        }
    }

    private func stream(_ name: String, of user: String) -> AnswerStream? {
        guard let stream = streams[name], stream.user.utf8.elementsEqual(user.utf8) else { return nil }
        return stream
    }

    // MARK: Viewers, from home

    /// Adds a viewer, and begins with a message to it alone.
    private func show(
        _ stream: AnswerStream, to viewer: AnswerStream.ViewerID, from offset: Int,
        _ message: (UnsafeRawBufferPointer, ByteBuffer) -> Void, id: () -> [UInt8]
    ) {
        id().withUnsafeBytes { message($0, work) }
        let frame = AnswerStream.frame(work)
        work.removeAll(keepingCapacity: Self.keptCapacity)
        stream.admit(viewer, from: offset, isBusy: true)
        send(.init(frames: frame, offset: offset, isLast: false), of: stream, to: viewer)
        pump(stream, viewer)
    }

    /// Gives a viewer all it has room for.
    private func pump(_ stream: AnswerStream, _ viewer: AnswerStream.ViewerID) {
        while let batch = stream.next(for: viewer, work) {
            send(batch, of: stream, to: viewer)
        }
    }

    private func send(_ batch: AnswerStream.Batch, of stream: AnswerStream, to viewer: AnswerStream.ViewerID)
    {
        if viewer.loop == index {
            if show(batch, of: stream.id, to: viewer.connection) { stream.isReady(viewer) }
        } else {
            let (name, home) = (stream.id, index)
            peers[viewer.loop].post(
                .perform { other in
                    guard other.show(batch, of: name, to: viewer.connection) else { return }
                    other.peers[home].post(.perform { $0.hasRoom(viewer, for: name) })
                })
        }
    }

    /// A viewer can take more.
    func hasRoom(_ viewer: AnswerStream.ViewerID, for name: String) {
        guard let stream = streams[name] else { return }
        stream.isReady(viewer)
        pump(stream, viewer)
        settle(stream)
    }

    /// A viewer is gone; the stream goes on.
    func lost(_ viewer: AnswerStream.ViewerID, of name: String) {
        guard let stream = streams[name] else { return }
        stream.remove(viewer)
        settle(stream)
    }

    /// Whether the backend is to go on may have changed.
    private func settle(_ stream: AnswerStream) {
        if stream.end == nil { stream.feed.taken(0, isBlocked: stream.isBlocked) }
    }

    private func log(_ stream: AnswerStream, _ code: String, _ words: String) {
        logOften(
            LogLimit.Kind(level: .warning, event: "call-failed", code: code), words,
            ["call": "\(stream.plan.name)", "user": "\(stream.user)", "code": "\(code)"])
    }

    /// The number of a loop, a dash, 32 digits.
    private static let longestStreamName = 40
}
