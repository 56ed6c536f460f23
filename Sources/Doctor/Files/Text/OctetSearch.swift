import Glibc

/// Where one text stands in another, byte for byte; the standard library's generic search takes a hundred times as long.
extension ArraySlice<UInt8> {
    /// The first place of `needle`; nil: it is not there, or empty.
    func place(of needle: [UInt8]) -> Range<Int>? {
        guard let first = needle.first, count >= needle.count else { return nil }
        let length = needle.count
        let offset = withUnsafeBytes { text in
            needle.withUnsafeBytes { needle -> Int? in
                guard let start = text.baseAddress, let wanted = needle.baseAddress else { return nil }
                var at = 0
                while at <= text.count - length,
                    let found = memchr(start + at, Int32(first), text.count - length - at + 1)
                {
                    if memcmp(found, wanted, length) == 0 { return UnsafeRawPointer(found) - start }
                    at = UnsafeRawPointer(found) - start + 1
                }
                return nil
            }
        }
        return offset.map { startIndex + $0..<(startIndex + $0 + length) }
    }

    /// Whether `needle` stands in it.
    func holds(_ needle: [UInt8]) -> Bool { place(of: needle) != nil }
}

extension [UInt8] {
    /// Whether `needle` stands in it.
    func holds(_ needle: [UInt8]) -> Bool { self[...].holds(needle) }
}
