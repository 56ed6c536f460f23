internal import Bytes

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

    /// How many bytes hold all three parts of a token of `count` characters decoded, side by side.
    static func scratchCount(_ count: Int) -> Int { Base64.decodedCountLimit(count) + 6 }

    /// Decodes a part into its place in `scratch`, which has `scratchCount` bytes for the whole token.
    func decode(
        _ part: TokenError.Part, into scratch: UnsafeMutableRawBufferPointer
    ) throws(TokenError) -> UnsafeRawBufferPointer {
        let text: UnsafeRawBufferPointer
        var place = 0
        switch part {
        case .header: text = header
        case .payload:
            text = payload
            place = Base64.decodedCountLimit(header.count)
        case .signature:
            text = signature
            place = Base64.decodedCountLimit(header.count) + Base64.decodedCountLimit(payload.count)
        }
        let room = UnsafeMutableRawBufferPointer(rebasing: scratch[place...])
        guard let count = Base64.decode(text, alphabet: .url, padding: .forbidden, into: room) else {
            throw .malformed(.base64(part))
        }
        return UnsafeRawBufferPointer(rebasing: room[..<count])
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
