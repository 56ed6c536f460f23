import CSystem
import EventLoop
import Glibc

/// Where a stream socket listens or connects: an IP address and a port, or a path.
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// An IPv4 address, first octet highest: `0x7F00_0001` is 127.0.0.1.
    case v4(UInt32, port: UInt16)
    /// An IPv6 address.
    case v6(IPv6Address, port: UInt16)
    /// A Unix socket by its path; empty for a peer that has none.
    case unix(path: String)

    /// 128 bits and, for link-local addresses, the index of an interface.
    public struct IPv6Address: Sendable, Hashable {
        /// The first eight octets, the first one highest.
        public var high: UInt64
        /// The last eight octets.
        public var low: UInt64
        /// The interface (`%eth0`), 0 for none.
        public var scope: UInt32

        /// An address of these bits.
        public init(high: UInt64, low: UInt64, scope: UInt32 = 0) {
            self.high = high
            self.low = low
            self.scope = scope
        }
    }

    /// Why a text is no address.
    public enum ParsingError: Error, Equatable, Sendable, CustomStringConvertible {
        /// No `:PORT` at the end.
        case missingPort(String)
        /// The port is not a number of 0 ... 65535.
        case badPort(String)
        /// The host is neither an IPv4 address nor an IPv6 address in brackets.
        case badHost(String)
        /// An IPv6 address stands without brackets, so that its port cannot be told.
        case missingBrackets(String)
        /// The path is empty, longer than the system takes (107 bytes), or holds a zero byte.
        case badPath(String, limit: Int)

        /// What is wrong and what is right, in words.
        public var description: String {
            switch self {
            case .missingPort(let text): "'\(text)' has no port: write HOST:PORT, [IPv6]:PORT or unix:/path"
            case .badPort(let text): "'\(text)' is not a port: it takes a number from 0 to 65535"
            case .badHost(let text):
                "'\(text)' is not an IP address: write one, like 127.0.0.1, 0.0.0.0 or [::1]"
            case .missingBrackets(let text):
                "'\(text)' is ambiguous: write an IPv6 address in brackets, like [::1]:8000"
            case .badPath(let path, let limit):
                "'\(path)' cannot be a Unix socket: its path takes 1 to \(limit) bytes, none of them zero"
            }
        }
    }

    /// Reads `HOST:PORT` with a numeric host, `localhost:PORT`, `[IPv6]:PORT`, or `unix:/path`.
    ///
    /// `localhost` stands for 127.0.0.1, and an absent host (`:8000`) or `*` for 0.0.0.0. No name is
    /// resolved.
    public init(parsing text: String) throws(ParsingError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard Self.isUsablePath(path) else { throw .badPath(path, limit: Self.pathLimit) }
            self = .unix(path: path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") else { throw .missingPort(text) }
        var host = text[..<colon]
        guard let port = Self.port(text[text.index(after: colon)...]) else {
            throw .badPort(String(text[text.index(after: colon)...]))
        }
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { throw .badHost(String(host)) }
        } else if host.contains(":") {
            throw .missingBrackets(text)
        }
        switch host {
        case "", "*": self = .v4(0, port: port)
        case "localhost": self = .v4(0x7F00_0001, port: port)
        default:
            guard let address = SocketAddress(ip: String(host), port: port) else {
                throw .badHost(String(host))
            }
            self = address
        }
    }

    /// An address of an IP literal (`192.0.2.1`, `2001:db8::1`, `fe80::1%eth0`; no brackets); nil when it is
    /// none.
    public init?(ip: String, port: UInt16) {
        var native = csys_address()
        guard !ip.utf8.contains(0), csys_address_parse_ip(ip, &native) == 0 else { return nil }
        native.port = port
        self.init(native)
    }

    /// The IP without port and brackets, RFC 5952; nil for a Unix socket.
    public var ip: String? {
        if case .unix = self { return nil }
        return withNative { native in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 80) { text in
                guard let base = text.baseAddress, csys_address_format_ip(native, base, text.count) >= 0
                else { return nil }
                return String(cString: base)
            }
        }
    }

    /// The port; nil for a Unix socket.
    public var port: UInt16? {
        switch self {
        case .v4(_, let port), .v6(_, let port): port
        case .unix: nil
        }
    }

    /// The same host with another port; a Unix socket stays what it is.
    public func with(port: UInt16) -> SocketAddress {
        switch self {
        case .v4(let bits, _): .v4(bits, port: port)
        case .v6(let bits, _): .v6(bits, port: port)
        case .unix: self
        }
    }

    /// Whether only this machine can reach it: 127.0.0.0/8, ::1, the same inside ::ffff:0:0/96, and Unix
    /// sockets.
    public var isLoopback: Bool {
        switch self {
        case .v4(let bits, _): bits >> 24 == 127
        case .v6(let bits, _):
            bits.high == 0 && (bits.low == 1 || bits.low >> 32 == 0xFFFF && (bits.low >> 24) & 0xFF == 127)
        case .unix: true
        }
    }

    /// The form that `init(parsing:)` reads: `127.0.0.1:8000`, `[::1]:8000`, `unix:/run/sockeye.sock`.
    public var description: String {
        switch self {
        case .v4(_, let port): "\(ip ?? "?"):\(port)"
        case .v6(_, let port): "[\(ip ?? "?")]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// How long the path of a Unix socket may be, in bytes.
    public static let pathLimit = Int(CSYS_UNIX_PATH_CAPACITY) - 1

    static func isUsablePath(_ path: String) -> Bool {
        (1...pathLimit).contains(path.utf8.count) && !path.utf8.contains(0)
    }

    /// Decimal digits alone: no sign, no blank.
    private static func port(_ text: Substring) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return UInt16(text)
    }
}

