import Bytes
import CPage
import Configuration
import HTTPWire
import JSON
import Synchronization
import Tokens
import Transport

/// The built-in page, and the token it may be given.
enum PageRoute {
    /// The files of the page by path, made once.
    static let files: [(path: String, answer: Response)] = (0..<sockeye_page_count()).compactMap { index in
        let file = sockeye_page_at(index)
        guard let path = file.path, let type = file.content_type, let bytes = file.bytes else { return nil }
        return (
            String(cString: path),
            Response(
                status: 200,
                fields: [
                    ("Content-Type", String(cString: type)),
                    ("Content-Security-Policy", String(cString: sockeye_page_policy())),
                    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
                    ("Cross-Origin-Opener-Policy", "same-origin"), ("Cache-Control", "no-cache"),
                ],
                body: Array(UnsafeBufferPointer(start: bytes, count: file.count)))
        )
    }

    /// What the page needs to know: the endpoints, and on a developer's own machine a token for an hour.
    static func facts(_ head: RequestHead, _ connection: Connection) -> Response {
        let shared = connection.loop.shared
        let body = ByteBuffer()
        body.append("{\"endpoints\":[")
        var separator = ""
        for endpoint in shared.endpoints.endpoints
        where endpoint.dialect == .sockeye && endpoint.pattern.isLiteral {
            body.append(separator)
            JSONWriter.append(string: endpoint.pattern.description, to: body)
            separator = ","
        }
        body.append("],\"token\":")
        if let token = guestToken(head, connection) {
            JSONWriter.append(string: token, to: body)
        } else {
            body.append("null")
        }
        body.append(",\"version\":")
        JSONWriter.append(string: GatewayServer.version, to: body)
        body.append("}")
        return .json(200, body.array)
    }

    private static func guestToken(_ head: RequestHead, _ connection: Connection) -> String? {
        guard mayHaveToken(head, connection) else { return nil }
        let guest = "guest-" + String(UInt32.random(in: .min ... .max), radix: 36)
        // Minting fails for unusable names and clocks near the end of time only: then there is no token.
        // With public keys alone nobody here can sign.
        let verifier = connection.loop.acceptance.verifier
        return verifier.keys.mintingKey.flatMap {
            try? TokenMint.mint(
                user: guest, ttl: guestLifetime, now: connection.loop.unixTime, key: $0,
                policy: verifier.policy)
        }
    }

    /// Only in development, only from the same machine, only under a name that means the same machine, and never
    /// again once a request has shown a proxy's trace: a proxy on this machine makes the whole world look local.
    private static func mayHaveToken(_ head: RequestHead, _ connection: Connection) -> Bool {
        let shared = connection.loop.shared
        guard shared.isDevelopment, connection.client.isLoopback, !shared.sawProxy.load(ordering: .relaxed)
        else {
            return false
        }
        guard let host = head.host, isLocalName(host) else { return false }
        guard let origin = head.fields["Origin"] ?? head.fields["Referer"] else {
            return head.fields["Sec-Fetch-Site"].map { $0 == "same-origin" || $0 == "none" } ?? true
        }
        guard let mark = origin.firstRange(of: "://") else { return false }
        return isLocalName(String(origin[mark.upperBound...].prefix { $0 != "/" }))
    }

    private static func isLocalName(_ authority: String) -> Bool {
        OriginPolicy.split("//" + authority).map { OriginPolicy.isLoopback($0.host) } ?? false
    }

    /// Seconds; long enough to look around, too short to be worth keeping.
    private static let guestLifetime: Int64 = 3600
}
