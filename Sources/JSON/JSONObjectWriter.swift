public import Bytes

/// Writes one JSON object into a buffer, member by member.
///
/// The caller sees to it that no name comes twice. Nothing else may be written to the buffer between two members but what
/// the closures given here write.
public struct JSONObjectWriter {
    private let buffer: ByteBuffer
    private var isFirst = true

    /// Opens the object.
    public init(_ buffer: ByteBuffer) {
        self.buffer = buffer
        buffer.append("{")
    }

    /// Closes the object; nothing may be written to it after.
    public func end() { buffer.append("}") }

    /// Adds a string.
    public mutating func member(_ name: String, _ value: String) {
        begin(name)
        JSONWriter.append(string: value, to: buffer)
    }

    /// Adds a string, or nothing for nil.
    public mutating func member(_ name: String, _ value: String?) {
        if let value { member(name, value) }
    }

    /// Adds an integer.
    public mutating func member(_ name: String, _ value: Int64) {
        begin(name)
        buffer.append(decimal: value)
    }

    /// Adds a truth.
    public mutating func member(_ name: String, _ value: Bool) {
        begin(name)
        buffer.append(value ? "true" : "false")
    }

    /// Adds null.
    public mutating func null(_ name: String) {
        begin(name)
        buffer.append("null")
    }

    /// Adds an array of strings.
    public mutating func member(_ name: String, _ values: [String]) {
        begin(name)
        buffer.append("[")
        for (index, value) in values.enumerated() {
            if index > 0 { buffer.append(",") }
            JSONWriter.append(string: value, to: buffer)
        }
        buffer.append("]")
    }

    /// Adds a value that is JSON text already, such as what a client sent.
    public mutating func member(_ name: String, raw text: UnsafeRawBufferPointer) {
        begin(name)
        buffer.append(text)
    }

    /// Adds an array of objects, one for each element.
    public mutating func member<Elements: Sequence>(
        _ name: String, each elements: Elements, _ object: (inout JSONObjectWriter, Elements.Element) -> Void
    ) {
        begin(name)
        buffer.append("[")
        var isFirst = true
        for element in elements {
            if !isFirst { buffer.append(",") }
            isFirst = false
            var inner = JSONObjectWriter(buffer)
            object(&inner, element)
            inner.end()
        }
        buffer.append("]")
    }

    /// Adds an object.
    public mutating func member(_ name: String, _ object: (inout JSONObjectWriter) -> Void) {
        begin(name)
        var inner = JSONObjectWriter(buffer)
        object(&inner)
        inner.end()
    }

    private mutating func begin(_ name: String) {
        if !isFirst { buffer.append(",") }
        isFirst = false
        JSONWriter.append(string: name, to: buffer)
        buffer.append(":")
    }
}
