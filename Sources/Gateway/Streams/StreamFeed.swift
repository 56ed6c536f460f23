import EventLoop
import Outgoing
import Synchronization

/// What the outgoing thread has to say of an answer.
enum StreamNews: Sendable {
    case pieces([Piece], bytes: Int)
    case end(StreamEnd, why: (code: String, words: String)?)
}

/// Where an answer comes in: takes it apart on the outgoing thread, and hands the pieces to the stream's home loop.
///
/// The lock is held for as long as a piece of the network's bytes is taken apart, by the outgoing thread; the loop only counts
/// under it. Whoever of the two finds that there is too much on the way holds the transfer, and the loop lets it go.
final class StreamFeed: Sendable {
    private struct State {
        var decoder: PieceDecoder?
        var transfer: TransferID?
        /// Bytes handed to the loop and not yet taken by it.
        var pending = 0
        /// Readers are so slow that nothing more is wanted.
        var isBlocked = false
        var isHeld = false
        var isOver = false
    }

    private let state = Mutex(State())
    private let http: OutgoingHTTP
    private let plan: CallPlan
    private let pieceLimit: Int
    private let post: @Sendable (StreamNews) -> Void

    init(
        _ plan: CallPlan, over http: OutgoingHTTP, pieceLimit: Int,
        post: @escaping @Sendable (StreamNews) -> Void
    ) {
        self.plan = plan
        self.http = http
        self.pieceLimit = pieceLimit
        self.post = post
    }

    /// Sends the request; an error is posted like any that comes later.
    func start(_ body: [UInt8], unixSeconds: Int64) {
        do throws(OutgoingError) {
            let id = try http.stream(plan.request(body, unixSeconds: unixSeconds)) { [self] id, event in
                take(id, event)
            }
            state.withLock { $0.transfer = id }
        } catch {
            end(.failed(StreamFailure(error)), (error.code, error.description))
        }
    }

    /// Closes the connection to the backend; nothing is posted from here on.
    func cancel() {
        let transfer = state.withLock { state -> TransferID? in
            if state.isOver { return nil }
            state.isOver = true
            return state.transfer
        }
        if let transfer { http.cancel(transfer) }
    }

    /// The loop has taken pieces; whether its readers want more.
    func taken(_ bytes: Int, isBlocked: Bool) {
        let transfer = state.withLock { state -> TransferID? in
            state.pending -= bytes
            state.isBlocked = isBlocked
            guard state.isHeld, !isBlocked, state.pending <= Self.lowMark else { return nil }
            state.isHeld = false
            return state.transfer
        }
        if let transfer { http.resume(transfer) }
    }

    // MARK: On the outgoing thread

    private func take(_ id: TransferID, _ event: StreamEvent) -> StreamFlow {
        switch event {
        case .head(let head):
            guard head.isSuccess else {
                let error = OutgoingError.status(head.status, host: "the backend")
                end(.failed(StreamFailure(error)), (error.code, "the backend answered \(head.status)"))
                http.cancel(id)
                return .hold
            }
            state.withLock {
                $0.transfer = id
                $0.decoder = plan.decoder(for: head, pieceLimit: pieceLimit)
            }
            return .more
        case .bytes(let bytes): return take(bytes, id)
        case .end:
            decode(bytes: 0) { (decoder, pieces) throws(PieceError) in try decoder.finish(&pieces) }
            end(.done, nil)
            return .more
        case .failed(let error):
            end(.failed(StreamFailure(error)), (error.code, error.description))
            return .more
        }
    }

    private func take(_ bytes: [UInt8], _ id: TransferID) -> StreamFlow {
        let isDone = decode(bytes: bytes.count) { (decoder, pieces) throws(PieceError) in
            try decoder.take(bytes, &pieces)
        }
        if isDone { end(.done, nil) }
        return state.withLock { state in
            if state.isOver {
                http.cancel(id)
                return .hold
            }
            guard state.isBlocked || state.pending >= Self.highMark else { return .more }
            state.isHeld = true
            return .hold
        }
    }

    /// Takes bytes apart and posts what they make; returns whether the answer says that it is complete.
    @discardableResult
    private func decode(
        bytes: Int, _ body: (inout PieceDecoder, inout [Piece]) throws(PieceError) -> Void
    ) -> Bool {
        var pieces: [Piece] = []
        let (fault, isDone) = state.withLock { state -> (PieceError?, Bool) in
            guard !state.isOver, var decoder = state.decoder.take() else { return (nil, false) }
            defer { state.decoder = decoder }
            var fault: PieceError?
            do throws(PieceError) { try body(&decoder, &pieces) } catch { fault = error }
            if !pieces.isEmpty { state.pending += bytes }
            return (fault, decoder.isDone)
        }
        if !pieces.isEmpty { post(.pieces(pieces, bytes: bytes)) }
        if let fault { end(.failed(failure(fault)), (fault.code, fault.description)) }
        return isDone
    }

    private func failure(_ fault: PieceError) -> StreamFailure {
        switch fault {
        case .invalidUTF8, .json: .backendFailed
        case .lineTooLong(let limit), .pieceTooLarge(let limit): .tooLong(limit: limit)
        }
    }

    /// The one end.
    private func end(_ end: StreamEnd, _ why: (code: String, words: String)?) {
        let isFirst = state.withLock { state in
            defer { state.isOver = true }
            return !state.isOver
        }
        if isFirst { post(.end(end, why: why)) }
    }

    /// Bytes on the way to the loop at most, but for the network's last 16 KiB, and those at which more is wanted.
    private static let (highMark, lowMark) = (128 << 10, 64 << 10)
}
