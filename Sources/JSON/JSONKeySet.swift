/// The member names of one object seen so far; says when a name comes a second time.
///
/// Names are compared by what they mean, byte for byte, so `"a"` and `"\u0061"` are one name while two
/// Unicode spellings of a letter stay two. A short object is compared name by name; a long one by (seeded)
/// hash, so that hostile names cost linear time.
public struct JSONKeySet {
    private var few: [JSONString] = []
    private var many: Set<Name> = []

    /// No names.
    public init() {}

    /// Adds a name.
    ///
    /// - Returns: false when it was there already.
    public mutating func insert(_ key: JSONString) -> Bool {
        if few.count < Self.fewLimit {
            if few.isEmpty { few.reserveCapacity(Self.fewLimit) }
            for known in few where known.equals(key) { return false }
            few.append(key)
            return true
        }
        if many.isEmpty { many = Set(few.lazy.map { Name(bytes: $0.decoded) }) }
        return many.insert(Name(bytes: key.decoded)).inserted
    }

    private static var fewLimit: Int { 12 }

    /// Hashes its bytes in one go; an array would do so one by one.
    private struct Name: Hashable {
        let bytes: [UInt8]

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }
}
