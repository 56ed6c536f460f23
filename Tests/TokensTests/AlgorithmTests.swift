import Bytes
import JSON
import Testing
import Tokens

@Suite("RFC 7518 and RFC 8037, algorithms")
struct AlgorithmTests {
    private func key(_ vector: Vector) throws -> KeySet {
        try KeyFile.read(
            Array(vector.key.utf8), algorithm: vector.key.hasPrefix("{") ? nil : vector.algorithm
        ).keys
    }

    private func verifier(_ vector: Vector) throws -> TokenVerifier {
        var policy = TokenPolicy()
        policy.userClaims = ["sub", "iss"]
        return TokenVerifier(keys: try key(vector), policy: policy)
    }

    @Test(
        "tokens of the standards and of other signers are accepted",
        arguments: Vector.standards + Vector.foreign)
    func vectors(_ vector: Vector) throws {
        let verifier = try verifier(vector)
        #expect(verifier.keys.keys.map(\.algorithm) == [vector.algorithm])
        let error = refusal(verifier, vector.token, now: 1_300_819_300)
        // A good signature over a sentence: refused for what it is, after the signature was checked.
        #expect(vector.hasClaims ? error == nil : error?.code == "TOKEN-MALFORMED")
    }

    @Test("a flipped bit anywhere is found", arguments: Vector.standards + Vector.foreign)
    func flips(_ vector: Vector) throws {
        let verifier = try verifier(vector)
        let parts = vector.token.split(separator: ".").map {
            Base64.decode(Array($0.utf8), alphabet: .url) ?? []
        }
        for part in parts.indices {
            for byte in stride(from: 0, to: parts[part].count, by: part == 2 ? 7 : 3) {
                var changed = parts
                changed[part][byte] ^= 1 << UInt8(byte % 8)
                let token = changed.map(encode).joined(separator: ".")
                let codes = [
                    "TOKEN-SIGNATURE", "TOKEN-MALFORMED", "TOKEN-ALGORITHM", "TOKEN-KEY",
                    "TOKEN-CLAIM-MISSING", "TOKEN-DUPLICATE",
                ]
                let code = refusal(verifier, token, now: 1_300_819_300)?.code
                #expect(code.map(codes.contains) == true, "part \(part), byte \(byte): \(code ?? "accepted")")
                if part > 0 { #expect(code == "TOKEN-SIGNATURE", "part \(part), byte \(byte)") }
            }
        }
    }

    @Test("signatures of another length are bad", arguments: Vector.standards + Vector.foreign)
    func lengths(_ vector: Vector) throws {
        let verifier = try verifier(vector)
        let parts = vector.token.split(separator: ".")
        let signature = try #require(Base64.decode(Array(parts[2].utf8), alphabet: .url))
        let input = parts[..<2].joined(separator: ".") + "."
        for count in [0, 1, signature.count / 2, signature.count - 1] {
            #expect(refusal(verifier, input + encode(Array(signature.prefix(count)))) == .badSignature)
        }
        #expect(refusal(verifier, input + encode(signature + [0])) == .badSignature)
        #expect(refusal(verifier, input + encode([0] + signature)) == .badSignature)
        #expect(refusal(verifier, input + encode(signature.map { _ in 0 })) == .badSignature)
        let long = [UInt8](repeating: 1, count: 5000)
        #expect(refusal(verifier, input + encode(long)) == .badSignature)
    }

    @Test("a DER signature is none: JOSE writes r and s side by side")
    func derSignature() throws {
        let pair = try TestKeys.pair(.es256)
        let good = try TokenMint.mint(user: "ada", ttl: 60, now: 1000, key: pair.minting)
        let parts = good.split(separator: ".")
        let raw = try #require(Base64.decode(Array(parts[2].utf8), alphabet: .url))
        #expect(raw.count == 64)
        func integer(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
            var body = Array(bytes.drop { $0 == 0 })
            if body.first.map({ $0 >= 0x80 }) ?? true { body.insert(0, at: 0) }
            return [2, UInt8(body.count)] + body
        }
        let body = integer(raw[..<32]) + integer(raw[32...])
        let der = [0x30, UInt8(body.count)] + body
        let verifier = TokenVerifier(key: pair.verifying)
        #expect(refusal(verifier, good) == nil)
        #expect(refusal(verifier, "\(parts[0]).\(parts[1]).\(encode(der))") == .badSignature)
    }

    @Test("ES512 is refused as unsupported, key and token: RFC 7515 A.4")
    func es512() throws {
        #expect(throws: KeyError.unusableSet(first: "the curve \"P-521\" is not supported")) {
            try key(Vector.es512)
        }
        for algorithm in Algorithm.allCases {
            let verifier = TokenVerifier(key: try TestKeys.pair(algorithm).verifying)
            #expect(refusal(verifier, Vector.es512.token) == .unsupportedAlgorithm("ES512"))
        }
    }

