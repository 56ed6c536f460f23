import Bytes
import JSON

/// Takes a streamed answer apart as it arrives, in pieces of any size.
///
/// Sans-IO.
///
/// | form | pieces |
/// |---|---|
/// | events | one for each event: its data as JSON when that is an object or an array, else as text; see ``PieceDeltas`` |
/// | lines | one for each line that is not blank, JSON |
/// | document | one at the end, JSON |
/// | text | text, for what has arrived, never within a character |
/// | base64 | Base64, for what has arrived, in threes of bytes |
///
/// Where the network cuts the bytes does not matter: events, lines and documents give the same pieces, text and bytes the same
/// pieces joined. After an error the decoder
/// takes nothing and gives nothing.
public struct PieceDecoder: Sendable {
    /// What is taken apart.
    public let form: PieceForm

    private var state: State

    private enum State: Sendable {
        case base64(BytePieces)
        case document(DocumentPieces)
        case events(EventPieces)
        case lines(LinePieces)
        /// After an error, or the end: takes nothing, gives nothing.
        case spent
        case text(TextPieces)
    }

    /// A decoder at the start of an answer.
    ///
    /// - Parameter deltas: whether the text of AI answers is taken out of their events.
    public init(_ form: PieceForm, deltas: PieceDeltas = .extracted, limits: PieceLimits = PieceLimits()) {
        self.form = form
        state =
            switch form {
            case .base64: .base64(BytePieces())
            case .document: .document(DocumentPieces(limit: limits.piece))
            case .events: .events(EventPieces(deltas, limits))
            case .lines: .lines(LinePieces(limits))
            case .text: .text(TextPieces())
            }
    }

    /// Whether the answer has said that it is complete (`data: [DONE]`); what follows is not looked at.
    public private(set) var isDone = false

    /// The delay before a new attempt that an event stream asked for with `retry`, in milliseconds.
    public private(set) var retryMilliseconds: Int64?

    /// Takes the next bytes, and adds the pieces they complete; those before an error as well.
    public mutating func take(_ bytes: [UInt8], _ pieces: inout [Piece]) throws(PieceError) {
        // One owner at a time: otherwise what has been collected would be copied at every call.
        let now = state
        state = .spent
        switch consume now {
        case .base64(var inner):
            inner.take(bytes, &pieces)
            state = .base64(inner)
        case .document(var inner):
            try inner.take(bytes)
            state = .document(inner)
        case .events(var inner):
            defer { (isDone, retryMilliseconds) = (inner.isDone, inner.retryMilliseconds) }
            try inner.take(bytes, &pieces)
            state = .events(inner)
        case .lines(var inner):
            try inner.take(bytes, &pieces)
            state = .lines(inner)
        case .text(var inner):
            try inner.take(bytes, &pieces)
            state = .text(inner)
        case .spent: break
        }
    }

    /// The answer is complete: adds what is left.
    ///
    /// An event without its blank line is dropped, as HTML §9.2.6 says.
    public mutating func finish(_ pieces: inout [Piece]) throws(PieceError) {
        let now = state
        state = .spent
        switch consume now {
        case .base64(var inner): inner.finish(&pieces)
        case .document(let inner): try inner.finish(&pieces)
        case .events(let inner): try inner.finish()
        case .lines(var inner): try inner.finish(&pieces)
        case .text(let inner): try inner.finish()
        case .spent: break
        }
    }
}

/// What becomes of the events of AI services.
public enum PieceDeltas: Equatable, Sendable {
    /// The text of a delta is a text piece: `choices[0].delta.content` of chat completions, `choices[0].text` of completions,
    /// `delta` of `response.output_text.delta`.
    ///
    /// Events of theirs without text (roles, tool calls, usage, errors) stay JSON, so that nothing is lost; `[DONE]` gives no piece.
    case extracted
    /// Every event as it is; `[DONE]` gives no piece either.
    case untouched
}

/// What several forms make of bytes.
enum PieceValue {
    static func string(_ utf8: UnsafeRawBufferPointer) -> [UInt8] {
        let buffer = ByteBuffer(capacity: utf8.count + 16)
        JSONWriter.append(string: utf8, to: buffer)
        return buffer.array
    }

    static func string(_ utf8: [UInt8]) -> [UInt8] { utf8.withUnsafeBytes { string($0) } }

    /// One JSON value without the white space around it.
    static func json(_ utf8: [UInt8]) -> Result<[UInt8], JSONError> {
        utf8.withUnsafeBytes { bytes in
            do throws(JSONError) {
                var scanner = try JSONScanner(
                    bytes, depthLimit: JSONScanner.greatestDepth, isValidUTF8: true)
                let value = try scanner.skipValue()
                try scanner.finish()
                return .success([UInt8](value))
            } catch {
                return .failure(error)
            }
        }
    }
}
