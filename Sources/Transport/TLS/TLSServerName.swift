import Glibc

/// A server's name as TLS wants it: without the brackets of an IPv6 address, without the dot of the root.
struct TLSServerName: Equatable {
    var text: String
    var isAddress: Bool

    init(_ name: String) {
        var text = Substring(name)
        if text.hasPrefix("["), text.hasSuffix("]") { text = text.dropFirst().dropLast() }
        if text.hasSuffix(".") { text = text.dropLast() }
        self.text = String(text)
        var address = in6_addr()
        isAddress =
            inet_pton(AF_INET, self.text, &address) == 1 || inet_pton(AF_INET6, self.text, &address) == 1
    }
}
