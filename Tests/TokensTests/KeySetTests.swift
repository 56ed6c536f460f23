import Bytes
import JSON
import Testing
import Tokens

@Suite("RFC 7517, key sets")
struct KeySetTests {
    static let point =
        #""crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#
    static let edwards = #""crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#
    static let octets = #""k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T""#
    static let modulus = encode([0xC1] + [UInt8](repeating: 0x55, count: 255))

    private func read(_ text: String) throws(KeyError) -> KeyReading {
        try KeyFile.read(Array(text.utf8))
    }

    private func skip(_ key: String) throws -> KeyError? {
        let good = #"{"kty":"OKP",\#(Self.edwards)}"#
        let reading = try read(#"{"keys":[\#(good),\#(key)]}"#)
        #expect(reading.keys.keys.count + reading.skipped.count == 2)
        #expect(reading.skipped.allSatisfy { $0.place == 2 })
        return reading.skipped.first?.reason
    }

    @Test("keys of all kinds, with their algorithms, names and uses")
    func kinds() throws {
        let reading = try read(
            #"""
            {"keys": [
              {"kty":"RSA","kid":"r","n":"\#(Self.modulus)","e":"AQAB","x5c":["ignored"],"future":{"a":[]}},
              {"kty":"RSA","kid":"p","alg":"PS512","use":"sig","n":"\#(Self.modulus)","e":"AQAB"},
              {"kty":"EC","kid":"e","key_ops":["verify"],\#(Self.point)},
              {"kty":"OKP","alg":"EdDSA",\#(Self.edwards)},
              {"kty":"oct","kid":"h","alg":"HS384","key_ops":["sign","verify"],\#(Self.octets)},
              {"kty":"oct",\#(Self.octets)}
            ], "extra": 1}
            """#)
        let keys = reading.keys.keys
        #expect(keys.map(\.algorithm) == [.rs256, .ps512, .es256, .edDSA, .hs384, .hs256])
        #expect(keys.map(\.id) == ["r", "p", "e", nil, "h", nil])
        #expect(keys.map(\.canMint) == [false, false, false, false, true, true])
        #expect(reading.skipped.isEmpty && !reading.showsPrivateKey)
        let single = try read(#"{"kty":"EC","\u006bid":"\u0065",\#(Self.point)}"#)
        #expect(single.keys.keys.map(\.id) == ["e"])
    }

    @Test("a served set is one of public keys, and nothing but a set")
    func served() throws {
        let text = #"{"keys":[{"kty":"oct",\#(Self.octets)},{"kty":"EC",\#(Self.point)}]}"#
        let reading = try KeyFile.readServed(Array(text.utf8))
        #expect(reading.keys.keys.map(\.algorithm) == [.es256] && reading.skipped.map(\.place) == [1])
        #expect(reading.skipped.first?.description.contains("everybody can fetch") == true)
        #expect(try read(text).keys.keys.count == 2)
        for other in [PEM.rsa, "base64:QUJD", "<html>", "", #"{"keys":[{"kty":"oct",\#(Self.octets)}]}"#] {
            #expect(throws: KeyError.self) { try KeyFile.readServed(Array(other.utf8)) }
        }
        #expect(throws: KeyError.self) { try KeyFile.readServed([UInt8](repeating: 32, count: 2 << 20)) }
    }

    @Test("of a private key the public half is taken, and it is told")
    func privateKeys() throws {
        let reading = try read(
            #"{"keys":[{"kty":"OKP","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",\#(Self.edwards)}]}"#)
        #expect(reading.showsPrivateKey && reading.keys.keys.allSatisfy { !$0.canMint })
    }

    static let skipped: [(String, KeyError)] = [
        (#"{"kty":"XYZ"}"#, .unsupported(#"the key type "XYZ""#)),
        (#"{}"#, .member("kty", expected: "there")),
        (#"{"kty":1}"#, .member("kty", expected: "a string")),
        (#"7"#, .notAKeySet),
        (#"{"kty":"EC","kty":"EC"}"#, .member("kty", expected: "there once")),
        (#"{"kty":"EC","kid":7,\#(point)}"#, .member("kid", expected: "a string")),
        (#"{"kty":"EC","use":"enc",\#(point)}"#, .otherUse(#""use" is "enc""#)),
        (#"{"kty":"EC","key_ops":["sign"],\#(point)}"#, .otherUse(#""key_ops" does not hold "verify""#)),
        (#"{"kty":"EC","key_ops":[],\#(point)}"#, .otherUse(#""key_ops" does not hold "verify""#)),
        (#"{"kty":"EC","key_ops":"verify",\#(point)}"#, .member("key_ops", expected: "an array of strings")),
        (
            #"{"kty":"EC","key_ops":["verify",1],\#(point)}"#,
            .member("key_ops", expected: "an array of strings")
        ),
        (#"{"kty":"EC","alg":"ES384",\#(point)}"#, .wrongAlgorithm("ES384", kind: .p256)),
        (#"{"kty":"EC","alg":"HS256",\#(point)}"#, .wrongAlgorithm("HS256", kind: .p256)),
        (#"{"kty":"EC","alg":"ECDH-ES",\#(point)}"#, .unsupported(#"the algorithm "ECDH-ES""#)),
        (#"{"kty":"EC","alg":"none",\#(point)}"#, .unsupported(#"the algorithm "none""#)),
        (#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#, .unsupported(#"the curve "P-521""#)),
        (#"{"kty":"EC","x":"AA","y":"AA"}"#, .member("crv", expected: "there")),
        (#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#, .member("x", expected: "32 bytes in base64url")),
        (
            #"{"kty":"EC","crv":"P-384","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"AA"}"#,
            .member("x", expected: "48 bytes in base64url")
        ),
        (
            #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}"#,
            .notOnCurve
        ),
        (#"{"kty":"EC","crv":"P-256","x":"\#(zeros)","y":"\#(zeros)"}"#, .notOnCurve),
        (#"{"kty":"OKP","crv":"X25519","x":"\#(zeros)"}"#, .unsupported(#"the curve "X25519""#)),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#, .member("x", expected: "32 bytes in base64url")),
        (#"{"kty":"OKP","x":"\#(zeros)"}"#, .member("crv", expected: "there")),
        (#"{"kty":"RSA","e":"AQAB"}"#, .member("n", expected: "base64url")),
        (#"{"kty":"RSA","n":"\#(modulus)"}"#, .member("e", expected: "base64url")),
        (#"{"kty":"RSA","n":"\#(modulus)=","e":"AQAB"}"#, .member("n", expected: "base64url")),
        (#"{"kty":"RSA","n":"\#(modulus)","e":"AQAC"}"#, .exponent),
        (#"{"kty":"RSA","n":"\#(modulus)","e":"AQ"}"#, .exponent),
        (#"{"kty":"RSA","n":"\#(modulus)","e":""}"#, .exponent),
        (#"{"kty":"RSA","n":"\#(modulus)","e":"AAEBAwQFBgcJAQ"}"#, .exponent),
        (#"{"kty":"RSA","n":"","e":"AQAB"}"#, .size(bits: 0)),
        (#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, .size(bits: 17)),
        (#"{"kty":"RSA","n":"\#(bytes(128))","e":"AQAB"}"#, .size(bits: 1024)),
        (#"{"kty":"RSA","n":"\#(bytes(1025))","e":"AQAB"}"#, .size(bits: 8200)),
        (#"{"kty":"RSA","n":"\#(bytes(100_000))","e":"AQAB"}"#, .size(bits: 800_000)),
        (#"{"kty":"oct","k":""}"#, .empty),
        (#"{"kty":"oct","k":1}"#, .member("k", expected: "a string")),
        (#"{"kty":"oct"}"#, .member("k", expected: "base64url")),
        (#"{"kty":"oct","alg":"RS256",\#(octets)}"#, .wrongAlgorithm("RS256", kind: .secret)),
        (#"{"kty":"oct","k":"\#(encode(Array(PEM.rsa.utf8)))"}"#, .notASecret("a PEM file")),
    ]
    static let zeros = encode([UInt8](repeating: 0, count: 32))
    static func bytes(_ count: Int) -> String { encode([UInt8](repeating: 0xFF, count: count)) }

    @Test("a key that cannot be used is skipped and told", arguments: skipped)
    func skips(_ key: String, _ reason: KeyError) throws {
        #expect(try skip(key) == reason)
    }

    @Test("sizes at the bounds of what is allowed")
    func bounds() throws {
        #expect(try skip(#"{"kty":"RSA","n":"\#(Self.bytes(1024))","e":"AQAB"}"#) == nil)
        #expect(try skip(#"{"kty":"RSA","n":"\#(Self.modulus)","e":"Aw"}"#) == nil)
        #expect(
            try skip(
                #"{"kty":"RSA","n":"\#(encode([0, 0] + [UInt8](repeating: 0xFF, count: 256)))","e":"AAEAAQ"}"#
            ) == nil, "leading zeros do not count")
        let short = encode([0x7F] + [UInt8](repeating: 0xFF, count: 255))
        #expect(try skip(#"{"kty":"RSA","n":"\#(short)","e":"AQAB"}"#) == .size(bits: 2047))
    }

    @Test("documents that are no key set")
    func documents() {
        func problem(_ text: String) -> KeyError? {
            do throws(KeyError) {
                _ = try read(text)
                return nil
            } catch {
                return error
            }
        }
        let key = #"{"kty":"EC",\#(Self.point)}"#
        #expect(problem(#"{"keys":[]}"#) == .unusableSet(first: nil))
        #expect(problem(#"{"keys":{}}"#) == .member("keys", expected: "an array"))
        #expect(problem(#"{"keys":"x"}"#) == .member("keys", expected: "an array"))
        #expect(problem("{}") == .notAKeySet)
        #expect(
            problem(#"{"keys":[{"kty":"X"}]}"#) == .unusableSet(first: #"the key type "X" is not supported"#))
        #expect(problem(#"{"keys":[\#(key)],"keys":[]}"#)?.code == "KEY-JSON")
        #expect(problem(#"{"keys":[\#(key),]}"#)?.code == "KEY-JSON")
        #expect(problem(#"{"keys":[\#(key)"#)?.code == "KEY-JSON")
        #expect(problem(#"{"keys":[\#(key)]} x"#)?.code == "KEY-JSON")
        let deep = String(repeating: "[", count: 100_000)
        #expect(problem(#"{"keys":\#(deep)"#)?.code == "KEY-JSON")
        let hundred = [String](repeating: key, count: 100).joined(separator: ",")
        #expect(problem(#"{"keys":[\#(hundred)]}"#) == nil)
        #expect(problem(#"{"keys":[\#(hundred),\#(key)]}"#) == .tooMany(limit: 100))
        let long = #"{"keys":[\#(key)],"x":"\#(String(repeating: "x", count: 1 << 20))"}"#
        #expect(problem(long) == .tooLong(count: long.utf8.count, limit: 1 << 20))
    }

    @Test("changed characters in a key set never stop the process")
    func hostile() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let text = Array(
            #"{"keys":[{"kty":"EC","kid":"e","use":"sig","key_ops":["verify"],\#(Self.point)},{"kty":"RSA","n":"\#(Self.modulus)","e":"AQAB"}]}"#
                .utf8)
        for _ in 0..<500 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                    in: .min ... .max, using: &random)
            }
            if let reading = try? KeyFile.read(bytes) { #expect(!reading.keys.keys.isEmpty, "seed \(seed)") }
        }
    }

    @Test("a set finds keys by name, then by algorithm")
    func lookup() throws {
        func key(_ id: String?, _ algorithm: Algorithm = .hs256) throws -> TokenKey {
            try TokenKey(secret: secret, algorithm: algorithm, id: id)
        }
        let set = KeySet([
            try key("a"), try key("b"), try key(nil), try key("a", .hs512), try key("c", .hs512),
        ])
        func found(_ algorithm: Algorithm, _ id: String?) -> [String] {
            set.candidates(for: algorithm, id: id).map { $0.id ?? "-" }
        }
        #expect(found(.hs256, "a") == ["a"] && found(.hs512, "a") == ["a"])
        #expect(found(.hs256, nil) == ["a", "b", "-"])
        #expect(found(.hs256, "unknown") == ["-"], "a key without a name serves any name that is not known")
        #expect(found(.hs512, "unknown") == [] && found(.hs512, "b") == [] && found(.hs384, nil) == [])
        #expect(found(.hs256, "\u{61}\u{301}") == ["-"])
        #expect(KeySet().adding(set).keys.count == 5 && KeySet().mintingKey == nil)
    }

    @Test("keys rotate: the set is replaced as a whole")
    func rotation() throws {
        let old = try TestKeys.pair(.es256, id: "2025")
        let new = try TestKeys.pair(.edDSA, id: "2026")
        var verifier = TokenVerifier(key: old.verifying)
        let early = try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: old.minting)
        let late = try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: new.minting)
        #expect(refusal(verifier, early, now: 0) == nil)
        #expect(refusal(verifier, late, now: 0) == .unsupportedAlgorithm("EdDSA"))
        verifier.keys = verifier.keys.adding(KeySet([new.verifying]))
        #expect(refusal(verifier, early, now: 0) == nil && refusal(verifier, late, now: 0) == nil)
        verifier.keys = KeySet([new.verifying])
        #expect(
            refusal(verifier, early, now: 0)?.code == "TOKEN-ALGORITHM"
                && refusal(verifier, late, now: 0) == nil)
    }

    @Test("every error has a code of its own, words and a remedy")
    func errors() {
        let errors: [KeyError] = [
            .base64, .damaged(block: "x"), .empty, .encrypted, .exponent, .json(.empty),
            .member("n", expected: "there"),
            .noPEM, .notOnCurve, .notAKeySet, .notASecret("x"), .otherUse("x"), .size(bits: 1),
            .tooLong(count: 2, limit: 1),
            .tooMany(limit: 1), .unsupported("x"), .unusableSet(first: nil), .wrongAlgorithm("x", kind: .rsa),
            .system,
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors { #expect(!error.description.isEmpty && !error.remedy.isEmpty) }
        let skipped = KeyError.unusableSet(first: "no").description
        #expect(skipped.hasSuffix("no"))
    }
}
