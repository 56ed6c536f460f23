import Bytes
import Testing
import Tokens

@Suite("Key files")
struct KeyFileTests {
    private func problem(_ text: String, _ algorithm: Algorithm? = nil) -> KeyError? {
        do throws(KeyError) {
            _ = try KeyFile.read(Array(text.utf8), algorithm: algorithm)
            return nil
        } catch {
            return error
        }
    }

    struct Good: Sendable {
        let name: String
        let text: String
        let kind: KeyKind
        let algorithm: Algorithm
        var canMint = false
    }

    static let good = [
        Good(name: "RSA", text: PEM.rsa, kind: .rsa, algorithm: .rs256),
        Good(name: "RSA-PSS", text: PEM.rsaPSS, kind: .rsaPSS, algorithm: .ps256),
        Good(name: "P-256", text: PEM.p256, kind: .p256, algorithm: .es256),
        Good(name: "P-384", text: PEM.p384, kind: .p384, algorithm: .es384),
        Good(name: "certificate", text: PEM.certificate, kind: .ed25519, algorithm: .edDSA),
        Good(name: "SEC 1", text: PEM.sec1, kind: .p256, algorithm: .es256, canMint: true),
        Good(name: "words around", text: "my key\n\n" + PEM.p256 + "\nend", kind: .p256, algorithm: .es256),
        Good(name: "CRLF", text: PEM.p256.replacing("\n", with: "\r\n"), kind: .p256, algorithm: .es256),
        Good(name: "the first counts", text: PEM.p384 + PEM.p256, kind: .p384, algorithm: .es384),
        Good(
            name: "a private key wins", text: PEM.p384 + PEM.sec1 + PEM.rsa, kind: .p256, algorithm: .es256,
            canMint: true),
    ]

    @Test("PEM of every form", arguments: good)
    func pem(_ row: Good) throws {
        let key = try TokenKey(pem: Array(row.text.utf8), id: "k")
        #expect(key.kind == row.kind && key.algorithm == row.algorithm && key.canMint == row.canMint)
        #expect(key.id == "k" && !key.isShort)
        for algorithm in Algorithm.allCases {
            let fits = (try? TokenKey(pem: Array(row.text.utf8), algorithm: algorithm)) != nil
            let family = algorithm.rawValue.prefix(2)
            let wanted =
                switch row.kind {
                case .rsa: family == "RS" || family == "PS"
                case .rsaPSS: family == "PS"
                default: algorithm == row.algorithm
                }
            #expect(fits == wanted, "\(algorithm)")
        }
    }

    static let bad: [(String, String, KeyError)] = [
        ("empty", "", .empty),
        ("line end alone", "\n", .empty),
        ("base64 of nothing", "base64:", .empty),
        ("base64", "base64:%%%", .base64),
        ("base64 cut", "base64:QUJDR", .base64),
        ("1024 bits", PEM.small, .size(bits: 1024)),
        ("P-521", PEM.p521, .unsupported("EC key on secp521r1")),
        ("secp256k1", PEM.koblitz, .unsupported("EC key on secp256k1")),
        ("explicit curve", PEM.spelledOut, .unsupported("EC key with a curve of its own")),
        ("X25519", PEM.x25519, .unsupported("X25519 key")),
        ("encrypted", PEM.encrypted, .encrypted),
        (
            "old encryption",
            PEM.sec1.replacing(
                "KEY-----\nMHc", with: "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMHc"),
            .encrypted
        ),
        (
            "other block", "-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n",
            .unsupported("DH PARAMETERS")
        ),
        (
            "damaged", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            .damaged(block: "PUBLIC KEY")
        ),
        ("cut", String(PEM.rsa.prefix(200)), .damaged(block: "PEM")),
        ("no end", "-----BEGIN PUBLIC KEY-----\n", .damaged(block: "PEM")),
    ]

    @Test("what is no key says why", arguments: bad)
    func mistakes(_ name: String, _ text: String, _ error: KeyError) {
        #expect(problem(text) == error)
        #expect(error.code.hasPrefix("KEY-") && !error.description.isEmpty && !error.remedy.isEmpty)
    }

