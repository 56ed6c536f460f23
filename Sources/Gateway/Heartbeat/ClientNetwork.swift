import Transport

/// The network a client is in: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address.
///
/// Whoever shares one usually shares the way, and with it whatever cuts idle connections.
struct ClientNetwork: Hashable, Sendable, CustomStringConvertible {
    private enum Family: UInt8 {
        case v4
        case v6
        case local
    }

    private let family: Family
    private let bits: UInt64

    init(of address: SocketAddress) {
        switch address {
        case .v4(let bits, _): (family, self.bits) = (.v4, UInt64(bits >> 8) << 8)
        case .v6(let bits, _) where bits.high == 0 && bits.low >> 32 == 0xFFFF:
            // An IPv4 address as a socket for both families shows it (RFC 4291 §2.5.5.2).
            (family, self.bits) = (.v4, bits.low & 0xFFFF_FF00)
        case .v6(let bits, _): (family, self.bits) = (.v6, (bits.high >> 16) << 16)
        case .unix: (family, bits) = (.local, 0)
        }
    }

    /// `192.0.2.0/24`, `2001:db8:1::/48`, or `unix`.
    var description: String {
        switch family {
        case .v4: (SocketAddress.v4(UInt32(truncatingIfNeeded: bits), port: 0).ip ?? "?") + "/24"
        case .v6:
            (SocketAddress.v6(SocketAddress.IPv6Address(high: bits, low: 0), port: 0).ip ?? "?") + "/48"
        case .local: "unix"
        }
    }
}
