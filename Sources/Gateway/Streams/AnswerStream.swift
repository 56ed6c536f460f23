import Bytes
import JSON
import Outgoing
import WebSocketWire

/// One answer at its home loop: its pieces as the frames every viewer gets, and how far each viewer has got.
///
/// Frames are made once and lie side by side, so that a viewer's share is a stretch of bytes. A class that one loop owns.
final class AnswerStream {
    /// A connection of some loop.
    struct ViewerID: Hashable, Sendable {
        let loop: Int
        let connection: UInt64
    }

    /// How far a connection has got.
    private struct Viewer {
        /// The offset of the last piece it was given.
        var offset: Int
        /// It was given something and has not said yet that there is room for more.
        var isBusy = false
        /// The id of its `cancel`, for the message that ends the stream.
        var endID: [UInt8] = []
    }

    /// What a viewer gets next.
    struct Batch {
        /// Whole frames.
        let frames: [UInt8]
        /// The offset of the last piece in them.
        let offset: Int
        /// Nothing comes after them.
        let isLast: Bool
    }

    let id: String
    let user: String
    let plan: CallPlan
    let feed: StreamFeed
    private(set) var end: StreamEnd?

    /// ```
    /// frames: | frame of piece 1 | frame of piece 2 | …
    /// ends:                      ^                  ^
    /// ```
    private var frames: [UInt8] = []
    private var ends: [Int] = []
    private var viewers: [ViewerID: Viewer] = [:]
    /// The offset up to which somebody has been given pieces.
    private var seen = 0
    /// Bytes that may wait for a viewer to come, where there is none.
    private let patience: Int

    init(id: String, user: String, plan: CallPlan, feed: StreamFeed, patience: Int) {
        self.id = id
        self.user = user
        self.plan = plan
        self.feed = feed
        self.patience = patience
    }

    /// The offset of the last piece; 0 before the first.
    var offset: Int { ends.count }
    /// Bytes of all pieces.
    var byteCount: Int { frames.count }

    // MARK: What comes

    /// Adds a piece.
    ///
    /// - Returns: false when it would make the answer too long; it is not added then.
    func add(_ piece: Piece, to scratch: ByteBuffer) -> Bool {
        SockeyeEncoder.appendPiece(piece, stream: id, offset: offset + 1, to: scratch)
        defer { scratch.removeAll(keepingCapacity: LoopState.keptCapacity) }
        guard scratch.count + Self.longestFrameHeader <= plan.limit - frames.count else { return false }
        frames += Self.frame(scratch)
        ends.append(frames.count)
        return true
    }

    /// Ends the stream; false when it has ended before.
    func finish(_ end: StreamEnd) -> Bool {
        if self.end != nil { return false }
        self.end = end
        return true
    }

    /// Whether nobody wants more for now: every viewer has more to get than he takes at once, or, without any, more has
    /// come than is collected for whoever may come.
    var isBlocked: Bool {
        if viewers.isEmpty { return bytes(after: seen) > patience }
        return viewers.values.allSatisfy { bytes(after: $0.offset) > Self.batchSize }
    }

    // MARK: Viewers

    var viewerIDs: [ViewerID] { Array(viewers.keys) }

    /// A viewer that has the pieces up to `offset`; one that is known begins again there.
    func admit(_ viewer: ViewerID, from offset: Int, isBusy: Bool) {
        viewers[viewer] = Viewer(offset: offset, isBusy: isBusy || viewers[viewer]?.isBusy == true)
        seen = max(seen, offset)
    }

    func remove(_ viewer: ViewerID) {
        viewers[viewer] = nil
    }

    /// There is room for more.
    func isReady(_ viewer: ViewerID) {
        viewers[viewer]?.isBusy = false
    }

    /// The message that ends the stream answers this viewer's command; false when there is no such viewer.
    func answerAtEnd(_ viewer: ViewerID, id: [UInt8]) -> Bool {
        guard viewers[viewer] != nil else { return false }
        viewers[viewer]?.endID = id
        return true
    }

    /// What a viewer gets now, which is then on its way; nil when it has all, or no room.
    func next(for id: ViewerID, _ scratch: ByteBuffer) -> Batch? {
        guard var viewer = viewers[id], !viewer.isBusy else { return nil }
        let start = viewer.offset == 0 ? 0 : ends[viewer.offset - 1]
        var last = viewer.offset
        while last < offset, last == viewer.offset || ends[last] - start <= Self.batchSize { last += 1 }
        let isLast = last == offset && end != nil
        if last == viewer.offset && !isLast { return nil }
        var batch = last == viewer.offset ? [] : Array(frames[start..<ends[last - 1]])
        if isLast, let end {
            viewer.endID.withUnsafeBytes {
                SockeyeEncoder.appendStreamEnd(end, stream: self.id, offset: offset, id: $0, to: scratch)
            }
            batch += Self.frame(scratch)
            scratch.removeAll(keepingCapacity: LoopState.keptCapacity)
            viewers[id] = nil
        } else {
            (viewer.offset, viewer.isBusy) = (last, true)
            viewers[id] = viewer
        }
        seen = max(seen, last)
        return Batch(frames: batch, offset: last, isLast: isLast)
    }

    private func bytes(after offset: Int) -> Int {
        frames.count - (offset == 0 ? 0 : ends[offset - 1])
    }

    /// A message as an uncompressed frame, which every reader reads.
    static func frame(_ message: ByteBuffer) -> [UInt8] {
        let frame = ByteBuffer(capacity: message.count + Self.longestFrameHeader)
        FrameWriter.append(.text, payload: message.bytes, to: frame)
        return frame.array
    }

    /// RFC 6455 §5.2: two octets, eight for a length, no mask.
    private static let longestFrameHeader = 10
    /// Bytes that a viewer is given at once, if one piece is not more.
    private static let batchSize = 64 << 10
}
