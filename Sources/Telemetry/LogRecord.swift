/// One thing that happened, before it becomes a line.
public struct LogRecord: Sendable, Equatable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public var time: Int64
    /// How much it matters.
    public var level: LogLevel
    /// Its stable name, in lower case with dashes: `handshake-refused`.
    ///
    /// People search for it, so it never changes.
    public var event: String
    /// The same in words; may be empty where the name says all.
    public var message: String
    /// What belongs to it, in the order it is written.
    public var fields: LogFields

    /// About how many bytes it takes as a line; for bounds on what waits.
    public var weight: Int {
        var bytes = 64 &+ event.utf8.count &+ message.utf8.count
        for (name, value) in fields.pairs {
            bytes &+= name.utf8.count &+ 8
            if case .text(let text) = value { bytes &+= text.utf8.count }
        }
        return bytes
    }

    /// A record; nothing is masked yet, that is for the line.
    public init(time: Int64, level: LogLevel, event: String, message: String = "", fields: LogFields = [:]) {
        self.time = time
        self.level = level
        self.event = event
        self.message = message
        self.fields = fields
    }
}

/// The named values of a record, in order: `["address": "127.0.0.1:8000", "connections": 3]`.
public struct LogFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// Names and values.
    public var pairs: [(name: String, value: LogValue)]

    /// The pairs as they are written; a name that comes twice stays twice.
    public init(dictionaryLiteral elements: (String, LogValue)...) {
        pairs = elements.map { (name: $0.0, value: $0.1) }
    }

    /// Appends a value.
    public mutating func append(_ name: String, _ value: LogValue) { pairs.append((name, value)) }

    /// Compares names, values and their order.
    public static func == (left: LogFields, right: LogFields) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0.name == $1.name && $0.value == $1.value }
    }
}

/// A value of a record.
public enum LogValue: Sendable, Equatable {
    /// `true` or `false`.
    case flag(Bool)
    /// A whole number; its unit belongs into the name: `bytes`, `idle_ms`.
    case number(Int64)
    /// Anything else; masked and escaped when it is written.
    case text(String)

    /// Any whole number; one too large for 64 bits with a sign is cut.
    public static func count(_ number: some BinaryInteger) -> LogValue { .number(Int64(clamping: number)) }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A number.
    public init(integerLiteral value: Int64) { self = .number(value) }
    /// A flag.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
}
