import Bytes
import EventLoop
import PubSub
import WebSocketWire

// At a topic's home: numbering, remembering, recovering. What is decided here is carried to other loops by mail.
extension LoopState {
    // MARK: Subscribers

    func join(_ request: JoinRequest) {
        let isReady = isReady(request.topic) {
            { loop, error in if let error { loop.refuse(request, error) } else { loop.join(request) } }
        }
        guard isReady else { return }
        let topic = request.topic
        // What was published before belongs to those who listened then.
        flushTopic(topic)
        var answer = JoinAnswer(
            topic: topic, lane: request.lane, position: StreamPosition(epoch: Epoch(0), offset: 0))
        lookBack(request, &answer)
        let joined =
            request.isSocket
            ? shard.joinEvents(topic, loop: request.loop, now: unixMilliseconds)
            : shard.join(topic, loop: request.loop, lane: request.lane, now: unixMilliseconds)
        guard let position = joined else {
            return refuse(request, .storeFailed("the topic is being read", isUnknown: false))
        }
        answer.position = position
        enter(request, &answer)
        if !request.isSocket, request.loop == index {
            // At home here itself, as nearly always where there is one loop.
            add(request.connection, answer, id: request.id)
        } else {
            self.answer(request.asker, .joined(answer))
        }
    }

    private func refuse(_ request: JoinRequest, _ error: SockeyeError) {
        answer(request.asker, .notJoined(error))
    }

    /// Finds what the subscriber missed, or the last messages it asked for.
    private func lookBack(_ request: JoinRequest, _ answer: inout JoinAnswer) {
        let limit = shared.limits.recoveryLimit
        if let since = request.wish.since {
            switch shard.recover(request.topic, since: since, limit: limit, now: unixMilliseconds) {
            case .recovered(let slice, _):
                answer.recovery = .recovered
                answer.past =
                    request.isSocket
                    ? records(of: slice, epoch: since.epoch) : frames(of: slice, request.topic)
            case .refused(let reason, _): answer.recovery = .refused(reason)
            case .loading: break
            }
        } else if request.wish.history > 0, let top = shard.position(of: request.topic) {
            let count = min(UInt64(min(request.wish.history, limit)), top.offset)
            let since = StreamPosition(epoch: top.epoch, offset: top.offset &- count)
            if case .page(let page) = shard.history(
                request.topic, since: since, limit: Int(count), now: unixMilliseconds)
            {
                answer.past = frames(of: page.entries, request.topic)
            }
        }
    }

    /// Messages of the past as whole frames, uncompressed, which every reader reads.
    private func frames(of slice: HistorySlice, _ topic: String) -> [UInt8] {
        guard slice.count > 0 else { return [] }
        let (frames, message, prefix) = (buffers.take(), buffers.take(), ByteBuffer())
        SockeyeEncoder.appendMessagePrefix(topic: topic, to: prefix)
        slice.forEach { entry in
            SockeyeEncoder.appendMessage(
                prefix: prefix.bytes, offset: entry.offset, data: entry.data, to: message)
            FrameWriter.append(.text, payload: message.bytes, to: frames)
            message.removeAll(keepingCapacity: Self.keptCapacity)
        }
        defer {
            buffers.give(frames)
            buffers.give(message)
        }
        return frames.array
    }

    func left(_ topic: String, lane: Hub.Lane, loop: Int, _ leaver: Leaver?) {
        shard.leave(topic, loop: loop, lane: lane, now: unixMilliseconds)
        if let leaver { exit(topic, leaver) }
    }

    // MARK: Messages

    /// A message from another loop.
    func publishHere(_ request: PublishRequest) {
        let now = request.data.withUnsafeBytes {
            publishHere(request.topic, $0, key: request.key, marks: request.marks) { request.asker }
        }
        if let now { answer(request.asker, now) }
    }

    /// Numbers a message and hands it to everybody; what the topic must store first, it stores.
    ///
    /// - Returns: the answer; nil when it comes later.
    func publishHere(
        _ topic: String, _ data: UnsafeRawBufferPointer, key: [UInt8]?, marks: EventMarks? = nil,
        asker: () -> Asker?
    ) -> TopicAnswer? {
        if marks?.isVolatile == true { return pass(topic, data, marks, asker: asker) }
        let note = marks?.note ?? []
        let outcome = note.withUnsafeBytes { note in
            if let key {
                key.withUnsafeBytes {
                    shard.publish(topic, data: data, note: note, key: $0, now: unixMilliseconds)
                }
            } else {
                shard.publish(topic, data: data, note: note, now: unixMilliseconds)
            }
        }
        switch outcome {
        case .published(let publication):
            deliver(topic, publication, data, marks)
            return .published(topic: topic, publication.position, isDuplicate: false)
        case .duplicate(let offset, isCommitted: true):
            return duplicate(topic, offset)
        case .duplicate(let offset, isCommitted: false):
            durables.await(topic, offset, asker(), isDuplicate: true)
            return nil
        case .refused(let reason):
            return .failed(.keyRefused(reason))
        case .persist(let position, let attempt):
            durables.await(topic, position.offset, asker(), isDuplicate: false)
            persist(topic, position, attempt: attempt, [UInt8](data), note: note, key: key)
            return nil
        case .loading:
            publishWhenRead(
                PublishRequest(topic: topic, data: [UInt8](data), key: key, marks: marks, asker: asker()))
            return nil
        }
    }

