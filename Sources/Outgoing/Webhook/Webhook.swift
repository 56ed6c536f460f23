import Bytes
import CTLS

/// Where events of one kind are sent to, and how they are signed.
public struct Webhook: Sendable {
    /// An `http` or `https` URL; redirects are not followed.
    public var url: String
    /// The secret both sides know; nil: deliveries are not signed.
    public var secret: [UInt8]?
    /// Fields sent with every delivery, such as an `Authorization`.
    public var headers: [(name: String, value: String)]
    /// Until there is a connection.
    ///
    /// Default 3 s.
    public var connectTimeout: Duration = .seconds(3)
    /// For one try, from its beginning to the end of the answer.
    ///
    /// Default 10 s.
    public var timeout: Duration = .seconds(10)
    /// The longest answer, in bytes; default 64 KiB.
    public var responseLimit = 64 << 10

    /// A webhook with the default limits.
    public init(url: String, secret: [UInt8]?, headers: [(name: String, value: String)] = []) {
        self.url = url
        self.secret = secret
        self.headers = headers
    }

    /// The request that delivers `body`: a POST of JSON with `Sockeye-Event`, `Sockeye-Delivery` and, with a secret,
    /// `Sockeye-Signature`.
    ///
    /// - Parameters:
    ///   - id: the same for every try of one delivery, so that the receiver can tell a repetition.
    ///   - unixSeconds: the time of this try; the receiver should refuse signatures older than five minutes.
    public func request(
        event: String, id: String, body: [UInt8], unixSeconds: Int64, timeout: Duration? = nil
    ) -> OutgoingRequest {
        var fields = headers
        fields.append((name: "Content-Type", value: "application/json"))
        fields.append((name: "Sockeye-Event", value: event))
        fields.append((name: "Sockeye-Delivery", value: id))
        if let secret {
            let signature = WebhookSignature.header(secret: secret, body: body, unixSeconds: unixSeconds)
            fields.append((name: "Sockeye-Signature", value: signature))
        }
        var request = OutgoingRequest("POST", url, headers: fields, body: body)
        let limit = timeout ?? self.timeout
        request.connectTimeout = min(connectTimeout, limit)
        request.totalTimeout = limit
        request.idleTimeout = nil
        request.responseLimit = responseLimit
        return request
    }

    /// A new id for a delivery: 32 hexadecimal digits, not to be guessed.
    public static func makeID() -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        if ctls_random(&bytes, bytes.count) != 1 {
            // Without entropy an id is still unique; nothing rests on its being secret.
            var generator = SystemRandomNumberGenerator()
            for index in bytes.indices { bytes[index] = generator.next() }
        }
        return WebhookSignature.hex(bytes)
    }
}

/// `Sockeye-Signature: t=UNIX,v1=HEX`: HMAC-SHA256 with the secret over the seconds, a full stop, and the body.
public enum WebhookSignature {
    /// The field's value for a body.
    public static func header(secret: [UInt8], body: [UInt8], unixSeconds: Int64) -> String {
        "t=\(unixSeconds),v1=\(hex(digest(secret: secret, body: body, unixSeconds: unixSeconds)))"
    }

    /// Whether a field's value signs `body` and is not further than `tolerance` seconds from now; compared in constant time.
    ///
    /// For receivers written in Swift, and tests.
    public static func verifies(
        _ header: String, secret: [UInt8], body: [UInt8], now: Int64, tolerance: Int64 = 300
    ) -> Bool {
        var time: Int64?
        var digests: [Substring] = []
        for part in header.split(separator: ",") {
            if part.hasPrefix("t=") { time = Int64(part.dropFirst(2)) }
            if part.hasPrefix("v1=") { digests.append(part.dropFirst(3)) }
        }
        guard let time, time > 0, now > 0, (now - time).magnitude <= tolerance.magnitude else { return false }
        let expected = Array(hex(digest(secret: secret, body: body, unixSeconds: time)).utf8)
        return digests.contains { digest in
            let given = Array(digest.utf8)
            return given.count == expected.count && ctls_equal(given, expected, expected.count) == 1
        }
    }

    private static func digest(secret: [UInt8], body: [UInt8], unixSeconds: Int64) -> [UInt8] {
        let message = Array("\(unixSeconds).".utf8) + body
        return withUnsafeTemporaryAllocation(byteCount: ctls_hmac_size(), alignment: 16) { memory in
            guard let base = memory.baseAddress else { return [] }
            let state = OpaquePointer(base)
            secret.withUnsafeBytes { ctls_hmac_prepare(state, 256, $0.baseAddress, $0.count) }
            defer { ctls_hmac_wipe(state) }
            var digest = [UInt8](repeating: 0, count: 32)
            message.withUnsafeBytes { ctls_hmac_sign(state, $0.baseAddress, $0.count, &digest) }
            return digest
        }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
