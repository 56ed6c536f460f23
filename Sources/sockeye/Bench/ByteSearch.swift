import Glibc

/// Finds a short text in messages that mostly have it in the same place.
struct ByteSearch {
    private let wanted: [UInt8]
    /// Where it was the last time.
    private var place = 0

    init(_ wanted: [UInt8]) { self.wanted = wanted }

    init(_ wanted: StaticString) { self.wanted = Array(wanted.description.utf8) }

    /// The place after the first occurrence; 0 when nothing is wanted.
    ///
    /// An occurrence where it was the last time counts as the first: payloads here hold no quotes.
    mutating func end(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress else { return wanted.isEmpty ? 0 : nil }
        let count = wanted.count
        if count == 0 { return 0 }
        let found = wanted.withUnsafeBytes { needle -> Int? in
            guard let start = needle.baseAddress else { return nil }
            if place + count <= bytes.count, memcmp(base + place, start, count) == 0 { return place }
            var at = 0
            while at + count <= bytes.count {
                guard let next = memchr(base + at, Int32(needle[0]), bytes.count - count - at + 1) else {
                    return nil
                }
                at = UnsafeRawPointer(next) - base
                if memcmp(next, start, count) == 0 { return at }
                at += 1
            }
            return nil
        }
        if let found { place = found }
        return found.map { $0 + count }
    }
}