    private func publishWhenRead(_ request: PublishRequest) {
        let isReady = isReady(request.topic) {
            { loop, error in
                guard let error else { return loop.publishHere(request) }
                loop.answer(request.asker, .failed(error))
            }
        }
        if isReady { publishHere(request) }
    }

    /// Hands a volatile message to whoever can take it now: it is not numbered, and kept nowhere.
    private func pass(
        _ topic: String, _ data: UnsafeRawBufferPointer, _ marks: EventMarks?, asker: () -> Asker?
    ) -> TopicAnswer? {
        guard let publication = shard.pass(topic, now: unixMilliseconds) else {
            publishWhenRead(
                PublishRequest(topic: topic, data: [UInt8](data), marks: marks, asker: asker()))
            return nil
        }
        deliver(topic, publication, data, marks)
        return .passed(topic: topic)
    }

    private func duplicate(_ topic: String, _ offset: UInt64) -> TopicAnswer {
        let epoch = shard.position(of: topic)?.epoch ?? Epoch(0)
        return .published(topic: topic, StreamPosition(epoch: epoch, offset: offset), isDuplicate: true)
    }

    /// Encodes a message once for every lane that has a taker; it leaves when the turn ends.
    func deliver(
        _ topic: String, _ publication: Publication, _ data: UnsafeRawBufferPointer,
        _ marks: EventMarks? = nil
    ) {
        metrics.published &+= 1
        if publication.events {
            publications.batch(for: topic).addEvent(.message, publication.position, data, marks)
        }
        guard publication.plain || publication.deflated else { return }
        let batch = publications.batch(for: topic)
        if marks?.isVolatile == true {
            SockeyeEncoder.appendVolatileMessage(topic: topic, data: data, to: work)
        } else {
            if batch.prefix.isEmpty { SockeyeEncoder.appendMessagePrefix(topic: topic, to: batch.prefix) }
            SockeyeEncoder.appendMessage(
                prefix: batch.prefix.bytes, offset: publication.position.offset, data: data, to: work)
        }
        append(work.bytes, to: batch, publication)
        work.removeAll(keepingCapacity: Self.keptCapacity)
    }

    /// Adds one message to a batch, framed for every lane that has a taker.
    func append(_ message: UnsafeRawBufferPointer, to batch: Publications.Batch, _ publication: Publication) {
        if publication.plain {
            batch.add(1, .plain)
            FrameWriter.append(.text, payload: message, to: batch.plain)
        }
        if publication.deflated {
            batch.add(1, .deflated)
            // Without memory to compress there is still the message itself, which every taker reads as well.
            let isDone = MessageWriter.compressOnce(
                .text, message, policy: shared.broadcastPolicy, scratch: scratch, to: batch.deflated)
            if !isDone { FrameWriter.append(.text, payload: message, to: batch.deflated) }
        }
    }

    // MARK: The past

    func tellHistory(of topic: String, _ wish: HistoryWish, to asker: Asker) {
        let isReady = isReady(topic) {
            { loop, error in
                guard let error else { return loop.tellHistory(of: topic, wish, to: asker) }
                loop.answer(asker, .failed(error))
            }
        }
        guard isReady else { return }
        let limit = min(wish.limit, shared.limits.recoveryLimit)
        let body = ByteBuffer()
        switch shard.history(
            topic, since: wish.since, limit: limit, isReversed: wish.isReversed, now: unixMilliseconds)
        {
        case .page(let page): SockeyeEncoder.appendHistory(topic: topic, page, to: body)
        case .unknown: SockeyeEncoder.appendNoHistory(topic: topic, to: body)
        case .refused(let reason, _): return answer(asker, .failed(.positionUnknown(reason)))
        case .loading:
            return answer(asker, .failed(.storeFailed("the topic is being read", isUnknown: false)))
        }
        answer(asker, .page(body.array))
    }
}
