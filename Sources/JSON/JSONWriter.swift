public import Bytes

/// Appends JSON texts to a buffer: no white space, strings escaped only where RFC 8259 §7 demands it.
public enum JSONWriter {
    /// Appends a string with its quotes.
    @inlinable
    public static func append(string text: String, to buffer: ByteBuffer) {
        var text = text
        text.withUTF8 { append(string: UnsafeRawBufferPointer($0), to: buffer) }
    }

    /// Appends a string, given as UTF-8, with its quotes; the bytes must not lie in the buffer.
    public static func append(string bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        buffer.append(byte: UInt8(ascii: "\""))
        appendEscaped(bytes, to: buffer)
        buffer.append(byte: UInt8(ascii: "\""))
    }

    /// Appends the inside of a string: UTF-8 with escapes, without quotes.
    public static func appendEscaped(_ bytes: UnsafeRawBufferPointer, to buffer: ByteBuffer) {
        guard let base = bytes.baseAddress else { return }
        var at = 0
        while at < bytes.count {
            let next = JSONText.plainEnd(base, from: at, end: bytes.count)
            buffer.append(UnsafeRawBufferPointer(start: base + at, count: next &- at))
            guard next < bytes.count else { return }
            appendEscape(of: bytes[next], to: buffer)
            at = next &+ 1
        }
    }

    /// Appends a whole tree.
    public static func append(_ value: JSONValue, to buffer: ByteBuffer) {
        switch value {
        case .array(let elements):
            buffer.append(byte: UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { buffer.append(byte: UInt8(ascii: ",")) }
                append(element, to: buffer)
            }
            buffer.append(byte: UInt8(ascii: "]"))
        case .bool(let truth): buffer.append(truth ? "true" : "false")
        case .null: buffer.append("null")
        case .number(let number): buffer.append(number.text)
        case .object(let object):
            buffer.append(byte: UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { buffer.append(byte: UInt8(ascii: ",")) }
                append(string: member.key, to: buffer)
                buffer.append(byte: UInt8(ascii: ":"))
                append(member.value, to: buffer)
            }
            buffer.append(byte: UInt8(ascii: "}"))
        case .string(let text): append(string: text, to: buffer)
        }
    }

    private static func appendEscape(of byte: UInt8, to buffer: ByteBuffer) {
        buffer.append(byte: UInt8(ascii: "\\"))
        switch byte {
        case 0x08: buffer.append(byte: UInt8(ascii: "b"))
        case 0x09: buffer.append(byte: UInt8(ascii: "t"))
        case 0x0A: buffer.append(byte: UInt8(ascii: "n"))
        case 0x0C: buffer.append(byte: UInt8(ascii: "f"))
        case 0x0D: buffer.append(byte: UInt8(ascii: "r"))
        case ..<0x20:
            buffer.append("u00")
            buffer.append(byte: byte >> 4 &+ UInt8(ascii: "0"))
            let low = byte & 0x0F
            buffer.append(byte: low < 10 ? low &+ UInt8(ascii: "0") : low &- 10 &+ UInt8(ascii: "a"))
        default: buffer.append(byte: byte)
        }
    }
}

extension JSONValue {
    /// The value as a JSON text without white space.
    public var text: String {
        let buffer = ByteBuffer()
        JSONWriter.append(self, to: buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }
}
