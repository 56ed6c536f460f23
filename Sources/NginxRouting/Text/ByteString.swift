/// Octets that are mostly text: URIs after decoding, header values, words of a configuration.
///
/// nginx compares octets, and so does this; Swift's `String` would call `é` equal in two encodings and could not hold `%FF`.
package struct ByteString: Hashable, Sendable {
    /// The octets.
    package var bytes: [UInt8]

    /// Octets as they are.
    package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    /// The UTF-8 of a text.
    package init(_ text: String) { bytes = Array(text.utf8) }
    /// Nothing.
    package init() { bytes = [] }

    /// Whether there is nothing.
    package var isEmpty: Bool { bytes.isEmpty }
    /// Number of octets.
    package var count: Int { bytes.count }
    /// The text; octets that are no UTF-8 become U+FFFD.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// With A to Z in small letters.
    package var lowercased: ByteString {
        ByteString(bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
    }
    /// Whether it begins with `prefix`, octet by octet.
    package func hasPrefix(_ prefix: ByteString) -> Bool { bytes.starts(with: prefix.bytes) }
    /// Whether it ends with `suffix`, octet by octet.
    package func hasSuffix(_ suffix: ByteString) -> Bool {
        bytes.reversed().starts(with: suffix.bytes.reversed())
    }
    /// What is left after the first `count` octets; nothing if there are fewer.
    package func dropping(_ count: Int) -> ByteString { ByteString(bytes.dropFirst(count)) }
    /// The octets of a range, as far as they are there.
    package subscript(range: Range<Int>) -> ByteString {
        ByteString(bytes[range.clamped(to: 0..<bytes.count)])
    }
    /// The first position of an octet.
    package func index(of octet: UInt8) -> Int? { bytes.firstIndex(of: octet) }

    /// Adds octets at the end.
    package mutating func append(_ other: ByteString) { bytes.append(contentsOf: other.bytes) }
    /// Adds one octet at the end.
    package mutating func append(_ octet: UInt8) { bytes.append(octet) }

    /// Both, one after the other.
    package static func + (left: ByteString, right: ByteString) -> ByteString {
        ByteString(left.bytes + right.bytes)
    }
    /// The decimal number this is, without sign; nil for anything else and for more than 18 digits.
    package var number: Int? {
        guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
        var value = 0
        for octet in bytes {
            guard octet >= 0x30, octet <= 0x39 else { return nil }
            value = value * 10 + Int(octet - 0x30)
        }
        return value
    }
}

extension ByteString: ExpressibleByStringLiteral, CustomStringConvertible {
    package init(stringLiteral value: String) { self.init(value) }
    /// The text; octets that are no UTF-8 become U+FFFD.
    package var description: String { text }
}
