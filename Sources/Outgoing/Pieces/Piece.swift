public import JSON

/// A piece of a streamed answer, ready to be put into a message as a JSON value.
public struct Piece: Equatable, Sendable {
    /// What the value is.
    public enum Kind: String, Equatable, Sendable {
        /// A JSON string with Base64 (RFC 4648 §4); the strings of all pieces joined are the Base64 of the whole.
        case base64
        /// A JSON value as it was sent.
        case json
        /// A JSON string; the strings of all pieces joined are the text.
        case text
    }

    /// What `value` is.
    public let kind: Kind
    /// One JSON value in UTF-8.
    public let value: [UInt8]
    /// The type of the server-sent event it came in; nil: none was named, or it came in another form.
    public let event: String?
    /// The last event id when it came (HTML §9.2); nil: there was none.
    public let id: String?

    /// A piece from its parts.
    public init(_ kind: Kind, _ value: [UInt8], event: String? = nil, id: String? = nil) {
        self.kind = kind
        self.value = value
        self.event = event
        self.id = id
    }
}

/// How much of an answer may have to be kept before a piece is whole.
public struct PieceLimits: Sendable, Equatable {
    /// The longest line, in bytes without its end; default 1 MiB.
    public var line = 1 << 20
    /// The longest event, or document that is one piece, in bytes; default 1 MiB.
    ///
    /// The last event of OpenAI's Responses repeats the whole answer.
    public var piece = 1 << 20

    /// The defaults.
    public init() {}
}

/// Why an answer cannot be taken apart; always the other side's fault.
public enum PieceError: Error, Equatable, Sendable {
    /// Not UTF-8, or cut off within a character.
    case invalidUTF8
    /// A line, or a document, that should be JSON is not; lines count from 1.
    case json(JSONError, line: Int)
    /// A line does not end.
    case lineTooLong(limit: Int)
    /// An event or a document is larger than allowed.
    case pieceTooLarge(limit: Int)
}

extension PieceError: CustomStringConvertible {
    /// A stable code.
    public var code: String {
        switch self {
        case .invalidUTF8: "OUT-PIECE-UTF8"
        case .json: "OUT-PIECE-JSON"
        case .lineTooLong: "OUT-PIECE-LINE"
        case .pieceTooLarge: "OUT-PIECE-SIZE"
        }
    }

    /// What is wrong, in one line.
    public var description: String {
        switch self {
        case .invalidUTF8: "the streamed answer is not UTF-8"
        case .json(let error, let line): "line \(line) of the streamed answer is not JSON: \(error)"
        case .lineTooLong(let limit): "a line of the streamed answer is longer than \(limit) bytes"
        case .pieceTooLarge(let limit): "a piece of the streamed answer is larger than \(limit) bytes"
        }
    }

    /// What to do about it.
    public var remedy: String {
        switch self {
        case .invalidUTF8: "encode the answer as UTF-8, or give its Content-Type as application/octet-stream"
        case .json: "send one JSON value per line, or plain text with Content-Type text/plain"
        case .lineTooLong, .pieceTooLarge: "send smaller pieces, or raise the limit"
        }
    }
}