    @Test("PEM that is asked for and not there")
    func noPEM() {
        for text in ["", "no PEM", "ssh-ed25519 AAAA", "-----BEGIN"] {
            #expect(throws: KeyError.noPEM) { try TokenKey(pem: Array(text.utf8)) }
        }
        let long = [UInt8](repeating: 0x41, count: (1 << 20) + 1)
        let wanted = KeyError.tooLong(count: (1 << 20) + 1, limit: 1 << 20)
        #expect(throws: wanted) { try TokenKey(pem: long) }
        #expect(throws: wanted) { try KeyFile.read(long) }
    }

    @Test("PEM files with a changed character are refused or mean a key, and never stop the process")
    func hostilePEM() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        for text in [PEM.rsa, PEM.p256, PEM.certificate, PEM.sec1] {
            for _ in 0..<200 {
                var bytes = Array(text.utf8)
                let place = Int.random(in: bytes.indices, using: &random)
                bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
                if let key = try? TokenKey(pem: bytes) { #expect(!key.algorithm.isSymmetric, "seed \(seed)") }
            }
        }
    }

    @Test("secrets: bytes as they are, without the line end, or base64")
    func secrets() throws {
        let plain = Array("not so secret, but 32 bytes long".utf8)
        let forms: [[UInt8]] = [
            plain, plain + [10], plain + [13, 10], Array("base64:\(Base64.encode(plain))".utf8),
            Array("base64:\(Base64.encode(plain, padding: false))\n".utf8),
            Array("base64:\(Base64.encode(plain, alphabet: .url, padding: false))".utf8),
        ]
        for form in forms { #expect(try KeyFile.secret(form) == plain) }
        #expect(try KeyFile.secret(plain + [32, 10]) == plain + [32], "other white space is part of it")
        let odd: [UInt8] = [0xFB, 0xFF, 0, 10]
        #expect(try KeyFile.secret(Array("base64:-_8ACg".utf8)) == odd)
        #expect(try KeyFile.secret(Array("base64:+/8ACg==".utf8)) == odd)
        let minted = try TokenMint.mint(user: "ada", ttl: 60, now: 0, key: try makeKey(plain))
        for form in forms {
            let keys = try KeyFile.read(form).keys
            #expect(try TokenVerifier(keys: keys).verify(minted, now: 0).user == "ada")
            #expect(keys.mintingKey?.kind == .secret)
        }
        let key = try TokenKey(secret: plain, algorithm: .hs512, id: "k")
        #expect(key.isShort && key.algorithm == .hs512 && key.canMint, "64 bytes are demanded")
        #expect(throws: KeyError.wrongAlgorithm("RS256", kind: .secret)) {
            try TokenKey(secret: plain, algorithm: .rs256)
        }
        #expect(throws: KeyError.empty) { try TokenKey(secret: []) }
        #expect(problem("{braces are good for secrets, too}") == nil)
        #expect(problem(#"{"a":1}"#) == .notAKeySet)
        #expect(problem(#"{"a":1}"#, .hs256) == nil, "who says it is a secret is believed")
        #expect(throws: KeyError.notASecret("an SSH public key")) {
            try TokenKey(secret: Array("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA".utf8))
        }
    }

    @Test("new pairs of keys, in PEM that does not print itself")
    func pairs() throws {
        let pair = try KeyPair.make(for: .edDSA)
        #expect(pair.privatePEM.hasPrefix("-----BEGIN PRIVATE KEY-----"))
        #expect(pair.publicPEM.hasPrefix("-----BEGIN PUBLIC KEY-----"))
        #expect(!"\(pair)".contains("BEGIN"))
        #expect(throws: KeyError.unsupported("a key pair for HS256")) { try KeyPair.make(for: .hs256) }
        #expect(throws: KeyError.size(bits: 1024)) { try KeyPair.make(for: .rs256, rsaBits: 1024) }
    }
}
