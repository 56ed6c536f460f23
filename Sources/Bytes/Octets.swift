/// Classes of octets that several wires name, as tests without a table in memory.
public enum Octets {
    /// Whether an octet belongs to a class of ASCII octets, which is given by a bit for each.
    ///
    /// `low` holds those of 0x00 ... 0x3F, `high` those of 0x40 ... 0x7F; nothing above belongs to any class.
    @inlinable
    @inline(__always)
    public static func member(_ octet: UInt8, _ low: UInt64, _ high: UInt64) -> Bool {
        octet < 128 && ((octet < 64 ? low : high) &>> UInt64(octet & 63)) & 1 == 1
    }

    /// `tchar`: what methods, field names, subprotocols and extensions are made of (RFC 9110 §5.6.2).
    @inlinable
    @inline(__always)
    public static func isToken(_ octet: UInt8) -> Bool {
        member(octet, 0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
    }

    /// The value of a hexadecimal digit in either case; nil for anything else.
    @inlinable
    @inline(__always)
    public static func hexValue(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet &- 0x30
        case 0x41...0x46: octet &- 0x37
        case 0x61...0x66: octet &- 0x57
        default: nil
        }
    }
}
