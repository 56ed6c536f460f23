import Bytes

/// Where one field lies in the bytes of its head.
struct FieldSpan: Sendable, Equatable {
    var nameStart: UInt32
    var nameLength: UInt32
    var valueStart: UInt32
    /// Without the blanks around the value.
    var valueLength: UInt32
}

/// The fields of a message in the order they came, looked up in place (RFC 9110 §5).
///
/// Two arrays: the bytes of the head and 16 bytes per field. A lookup compares lengths, then octets without
/// regard to case; it allocates nothing but the String it returns. O(number of fields).
public struct Fields: Sendable, Equatable {
    let bytes: [UInt8]
    let spans: [FieldSpan]

    /// No fields.
    public init() {
        bytes = []
        spans = []
    }

    init(bytes: [UInt8], spans: [FieldSpan]) {
        self.bytes = bytes
        self.spans = spans
    }

    /// Fields by name and value, as they are: nothing is checked or trimmed.
    public init(_ pairs: [(String, String)]) {
        var bytes: [UInt8] = []
        var spans: [FieldSpan] = []
        for (name, value) in pairs {
            let nameStart = bytes.count
            bytes.append(contentsOf: name.utf8)
            let valueStart = bytes.count
            bytes.append(contentsOf: value.utf8)
            spans.append(
                FieldSpan(
                    nameStart: UInt32(truncatingIfNeeded: nameStart),
                    nameLength: UInt32(truncatingIfNeeded: valueStart - nameStart),
                    valueStart: UInt32(truncatingIfNeeded: valueStart),
                    valueLength: UInt32(truncatingIfNeeded: bytes.count - valueStart)))
        }
        self.init(bytes: bytes, spans: spans)
    }

    /// How many fields there are, repeated names counted each time.
    public var count: Int { spans.count }

    /// The value of the first field of that name; nil when there is none.
    ///
    /// Octets that are not UTF-8 are replaced.
    public subscript(name: String) -> String? {
        withName(name) { name in index(of: name, from: 0).map(value(at:)) }
    }

    /// The values of all fields of that name, in order.
    public func values(of name: String) -> [String] {
        withName(name) { name in
            var values: [String] = []
            var next = index(of: name, from: 0)
            while let found = next {
                values.append(value(at: found))
                next = index(of: name, from: found &+ 1)
            }
            return values
        }
    }

    /// Whether a field of that name came, even with an empty value.
    public func contains(_ name: String) -> Bool {
        withName(name) { index(of: $0, from: 0) != nil }
    }

    /// How many fields of that name came.
    public func count(of name: String) -> Int {
        withName(name) { count(of: $0) }
    }

    /// Whether the comma-separated lists of that name hold `token`, case ignored (RFC 9110 §5.6.1).
    public func hasToken(_ name: String, _ token: String) -> Bool {
        withName(name) { name in withName(token) { hasToken(name, $0) } }
    }

    /// The elements of the comma-separated lists of that name, trimmed, without the empty ones.
    ///
    /// A comma inside a quoted string does not separate.
    public func elements(of name: String) -> [String] {
        var elements: [String] = []
        withName(name) { name in
            forEachElement(of: name) { element in
                elements.append(String(decoding: element, as: UTF8.self))
                return true
            }
        }
        return elements
    }

    /// Hands the octets of the first value of that name to `body`; nil when there is none.
    ///
    /// Allocates nothing.
    public func withValue<Result>(of name: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        withName(name) { name in index(of: name, from: 0).map { withValue(at: $0, body) } }
    }
}

extension Fields: Sequence {
    /// Goes through the fields in order, as (name, value).
    public struct Iterator: IteratorProtocol {
        let fields: Fields
        var index = 0

        /// The next field; nil after the last.
        public mutating func next() -> (name: String, value: String)? {
            guard index < fields.spans.count else { return nil }
            defer { index &+= 1 }
            return (fields.name(at: index), fields.value(at: index))
        }
    }

    /// Goes through the fields from the first.
    public func makeIterator() -> Iterator { Iterator(fields: self) }
    /// How many fields there are.
    public var underestimatedCount: Int { spans.count }
}

/// The same by octets, for the room's own lookups.
extension Fields {
    func index(of name: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index < spans.count {
            if isField(index, name) { return index }
            index &+= 1
        }
        return nil
    }

    /// Whether the field at `index` has that name.
    @inline(__always)
    func isField(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let span = spans[index]
        guard Int(span.nameLength) == name.count else { return false }
        return bytes.withUnsafeBytes {
            let from = Int(span.nameStart)
            return Octets.equal(UnsafeRawBufferPointer(rebasing: $0[from..<from &+ name.count]), name)
        }
    }

    func count(of name: UnsafeRawBufferPointer) -> Int {
        var count = 0
        var next = index(of: name, from: 0)
        while let found = next {
            count &+= 1
            next = index(of: name, from: found &+ 1)
        }
        return count
    }

    func hasToken(_ name: UnsafeRawBufferPointer, _ token: UnsafeRawBufferPointer) -> Bool {
        var found = false
        forEachElement(of: name) { element in
            found = Octets.equal(element, token)
            return !found
        }
        return found
    }

    /// Calls `body` with each element of the lists of that name until it returns false.
    func forEachElement(of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Bool) {
        var next = index(of: name, from: 0)
        while let found = next {
            guard forEachElement(at: found, body) else { return }
            next = index(of: name, from: found &+ 1)
        }
    }

    /// The same for one field; false when `body` had enough.
    @discardableResult
    func forEachElement(at index: Int, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        withValue(at: index) { value in
            var start = 0
            var isQuoted = false
            var position = 0
            while position <= value.count {
                if position == value.count || (value[position] == 0x2C && !isQuoted) {
                    let element = Octets.trimmed(UnsafeRawBufferPointer(rebasing: value[start..<position]))
                    if !element.isEmpty, !body(element) { return false }
                    start = position &+ 1
                } else if value[position] == 0x22 {
                    isQuoted.toggle()
                } else if isQuoted, value[position] == 0x5C, position &+ 1 < value.count {
                    // The octet after a backslash stands for itself.
                    position &+= 1
                }
                position &+= 1
            }
            return true
        }
    }

    func withValue<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let span = spans[index]
        return bytes.withUnsafeBytes {
            body(
                UnsafeRawBufferPointer(
                    rebasing: $0[Int(span.valueStart)..<Int(span.valueStart &+ span.valueLength)]))
        }
    }

    func value(at index: Int) -> String {
        withValue(at: index) { String(decoding: $0, as: UTF8.self) }
    }

    func name(at index: Int) -> String {
        let span = spans[index]
        return String(
            decoding: bytes[Int(span.nameStart)..<Int(span.nameStart &+ span.nameLength)], as: UTF8.self)
    }

    @inline(__always)
    func withName<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // A literal or any native string has its octets in one piece: this copies nothing.
        var name = name
        return name.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
