import Bytes
import JSON
import Tokens

/// The key most tests sign with.
let secret = Array("an example secret of 32 bytes!!!".utf8)

func makeKey(_ secret: [UInt8] = secret, id: String? = nil) throws -> TokenKey {
    guard let key = TokenKey(hs256: secret, id: id) else { throw TokenError.badSignature }
    return key
}

/// A token of any header and payload text, signed with HS256 whatever the header says.
///
/// Built from a minted one, whose key it shares: header and payload are replaced and signed anew.
func token(header: String = #"{"alg":"HS256","typ":"JWT"}"#, payload: String, secret: [UInt8] = secret)
    -> String
{
    let input = encode(Array(header.utf8)) + "." + encode(Array(payload.utf8))
    return input + "." + encode(hmac(secret, Array(input.utf8)))
}

func encode(_ bytes: [UInt8]) -> String {
    Base64.encode(bytes, alphabet: .url, padding: false)
}

/// HMAC-SHA-256 written from RFC 2104 and FIPS 180-4, so that the room's own signer is checked by another.
func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var block = key.count > 64 ? sha256(key) : key
    block += [UInt8](repeating: 0, count: 64 - block.count)
    return sha256(block.map { $0 ^ 0x5C } + sha256(block.map { $0 ^ 0x36 } + message))
}

func sha256(_ message: [UInt8]) -> [UInt8] {
    let primes = (2..<312).filter { number in (2..<number).allSatisfy { number % $0 != 0 } }
    func fraction(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }
    var state = primes.prefix(8).map { fraction(Double($0).squareRoot()) }
    let constants = primes.prefix(64).map { fraction(cubeRoot(Double($0))) }
    var bytes = message + [0x80]
    while bytes.count % 64 != 56 { bytes.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
    }
    func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
    for start in stride(from: 0, to: bytes.count, by: 64) {
        var words = (0..<16).map { index in
            bytes[start + index * 4..<start + index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let low = words[index - 15]
            let high = words[index - 2]
            let first = rotate(low, 7) ^ rotate(low, 18) ^ low >> 3
            let second = rotate(high, 17) ^ rotate(high, 19) ^ high >> 10
            words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        var s = state
        for index in 0..<64 {
            let mix = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)
            let choice = s[4] & s[5] ^ ~s[4] & s[6]
            let first = s[7] &+ mix &+ choice &+ constants[index] &+ words[index]
            let spread = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)
            let second = spread &+ (s[0] & s[1] ^ s[0] & s[2] ^ s[1] & s[2])
            s = [first &+ second, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
        }
        state = zip(state, s).map { $0 &+ $1 }
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
}

private func cubeRoot(_ value: Double) -> Double {
    var root = value / 3
    for _ in 0..<100 { root -= (root * root * root - value) / (3 * root * root) }
    return root
}

/// The error a verifier gives, or nil.
func refusal(_ verifier: TokenVerifier, _ token: String, now: Int64 = 1000) -> TokenError? {
    do throws(TokenError) {
        _ = try verifier.verify(token, now: now)
        return nil
    } catch {
        return error
    }
}
