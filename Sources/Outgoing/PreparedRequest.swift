import HTTPWire

/// A request whose parts have been checked, as libcurl takes it.
struct PreparedRequest: Sendable {
    let method: String
    /// In its plain form, so that our reading of it and libcurl's cannot differ.
    let url: String
    /// `https://host:port`: what limits per host count by.
    let origin: String
    /// `host[:port]`, for people.
    let host: String
    let isSecure: Bool
    /// Header lines in libcurl's notation.
    let lines: [String]
    let body: [UInt8]?
    let connectTimeout: Duration
    let totalTimeout: Duration?
    let idleTimeout: Duration?
    let responseLimit: Int
    let redirectLimit: Int
    let acceptsCompressed: Bool

    init(_ request: OutgoingRequest) throws(OutgoingError) {
        let parts: URLParts
        do throws(URLError) {
            parts = try URLParts(request.url)
        } catch {
            throw .urlInvalid(error.description)
        }
        guard parts.scheme == .http || parts.scheme == .https else {
            throw .urlInvalid("'\(parts.scheme.rawValue)' is not spoken here: use http or https")
        }
        guard !request.method.isEmpty, request.method.utf8.allSatisfy(Self.isToken) else {
            throw .methodInvalid(request.method)
        }
        var lines: [String] = []
        var hasContentType = false
        for (name, value) in request.headers {
            let small = name.lowercased()
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken), !Self.reserved.contains(small),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { throw .headerInvalid(name: name) }
            if small == "content-type" { hasContentType = true }
            let isBlank = value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isBlank ? "\(name);" : "\(name): \(value)")
        }
        // Left to itself libcurl calls every body a form, and waits for a 100 before a long one.
        if !hasContentType { lines.append("Content-Type:") }
        lines.append("Expect:")
        self.lines = lines
        method = request.method
        url = parts.description
        origin = "\(parts.origin):\(parts.port)"
        host = parts.authority
        isSecure = parts.scheme.isSecure
        body = request.body
        connectTimeout = min(max(request.connectTimeout, .milliseconds(1)), .seconds(300))
        totalTimeout = request.totalTimeout.map { max($0, .milliseconds(1)) }
        idleTimeout = request.idleTimeout.map { max($0, .milliseconds(1)) }
        responseLimit = max(0, request.responseLimit)
        redirectLimit = min(max(0, request.redirectLimit), 10)
        acceptsCompressed = request.acceptsCompressed
    }

    private static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60,
            0x7C, 0x7E:
            true
        default: false
        }
    }

    /// What frames the message, names the connection or is decided here.
    private static let reserved: Set<String> = [
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]
}
