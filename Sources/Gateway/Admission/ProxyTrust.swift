import Configuration
import HTTPWire
import Transport

/// Whose word about a client's address is believed, and in which field.
struct ProxyTrust: Sendable {
    private let ranges: [AddressRange]
    /// Unix sockets are reached from this machine alone.
    private let trustsUnix: Bool
    private let field: Options.ClientAddressField

    /// Nobody is trusted.
    var isEmpty: Bool { ranges.isEmpty }

    /// - Parameter proxies: as `AddressRange` reads them; what it does not read trusts nobody.
    init(_ proxies: [String], _ field: Options.ClientAddressField) {
        ranges = proxies.flatMap { AddressRange.ranges($0) ?? [] }
        trustsUnix = proxies.contains(AddressRange.loopback)
        self.field = field
    }

    /// For whom a trusted peer asks; nil when the peer is not trusted or does not tell.
    ///
    /// A chain is gone through from its end, where the nearest hop wrote: the first that is not trusted is the client, for
    /// what stands before it may be of the client's own making. Something that is no address ends the chain.
    func client(of head: RequestHead, from peer: SocketAddress) -> SocketAddress? {
        guard trusts(peer) else { return nil }
        var client: SocketAddress?
        for word in chain(head).reversed() {
            guard let address = Self.address(word) else { break }
            client = address
            if !trusts(address) { break }
        }
        return client
    }

    private func trusts(_ address: SocketAddress) -> Bool {
        let bits: AddressRange.Bits
        switch address {
        case .unix: return trustsUnix
        case .v4(let v4, _): bits = AddressRange.Bits(v4: v4)
        case .v6(let v6, _): bits = AddressRange.Bits(high: v6.high, low: v6.low)
        }
        return ranges.contains { $0.contains(bits) }
    }

    private func chain(_ head: RequestHead) -> [String] {
        switch field {
        case .xForwardedFor: head.fields.elements(of: "x-forwarded-for")
        // Said twice it is not the proxy alone that said it.
        case .xRealIP: head.fields.count(of: "x-real-ip") == 1 ? head.fields.values(of: "x-real-ip") : []
        case .forwarded: head.fields.elements(of: "forwarded").map(Self.node)
        }
    }

    /// The parameter `for` of a forwarded element, without quotes (RFC 7239 §4); empty without one.
    private static func node(_ element: String) -> String {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].drop(while: { $0 == " " }).lowercased() == "for" else {
                continue
            }
            let value = parts[1]
            return value.count > 1 && value.hasPrefix("\"") && value.hasSuffix("\"")
                ? String(value.dropFirst().dropLast()) : String(value)
        }
        return ""
    }

    /// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`; nil for anything else, such as
    /// `unknown` and the obfuscated names of RFC 7239 §6.
    static func address(_ text: String) -> SocketAddress? {
        guard text.utf8.count <= 64, !text.isEmpty else { return nil }
        if text.hasSuffix("]"), text.hasPrefix("[") {
            return SocketAddress(ip: String(text.dropFirst().dropLast()), port: 0)
        }
        if let address = SocketAddress(ip: text, port: 0) { return address }
        // Names that mean an address elsewhere are none here.
        guard let first = text.utf8.first, first == UInt8(ascii: "[") || (0x30...0x39).contains(first),
            let address = try? SocketAddress(parsing: text)
        else { return nil }
        if case .unix = address { return nil }
        return address
    }
}

extension Connection {
    /// Where the client is: the peer, or whom a trusted proxy names.
    var client: SocketAddress {
        forwarded?.address ?? peer
    }

    /// The same for people; a proxy seldom tells a port.
    var clientName: String {
        guard let forwarded else { return "\(peer)" }
        return forwarded.address.port == 0 ? forwarded.address.ip ?? "\(peer)" : "\(forwarded.address)"
    }

    /// A request is there: for whom it asks.
    func noteClient(of head: RequestHead) {
        guard loop.shared.trustsProxies else {
            forwarded = nil
            return
        }
        forwarded = loop.shared.proxyTrust.client(of: head, from: peer).map(ForwardedClient.init)
    }
}

/// An address a proxy told, boxed because most connections have none.
final class ForwardedClient {
    let address: SocketAddress

    init(_ address: SocketAddress) {
        self.address = address
    }
}
