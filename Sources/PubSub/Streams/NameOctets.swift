/// Comparing and hashing names octet by octet.
///
/// Swift's strings are equal when they are canonically equivalent; to rights and topics only the same octets are
/// the same name (see ``TopicKey``).
enum NameOctets {
    static func equal(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard one.count == other.count else { return false }
        var at = 0
        while at &+ 8 <= one.count {
            if one.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                != other.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            {
                return false
            }
            at &+= 8
        }
        while at < one.count {
            if one[at] != other[at] { return false }
            at &+= 1
        }
        return true
    }

    static func equal(_ one: String, _ other: String) -> Bool {
        // The same bits are the same string; names of up to fifteen octets lie in them whole.
        typealias Bits = (UInt64, UInt64)
        if unsafeBitCast(one, to: Bits.self) == unsafeBitCast(other, to: Bits.self) { return true }
        return with(one) { one in with(other) { equal(one, $0) } }
    }

    /// Lends the octets of a name; native strings are contiguous, so nothing is copied to the heap.
    @inline(__always)
    static func with<R>(_ name: String, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        if let result = name.utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) {
            return result
        }
        var copy = name
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    /// Seeded anew in every process, so that nobody can choose names that collide.
    static func tag(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    static func tag(_ name: String) -> UInt32 {
        with(name) { tag($0) }
    }
}
