extension Options {
    /// The field in which a trusted proxy tells for whom it asks.
    public enum ClientAddressField: String, CaseIterable, Sendable {
        /// `Forwarded`, its parameter `for` (RFC 7239).
        case forwarded
        /// `X-Forwarded-For`, to which each proxy appends whom it heard.
        case xForwardedFor = "x-forwarded-for"
        /// `X-Real-IP`, one address.
        case xRealIP = "x-real-ip"
    }

    static let proxies: [Option] = [
        row(
            "trusted_proxies", .list(.addressRange), .texts(\.trustedProxies), isLive: true,
            """
            Whose word about the client's address counts. A range such as `10.0.0.0/8`, one address, `loopback` (this machine \
            and Unix sockets) or `private` (the ranges of private networks). Of a proxy named here `client_address` is read; \
            limits, logs and what is learned of networks then go by the client and not by the proxy. Nobody is trusted by \
            default, for whoever reaches the port directly could claim any address.
            """),
        row(
            "client_address", .choice(of: ClientAddressField.self), .word(\.clientAddressField), isLive: true,
            """
            In which field a trusted proxy tells for whom it asks. Name the one that the proxy sets itself: any other it passes \
            on as the client sent it. Of several addresses the last that is not of a trusted proxy counts.
            """),
    ]
}
