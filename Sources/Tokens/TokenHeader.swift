internal import JSON

/// What a token's header says about its signature; slices of the decoded header, which must outlive it.
struct TokenHeader {
    /// Nil when it is none we know.
    private(set) var algorithm: Algorithm?
    /// The name of the key; nil when it gives none.
    private(set) var keyID: JSONString?
    private(set) var hasCritical = false
    /// As the header names the algorithm; nil for the usual header, which is not read.
    private var name: JSONString?

    /// As the header names the algorithm, at most 32 bytes.
    var algorithmName: String {
        name?.excerpt(32) ?? algorithm?.rawValue ?? ""
    }

    /// The name of the key, at most 64 bytes; empty without one.
    var keyIDExcerpt: String {
        keyID?.excerpt(64) ?? ""
    }

    init(_ parts: TokenParts, _ scratch: UnsafeMutableRawBufferPointer) throws(TokenError) {
        if Self.isUsual(parts.header) {
            algorithm = .hs256
            return
        }
        try read(try parts.decode(.header, into: scratch))
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(TokenError) {
        var members = try TokenMembers(bytes, .header)
        while let (key, value) = try members.next() {
            if key.equals("alg") {
                guard let text = value.string else {
                    throw .wrongClaimType(claim: "alg", expected: "a string")
                }
                name = text
                algorithm = Algorithm(text)
            } else if key.equals("kid") {
                guard let text = value.string else {
                    throw .wrongClaimType(claim: "kid", expected: "a string")
                }
                keyID = text
            } else if key.equals("crit") {
                hasCritical = true
            }
        }
        if name == nil { throw .missingClaim("alg") }
    }

    /// Whether these are the bytes nearly every issuer of HS256 writes, which then need no reading:
    /// `{"alg":"HS256","typ":"JWT"}` or `{"typ":"JWT","alg":"HS256"}`.
    private static func isUsual(_ header: UnsafeRawBufferPointer) -> Bool {
        let usual: StaticString = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
        let other: StaticString = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"
        return equal(header, usual) || equal(header, other)
    }

    private static func equal(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        for at in 0..<bytes.count where bytes[at] != text.utf8Start[at] { return false }
        return true
    }
}
