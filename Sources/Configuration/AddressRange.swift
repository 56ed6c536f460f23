import Glibc

/// Addresses that share their first bits, as `trusted_proxies` names them: `10.0.0.0/8`, `2001:db8::/32`, one address, or a
/// word for several.
///
/// IPv4 addresses count as their form inside ::ffff:0:0/96, as a socket for both families shows them (RFC 4291 §2.5.5.2).
public struct AddressRange: Sendable, Hashable {
    /// The 128 bits of an address.
    public struct Bits: Sendable, Hashable {
        /// The first 64 bits.
        public var high: UInt64
        /// The last 64 bits.
        public var low: UInt64

        /// Bits from their halves.
        public init(high: UInt64, low: UInt64) {
            self.high = high
            self.low = low
        }

        /// An IPv4 address, in host byte order.
        public init(v4 address: UInt32) {
            self.init(high: 0, low: 0xFFFF << 32 | UInt64(address))
        }
    }

    private let bits: Bits
    /// How many of the bits count: 0 to 128.
    private let count: Int

    private init(_ bits: Bits, _ count: Int) {
        let (high, low) = Self.mask(count)
        self.bits = Bits(high: bits.high & high, low: bits.low & low)
        self.count = count
    }

    /// Whether an address is one of them.
    public func contains(_ address: Bits) -> Bool {
        let (high, low) = Self.mask(count)
        return address.high & high == bits.high && address.low & low == bits.low
    }

    /// The ranges a text stands for; `nil` when it is none.
    public static func ranges(_ text: String) -> [AddressRange]? {
        switch text {
        case loopback: ["127.0.0.0/8", "::1"].compactMap(one)
        case local:
            ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"]
                .compactMap(one)
        default: one(text).map { [$0] }
        }
    }

    private static func one(_ text: String) -> AddressRange? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let (address, isV4) = parse(String(parts[0])) else { return nil }
        guard parts.count == 2 else { return AddressRange(address, 128) }
        let length = parts[1]
        guard (1...3).contains(length.utf8.count), length.utf8.allSatisfy(\.isDigit), let count = Int(length),
            count <= (isV4 ? 32 : 128)
        else { return nil }
        return AddressRange(address, isV4 ? 96 + count : count)
    }

    private static func parse(_ text: String) -> (Bits, isV4: Bool)? {
        guard !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return (Bits(v4: UInt32(bigEndian: v4.s_addr)), true) }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        return withUnsafeBytes(of: &v6) { bytes in
            let halves = (0..<2).map { half in
                bytes[half * 8..<half * 8 + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            }
            return (Bits(high: halves[0], low: halves[1]), false)
        }
    }

    private static func mask(_ count: Int) -> (UInt64, UInt64) {
        func half(_ count: Int) -> UInt64 { count <= 0 ? 0 : count >= 64 ? .max : ~(.max >> UInt64(count)) }
        return (half(count), half(count - 64))
    }

    /// This machine, Unix sockets included.
    public static let loopback = "loopback"
    /// Addresses that no router of the Internet carries (RFC 1918, 3927, 4193, 4291 §2.5.6).
    static let local = "private"
    static let words = [loopback, local]
}
