/// A topic's name as a key: compared and hashed octet by octet.
///
/// Swift's strings are equal when they are canonically equivalent, so that "é" in one code point and in two are
/// the same; rights compare octets. A name that is another's to the eye of a dictionary but not to that of the
/// rights would let one user hear another's messages.
public struct TopicKey: Hashable, Sendable {
    /// The name.
    public let name: String

    /// Wraps a name.
    public init(_ name: String) {
        self.name = name
    }

    /// Whether the octets are the same.
    public static func == (one: TopicKey, two: TopicKey) -> Bool {
        NameOctets.equal(one.name, two.name)
    }

    /// Hashes the octets.
    public func hash(into hasher: inout Hasher) {
        let isContiguous: Void? = name.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isContiguous == nil { for octet in name.utf8 { hasher.combine(octet) } }
        hasher.combine(UInt8(0xFF))
    }
}
