import Bytes

/// Takes the body out of the bytes that follow a head (RFC 9112 §6, §7.1), strictly and within bounds.
///
/// Bytes of the body are handed on as they arrive, without a copy; trailers are checked and dropped, since
/// nothing here may depend on a field that comes after the body. A value of 40 bytes, no memory elsewhere.
public struct BodyReader: Sendable {
    private enum State: UInt8 {
        case complete, counted, untilClose
        case sizeStart, size, sizeExtension, sizeLineFeed, data, dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, endLineFeed
    }

    private var state: State
    private var digits: UInt8 = 0
    private let chunkLineLimit: UInt16
    /// Octets of extensions that all chunks together may still have.
    private var extensionBudget: UInt16
    /// Octets of the size line at hand.
    private var line: UInt32 = 0
    private var trailers: UInt32 = 0
    private let trailerLimit: UInt32
    /// What is left of the counted body or of the chunk at hand.
    private var remaining: UInt64 = 0
    /// What may still come before the limit.
    private var budget: UInt32
    private let limit: UInt32

    /// A reader for one body.
    ///
    /// - Throws: `bodyTooLarge` for a counted body over `limits.body`: before any byte of it, and before the client
    ///   is told to continue.
    public init(_ framing: BodyFraming, limits: HTTPLimits = HTTPLimits()) throws(HTTPError) {
        chunkLineLimit = limits.chunkLine16
        extensionBudget = 4_096
        trailerLimit = limits.trailers32
        limit = limits.body32
        budget = limits.body32
        switch framing {
        case .none, .length(0): state = .complete
        case .length(let length):
            guard length <= UInt64(limits.body32) else { throw .bodyTooLarge(limit: limits.body) }
            state = .counted
            remaining = length
        case .chunked: state = .sizeStart
        case .untilClose: state = .untilClose
        }
    }

    /// Whether the whole body was read; a body that lasts until the connection closes never is.
    public var isComplete: Bool { state == .complete }

    /// Reads what `input` holds of the body and hands its bytes to `data`; they are valid during the call alone.
    ///
    /// All of `input` is consumed unless the body ends within it: the rest is the next message.
    /// The order of bytes given to `data` is the body's; how they are cut follows `input`.
    ///
    /// - Throws: ``HTTPError``, after which the connection must be closed.
    public mutating func read(
        _ input: UnsafeRawBufferPointer, _ data: (UnsafeRawBufferPointer) -> Void
    ) throws(HTTPError) -> (consumed: Int, isComplete: Bool) {
        var index = 0
        while index < input.count, state != .complete {
            switch state {
            case .counted, .untilClose, .data:
                index &+= try readData(UnsafeRawBufferPointer(rebasing: input[index...]), data)
            default:
                try readFraming(input[index])
                index &+= 1
            }
        }
        return (index, state == .complete)
    }

    /// The peer closed: fine for a body that lasts until then.
    ///
    /// - Throws: `truncatedBody` when bytes are still due.
    public func end() throws(HTTPError) {
        guard state == .complete || state == .untilClose else { throw .truncatedBody }
    }

    private mutating func readData(
        _ input: UnsafeRawBufferPointer, _ data: (UnsafeRawBufferPointer) -> Void
    ) throws(HTTPError) -> Int {
        // Counted bodies and chunks were judged when their length was known; the third kind has none.
        var count = input.count
        if state != .untilClose, remaining < UInt64(count) { count = Int(truncatingIfNeeded: remaining) }
        if state == .untilClose {
            guard count <= Int(budget) else { throw .bodyTooLarge(limit: Int(limit)) }
            budget &-= UInt32(truncatingIfNeeded: count)
        } else {
            remaining &-= UInt64(count)
        }
        data(UnsafeRawBufferPointer(rebasing: input[..<count]))
        if remaining == 0 {
            if state == .counted { state = .complete }
            if state == .data { state = .dataReturn }
        }
        return count
    }

    private mutating func readFraming(_ octet: UInt8) throws(HTTPError) {
        switch state {
        case .sizeStart, .size, .sizeExtension, .sizeLineFeed: try readSizeLine(octet)
        case .dataReturn:
            guard octet == 0x0D else { throw .chunkNotTerminated }
            state = .dataLineFeed
        case .dataLineFeed:
            guard octet == 0x0A else { throw .chunkNotTerminated }
            state = .sizeStart
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .endLineFeed:
            try readTrailer(octet)
        case .complete, .counted, .untilClose, .data: break
        }
    }

    private mutating func readSizeLine(_ octet: UInt8) throws(HTTPError) {
        if state == .sizeStart {
            line = 0
            digits = 0
            remaining = 0
            state = .size
        }
        line &+= 1
        if line > UInt32(chunkLineLimit) { throw .chunkLineTooLong(limit: Int(chunkLineLimit)) }
        switch (state, octet) {
        case (.sizeLineFeed, 0x0A): try endSizeLine()
        case (.sizeLineFeed, _): throw .bareCarriageReturn
        case (_, 0x0D) where digits > 0: state = .sizeLineFeed
        // Taken for a line end by some and for an extension by others: the "funky chunks" attacks.
        case (_, 0x0A): throw .bareLineFeed
        case (.size, 0x3B) where digits > 0: state = .sizeExtension
        case (.size, _):
            guard let value = Octets.hexValue(octet), digits < 16 else { throw .invalidChunkSize }
            digits &+= 1
            remaining = remaining << 4 | UInt64(value)
        default:
            guard !Octets.isControl(octet) else { throw .invalidChunkExtension(octet: octet) }
            guard extensionBudget > 0 else { throw .chunkLineTooLong(limit: Int(chunkLineLimit)) }
            extensionBudget &-= 1
        }
    }

    private mutating func endSizeLine() throws(HTTPError) {
        if remaining == 0 {
            state = .trailerStart
            return
        }
        guard remaining <= UInt64(budget) else { throw .bodyTooLarge(limit: Int(limit)) }
        budget &-= UInt32(truncatingIfNeeded: remaining)
        state = .data
    }

    private mutating func readTrailer(_ octet: UInt8) throws(HTTPError) {
        switch (state, octet) {
        case (.trailerStart, 0x0D): state = .endLineFeed
        case (.endLineFeed, 0x0A): state = .complete
        case (.endLineFeed, _): throw .bareCarriageReturn
        default:
            guard trailers < trailerLimit else { throw .trailersTooLarge(limit: Int(trailerLimit)) }
            trailers &+= 1
            try readTrailerField(octet)
        }
    }

    private mutating func readTrailerField(_ octet: UInt8) throws(HTTPError) {
        switch state {
        case .trailerStart:
            guard Octets.isToken(octet) else { throw .malformedTrailer }
            state = .trailerName
        case .trailerName:
            if octet == 0x3A {
                state = .trailerValue
            } else if !Octets.isToken(octet) {
                throw .malformedTrailer
            }
        case .trailerValue:
            if octet == 0x0D {
                state = .trailerLineFeed
            } else if Octets.isControl(octet) {
                throw octet == 0x0A ? .bareLineFeed : .malformedTrailer
            }
        default:
            guard octet == 0x0A else { throw .bareCarriageReturn }
            state = .trailerStart
        }
    }
}
