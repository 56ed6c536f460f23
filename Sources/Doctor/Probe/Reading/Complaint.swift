/// What an answer, or the reason of a close frame, complains about: read from the words that servers are known to use.
package enum Complaint: String, CaseIterable, Sendable {
    /// The server saw no upgrade in the request.
    case upgradeMissing
    /// The request arrived as HTTP/1.0.
    case http10
    /// `Sec-WebSocket-Key` was not found.
    case keyMissing
    /// The same hop-by-hop field came twice.
    case duplicateUpgrade
    /// `Connection: upgrade` came without an upgrade to WebSocket.
    case connectionUpgradeUnexpected
    /// Plain HTTP on a port for TLS.
    case plainOnTLS
    /// The TLS listener wants a certificate of the client.
    case clientCertificate
    case headerTooLarge
    case hostRefused
    case originRefused
    case sessionUnknown
    case engineVersion
    case namespaceUnknown
    case tokenMissing
    case tokenExpired
    case tokenNotYetValid
    case tokenSignature
    case tokenMalformed
    case tokenAudience
    case tokenIssuer
    case tokenType
    case tokenRefused
    case rateLimited
    case firewall

    /// The first complaint that `text` is known to voice; nil: none.
    package static func heard(in text: String) -> Complaint? { all(in: text).first }

    /// All of them, the more specific first.
    package static func all(in text: String) -> [Complaint] {
        let words = String(text.prefix(16 << 10)).lowercased()
        var heard: [Complaint] = []
        for (needles, complaint) in table where !heard.contains(complaint) {
            if needles.contains(where: { alternative in alternative.allSatisfy { words.contains($0) } }) {
                heard.append(complaint)
            }
        }
        return heard
    }

    /// For each complaint the ways it is voiced; of one way, every part must occur.
    ///
    /// Sources: the error texts of nginx, Apache, Tomcat, IIS, Go's net/http; of ws, websockets, gorilla, coder/websocket, tornado,
    /// aiohttp, actix, axum, Spring; of engine.io, jsonwebtoken, PyJWT, jose; of Vite, webpack-dev-server, Django, Rails, Starlette.
    private static let table: [([[String]], Complaint)] = [
        (
            [
                ["plain http request was sent to https port"], ["http request to an https server"],
                ["speaking plain http to an ssl"], ["combination of host and port requires tls"],
                ["http request was sent to https port"],
            ], .plainOnTLS
        ),
        (
            [
                ["no required ssl certificate"], ["ssl certificate error"],
                ["client certificate", "required"],
            ],
            .clientCertificate
        ),
        (
            [
                ["header or cookie too large"], ["request-uri too large"],
                ["request header fields too large"],
                ["uri too long"], ["request header is too large"], ["header fields too large"],
                ["size of the request headers is too long"],
            ], .headerTooLarge
        ),
        ([["session id unknown"], ["unknown session id"]], .sessionUnknown),
        ([["unsupported protocol version"], ["unsupported version of the socket.io"]], .engineVersion),
        ([["invalid namespace"]], .namespaceUnknown),
        (
            [
                ["blocked request", "host"], ["invalid host header"], ["invalid http_host"], ["blocked host"],
                ["disallowedhost"], ["invalid hostname"], ["untrusted domain"], ["host is not allowed"],
                ["host not allowed"], ["allowed_hosts"], ["allowedhosts"], ["no such domain"],
                ["unknown host"], ["host header", "not"],
            ], .hostRefused
        ),
        (
            [
                ["origin", "not allowed"], ["origin", "not accepted"], ["not an accepted origin"],
                ["origin", "forbidden"], ["origin", "denied"], ["origin", "refused"], ["origin", "rejected"],
                ["invalid origin"], ["origin", "mismatch"], ["origin", "not in"], ["checkorigin"],
                ["origin", "does not match"], ["origin", "blocked"], ["bad origin"],
            ], .originRefused
        ),
        (
            [["http/1.1 or higher"], ["at least http/1.1"], ["http/1.0", "upgrade"], ["http/1.0", "not"]],
            .http10
        ),
        (
            [["two upgrade"], ["duplicate", "upgrade"], ["multiple", "upgrade", "header"]], .duplicateUpgrade
        ),
        (
            [
                ["unsupported upgrade request"], ["unknown 'connection' header"],
                ["unknown connection header"],
                ["unexpected", "connection: upgrade"],
            ], .connectionUpgradeUnexpected
        ),
        (
            [
                ["sec-websocket-key", "missing"], ["sec-websocket-key", "invalid"], ["no sec-websocket-key"],
                ["missing sec-websocket-key"], ["sec-websocket-key", "not"],
            ], .keyMissing
        ),
        (
            [
                ["only to", "websocket"], ["must be", "upgrade", "connection"], ["upgrade", "required"],
                ["invalid upgrade header"], ["upgrade", "is expected"], ["did not include", "upgrade"],
                ["does not contain upgrade"], ["does not contain websocket"], ["missing", "upgrade"],
                ["invalid connection header"], ["no websocket upgrade"], ["not a websocket"],
                ["need a websocket client"], ["'upgrade' token not found"],
                ["expected", "websocket", "upgrade"],
                ["not using the websocket protocol"], ["expecting", "websocket"], ["non-websocket"],
                ["expected websocket"], ["websocket", "expected"],
            ], .upgradeMissing
        ),
        (
            [
                ["jwt expired"], ["token", "expired"], ["signature has expired"], ["expiredsignature"],
                ["\"exp\" claim", "timestamp"],
            ], .tokenExpired
        ),
        (
            [["jwt not active"], ["not yet valid"], ["immaturesignature"], ["token used before"]],
            .tokenNotYetValid
        ),
        (
            [
                ["invalid signature"], ["signature verification"], ["signature", "mismatch"],
                ["signature is invalid"], ["bad signature"], ["wrong secret"],
            ], .tokenSignature
        ),
        (
            [
                ["audience", "invalid"], ["audience", "doesn't match"], ["audience", "mismatch"],
                ["wrong audience"],
            ], .tokenAudience
        ),
        (
            [["issuer", "invalid"], ["issuer", "mismatch"], ["wrong issuer"], ["invalid issuer"]],
            .tokenIssuer
        ),
        ([["token type"], ["wrong type", "token"], ["not an access token"]], .tokenType),
        (
            [
                ["jwt malformed"], ["not enough segments"], ["malformed", "token"], ["token", "malformed"],
                ["invalid compact jws"], ["contains an invalid number of segments"],
            ], .tokenMalformed
        ),
        (
            [
                ["no token"], ["missing token"], ["token", "missing"], ["token", "required"],
                ["jwt must be provided"], ["authentication required"], ["no auth"], ["not authenticated"],
                ["credentials were not provided"], ["authorization", "missing"],
            ], .tokenMissing
        ),
        (
            [
                ["invalid token"], ["token", "invalid"], ["token", "refused"], ["unauthorized"],
                ["token", "revoked"],
                ["invalid credentials"], ["authentication failed"], ["authentication error"],
                ["not authorized"],
                ["refused: token"],
            ], .tokenRefused
        ),
        ([["too many requests"], ["rate limit"], ["limit exceeded"]], .rateLimited),
        (
            [
                ["modsecurity"], ["mod_security"], ["coraza"], ["web application firewall"],
                ["request blocked", "security"], ["not acceptable", "security"],
            ], .firewall
        ),
    ]
}
