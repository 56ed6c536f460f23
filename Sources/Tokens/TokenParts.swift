internal import Bytes
internal import JSON

/// The three parts of a token, as slices of it.
struct TokenParts {
    let header: UnsafeRawBufferPointer
    let payload: UnsafeRawBufferPointer
    let signature: UnsafeRawBufferPointer
    /// What the signature is over: header, dot, payload (RFC 7515 §5.1).
    let signingInput: UnsafeRawBufferPointer

    init(_ token: UnsafeRawBufferPointer, limit: Int) throws(TokenError) {
        guard token.count > 0, let base = token.baseAddress else { throw .malformed(.empty) }
        guard token.count <= limit else { throw .tooLong(count: token.count, limit: limit) }
        if token[0] == UInt8(ascii: "B"), token.starts(with: "Bearer ".utf8) {
            throw .malformed(.bearerPrefix)
        }
        guard let first = Self.dot(in: token, from: 0), let second = Self.dot(in: token, from: first + 1),
            Self.dot(in: token, from: second + 1) == nil
        else {
            let count = 1 + token.reduce(0) { $0 + ($1 == UInt8(ascii: ".") ? 1 : 0) }
            throw .malformed(count == 5 ? .encrypted : .parts(count))
        }
        header = UnsafeRawBufferPointer(start: base, count: first)
        payload = UnsafeRawBufferPointer(start: base + first + 1, count: second - first - 1)
        signature = UnsafeRawBufferPointer(start: base + second + 1, count: token.count - second - 1)
        signingInput = UnsafeRawBufferPointer(start: base, count: second)
    }

    /// Decodes a part into `scratch`, which has room for the whole token decoded.
    func decode(
        _ part: TokenError.Part, into scratch: UnsafeMutableRawBufferPointer
    ) throws(TokenError) -> UnsafeRawBufferPointer {
        let text =
            switch part {
            case .header: header
            case .payload: payload
            case .signature: signature
            }
        guard let count = Base64.decode(text, alphabet: .url, padding: .forbidden, into: scratch) else {
            throw .malformed(.base64(part))
        }
        return UnsafeRawBufferPointer(rebasing: scratch[..<count])
    }

    private static func dot(in token: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var at = start
        let dots = SIMD16<UInt8>(repeating: UInt8(ascii: "."))
        while at &+ 16 <= token.count {
            let step = token.loadUnaligned(fromByteOffset: at, as: SIMD16<UInt8>.self)
            let words = unsafeBitCast(step .== dots, to: SIMD2<UInt64>.self)
            if words[0] != 0 { return at &+ words[0].trailingZeroBitCount >> 3 }
            if words[1] != 0 { return at &+ 8 &+ words[1].trailingZeroBitCount >> 3 }
            at &+= 16
        }
        while at < token.count {
            if token[at] == UInt8(ascii: ".") { return at }
            at &+= 1
        }
        return nil
    }
}

/// What a token's header says about its signature.
struct TokenHeader {
    /// Nil when it is none we know.
    private(set) var algorithm: Algorithm?
    /// As the header names it, at most 32 bytes.
    private(set) var algorithmName = ""
    private(set) var keyID: String?
    private(set) var hasCritical = false

    init(_ parts: TokenParts, _ scratch: UnsafeMutableRawBufferPointer) throws(TokenError) {
        if Self.isUsual(parts.header) {
            algorithm = .hs256
            algorithmName = Algorithm.hs256.rawValue
            return
        }
        try read(try parts.decode(.header, into: scratch))
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer) throws(TokenError) {
        var members = try TokenMembers(bytes, .header)
        var hasAlgorithm = false
        while let (key, value) = try members.next() {
            if key.equals("alg") {
                guard let name = value.string else {
                    throw .wrongClaimType(claim: "alg", expected: "a string")
                }
                hasAlgorithm = true
                algorithm = Algorithm.allCases.first { name.equals(text: $0.rawValue) }
                algorithmName = name.excerpt(32)
            } else if key.equals("kid") {
                guard let name = value.string else {
                    throw .wrongClaimType(claim: "kid", expected: "a string")
                }
                keyID = name.excerpt(256)
            } else if key.equals("crit") {
                hasCritical = true
            }
        }
        if !hasAlgorithm { throw .missingClaim("alg") }
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