    @Test("what is minted is accepted, with every algorithm", arguments: Algorithm.allCases)
    func roundTrip(_ algorithm: Algorithm) throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let pair = try TestKeys.pair(algorithm, id: "k")
        for _ in 0..<(algorithm.isSymmetric ? 200 : 20) {
            let length = Int.random(in: 1...40, using: &random)
            let user = String(
                String.UnicodeScalarView(
                    (0..<length).map { _ in
                        Unicode.Scalar(UInt32.random(in: 0x21...0x7E, using: &random)) ?? "x"
                    }))
            var policy = TokenPolicy()
            policy.userClaims = [["sub", "userId", "a\"b"].randomElement(using: &random) ?? "sub"]
            if Bool.random(using: &random) { policy.audiences = ["app", "other"] }
            if Bool.random(using: &random) { policy.issuers = ["https://issuer.example"] }
            if Bool.random(using: &random) { policy.type = "access" }
            if Bool.random(using: &random) { policy.requiredClaims = [.init("level", .integer(3))] }
            if Bool.random(using: &random) { policy.maximumLifetime = 100_000 }
            let now = Int64.random(in: 0...4_000_000_000, using: &random)
            let ttl = Int64.random(in: 1...100_000, using: &random)
            let id = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            let token = try TokenMint.mint(
                user: user, ttl: ttl, now: now, key: pair.minting, policy: policy, id: id,
                claims: [.init(key: "x", value: .string(user))])
            let identity = try TokenVerifier(key: pair.verifying, policy: policy).verify(token, now: now)
            #expect(identity.user == user && identity.expiresAt == now + ttl, "seed \(seed)")
            #expect(identity.issuedAt == now && identity.tokenID == encode(id), "seed \(seed)")
            #expect(identity.claim("x") == user, "seed \(seed)")
            let report = TokenVerifier(key: pair.verifying, policy: policy).examine(token, now: now)
            #expect(report.identity == identity && report.reasons.isEmpty, "seed \(seed)")
        }
    }

    @Test("a key never serves another algorithm, whatever the header says", arguments: Algorithm.allCases)
    func confusion(_ algorithm: Algorithm) throws {
        let pair = try TestKeys.pair(algorithm, id: "k")
        let token = try TokenMint.mint(user: "ada", ttl: 60, now: 1000, key: pair.minting)
        for other in Algorithm.allCases {
            let verifier = TokenVerifier(key: try TestKeys.pair(other, id: "k").verifying)
            let error = refusal(verifier, token)
            #expect(
                error == (other == algorithm ? nil : .unsupportedAlgorithm(algorithm.rawValue)), "\(other)")
            // With both there, `kid` names two keys, and the header's algorithm chooses between them.
            let both = TokenVerifier(keys: [try TestKeys.pair(other, id: "k").verifying, pair.verifying])
            #expect(refusal(both, token) == nil)
            // When `kid` names a key of another algorithm, that of the right one is not tried.
            let misled = TokenVerifier(keys: [
                try TestKeys.pair(other, id: "k").verifying, try TestKeys.pair(algorithm, id: "z").verifying,
                try TestKeys.pair(algorithm).verifying,
            ])
            if other != algorithm {
                #expect(refusal(misled, token) == .unsupportedAlgorithm(algorithm.rawValue))
            }
        }
    }

    @Test("a public key is no HMAC secret: the classical confusion")
    func publicKeyAsSecret() throws {
        let rsa = try TestKeys.rsa.get()
        let verifier = TokenVerifier(key: try TestKeys.pair(.rs256).verifying)
        let variants = [rsa.publicPEM, rsa.publicPEM + "\n", String(rsa.publicPEM.dropLast())]
        for header in [#"{"alg":"HS256","typ":"JWT"}"#, #"{"alg":"HS384"}"#, #"{"alg":"none"}"#] {
            for variant in variants {
                let forged = token(header: header, payload: #"{"sub":"eve"}"#, secret: Array(variant.utf8))
                #expect(refusal(verifier, forged)?.code == "TOKEN-ALGORITHM")
                // Even when the header tells the truth about the key.
                let other = token(
                    header: #"{"alg":"RS256"}"#, payload: #"{"sub":"eve"}"#, secret: Array(variant.utf8))
                #expect(refusal(verifier, other) == .badSignature)
            }
        }
        for text in variants + [PEM.certificate, PEM.sec1, "  \n" + PEM.rsa] {
            #expect(throws: KeyError.notASecret("a PEM file")) { try TokenKey(secret: Array(text.utf8)) }
        }
        let der = try #require(
            Base64.decode(
                PEM.rsa.utf8.split(separator: UInt8(ascii: "\n")).dropFirst().dropLast().flatMap(Array.init)))
        #expect(throws: KeyError.notASecret("a public key in DER")) { try TokenKey(secret: der) }
        #expect(throws: KeyError.notASecret("a public key in DER")) {
            try KeyFile.read(Array("base64:\(Base64.encode(der))".utf8))
        }
    }

    @Test("a public key cannot mint")
    func publicKeysDoNotMint() throws {
        for algorithm in Algorithm.allCases where !algorithm.isSymmetric {
            let pair = try TestKeys.pair(algorithm)
            #expect(pair.minting.canMint && !pair.verifying.canMint)
            #expect(throws: TokenError.cannotSign(algorithm)) {
                try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: pair.verifying)
            }
        }
    }

    @Test("one key serves many threads at a time", arguments: [Algorithm.hs256, .rs256, .es256, .edDSA])
    func threads(_ algorithm: Algorithm) async throws {
        let pair = try TestKeys.pair(algorithm)
        let verifier = TokenVerifier(key: pair.verifying)
        let token = try TokenMint.mint(user: "ada", ttl: 60, now: 1000, key: pair.minting)
        let good = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<50).count { _ in
                        refusal(verifier, token) == nil && refusal(verifier, token + "A") != nil
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(good == 400)
    }
}