extension SocketAddress {
    /// An address as the kernel gave it; nil for other families.
    init?(_ native: csys_address) {
        switch Int32(native.family) {
        case CSYS_FAMILY_V4: self = .v4(native.v4, port: native.port)
        case CSYS_FAMILY_V6:
            let bits = IPv6Address(high: native.v6_high, low: native.v6_low, scope: native.v6_scope)
            self = .v6(bits, port: native.port)
        case CSYS_FAMILY_UNIX:
            let path = withUnsafeBytes(of: native.path) { bytes in
                String(
                    decoding: bytes.prefix(Int(native.path_length)).map { $0 == 0 ? UInt8(ascii: "@") : $0 },
                    as: UTF8.self)
            }
            self = .unix(path: path)
        default: return nil
        }
    }

    /// Lends the form the shims take.
    ///
    /// A path that is too long comes out empty, which `bind` and `connect` refuse.
    func withNative<Result>(_ body: (UnsafePointer<csys_address>) -> Result) -> Result {
        var native = csys_address()
        switch self {
        case .v4(let bits, let port):
            native.family = UInt16(CSYS_FAMILY_V4)
            native.v4 = bits
            native.port = port
        case .v6(let bits, let port):
            native.family = UInt16(CSYS_FAMILY_V6)
            (native.v6_high, native.v6_low, native.v6_scope) = (bits.high, bits.low, bits.scope)
            native.port = port
        case .unix(let path):
            guard Self.isUsablePath(path) else { break }
            native.family = UInt16(CSYS_FAMILY_UNIX)
            native.path_length = UInt16(path.utf8.count)
            withUnsafeMutableBytes(of: &native.path) { $0.copyBytes(from: path.utf8) }
        }
        return withUnsafePointer(to: native, body)
    }

    /// Asks the kernel for an address of a socket: its own, or its peer's.
    static func of(
        _ fileDescriptor: Int32, _ call: String, _ query: (Int32, UnsafeMutablePointer<csys_address>) -> Int32
    ) throws(SystemError) -> SocketAddress {
        var native = csys_address()
        try SystemError.check(query(fileDescriptor, &native), call)
        guard let address = SocketAddress(native) else {
            throw SystemError(call: call, errno: EAFNOSUPPORT)
        }
        return address
    }
}
