import Bytes

/// The classes of octets that HTTP alone names, and what is asked of runs of them.
extension Octets {
    /// What a request target may hold: printable ASCII but `"`, `#`, `<` and `>`.
    ///
    /// Wider than RFC 3986 by ``[]\^`{|}``, which browsers do send unescaped in queries.
    @inline(__always)
    static func isTarget(_ octet: UInt8) -> Bool {
        member(octet, 0xAFFF_FFF2_0000_0000, 0x7FFF_FFFF_FFFF_FFFF)
    }

    /// What `host[:port]` may hold (RFC 3986 §3.2.2); `@` is left out, so user information never passes.
    @inline(__always)
    static func isAuthority(_ octet: UInt8) -> Bool {
        member(octet, 0x2FFF_7FF2_0000_0000, 0x47FF_FFFE_AFFF_FFFE)
    }

    @inline(__always)
    static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }

    @inline(__always)
    static func isDigit(_ octet: UInt8) -> Bool { octet &- 0x30 < 10 }

    @inline(__always)
    static func lowercased(_ octet: UInt8) -> UInt8 {
        octet &- 0x41 < 26 ? octet | 0x20 : octet
    }

    /// The position of the first octet that no field value may hold; nil when all are fine.
    ///
    /// Eight octets a step.
    static func firstControl(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let below = (word &- 0x2020_2020_2020_2020) & ~word
            let del = word ^ 0x7F7F_7F7F_7F7F_7F7F
            let isDel = (del &- 0x0101_0101_0101_0101) & ~del
            // A hit may be an allowed HTAB: then the octets are looked at one by one.
            if (below | isDel) & 0x8080_8080_8080_8080 != 0 {
                for position in index..<index &+ 8 where isControl(bytes[position]) { return position }
            }
            index &+= 8
        }
        while index < bytes.count {
            if isControl(bytes[index]) { return index }
            index &+= 1
        }
        return nil
    }

    /// The position of the first LF at or behind `start`; nil when there is none.
    static func firstLineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var index = start
        while index &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let other = word ^ 0x0A0A_0A0A_0A0A_0A0A
            // The lowest set bit is exact; those above it may come from a borrow.
            let hit = (other &- 0x0101_0101_0101_0101) & ~other & 0x8080_8080_8080_8080
            if hit != 0 { return index &+ hit.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < bytes.count {
            if bytes[index] == 0x0A { return index }
            index &+= 1
        }
        return nil
    }

    /// A control octet but HTAB, or DEL: no field value, chunk extension or trailer may hold it (RFC 9110 §5.5).
    @inline(__always)
    static func isControl(_ octet: UInt8) -> Bool {
        (octet < 0x20 && octet != 0x09) || octet == 0x7F
    }

    /// Compares ASCII without regard to case; other octets must be equal.
    @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where lowercased(left[index]) != lowercased(right[index]) { return false }
        return true
    }

    @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: StaticString) -> Bool {
        equal(left, right.octets)
    }

    /// `bytes` without the blanks around it.
    @inline(__always)
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        while start < end, isBlank(bytes[start]) { start &+= 1 }
        while end > start, isBlank(bytes[end &- 1]) { end &-= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// At most 64 octets for a message to a person: printable ASCII as it is, the rest as `\xNN`.
    static func excerpt(_ bytes: UnsafeRawBufferPointer) -> String {
        var text = ""
        for octet in bytes.prefix(64) {
            if octet >= 0x20 && octet < 0x7F {
                text.unicodeScalars.append(Unicode.Scalar(octet))
            } else {
                text += "\\x" + hex(octet)
            }
        }
        return bytes.count > 64 ? text + "…" : text
    }

    /// Two hexadecimal digits.
    static func hex(_ octet: UInt8) -> String {
        let digits = String(octet, radix: 16, uppercase: true)
        return octet < 16 ? "0" + digits : digits
    }
}

extension StaticString {
    /// The text as octets; every literal in this module is ASCII, so it has a pointer.
    @inline(__always)
    var octets: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
