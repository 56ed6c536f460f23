import Bytes
import Testing
import Tokens

@Suite("RFC 7914, password hashes")
struct PasswordHashTests {
    private func cheap() throws -> PasswordHash.Cost {
        try #require(PasswordHash.Cost(logarithm: 10, blockSize: 1, passes: 1))
    }
    private let salt = (0..<16).map { UInt8($0) }

    @Test("the vector of RFC 7914 §12 with N = 16384, r = 8, p = 1")
    func vector() throws {
        let hex = """
            7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
            d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
            """
        let digits = Array(hex.utf8)
        let digest = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        let salt = Base64.encode(Array("SodiumChloride".utf8), padding: false)
        let hash = try PasswordHash(
            text: "$scrypt$ln=14,r=8,p=1$\(salt)$\(Base64.encode(digest, padding: false))")
        #expect(try hash.verify("pleaseletmein"))
        #expect(try !hash.verify("pleaseletmeim"))
        #expect(hash.isOutdated)
    }

    @Test("a password is recognised, from the object and from its text")
    func roundTrip() throws {
        for password in [
            "a", "correct horse battery staple", "пароль", "密码\u{0}x", String(repeating: "x", count: 1024),
        ] {
            let hash = try PasswordHash(password, salt: salt, cost: try cheap())
            let stored = try PasswordHash(text: hash.text)
            #expect(stored.text == hash.text && stored.cost == hash.cost)
            #expect(try hash.verify(password) && stored.verify(password))
            #expect(try !stored.verify(password + " ") && !stored.verify("") && !stored.verify("-"))
            #expect(try !stored.verify(password + String(repeating: "x", count: 2000)))
        }
        let one = try PasswordHash("a", salt: salt, cost: try cheap())
        let other = try PasswordHash("a", salt: salt.reversed(), cost: try cheap())
        #expect(one.text != other.text && one.text.hasPrefix("$scrypt$ln=10,r=1,p=1$AAECAwQFBgcICQoLDA0ODw$"))
        #expect(!"\(one)".contains("AAEC"))
    }

    @Test("the standard cost is 32 MiB, and an unknown user costs it too")
    func standard() throws {
        #expect(PasswordHash.Cost.standard.memory == 32 << 20)
        let hash = try PasswordHash("secret", salt: salt)
        #expect(hash.text.hasPrefix("$scrypt$ln=15,r=8,p=1$") && !hash.isOutdated)
        #expect(try PasswordHash.verify("secret", against: hash))
        #expect(try !PasswordHash.verify("secret", against: nil))
        #expect(try !PasswordHash.verify("", against: nil))
    }

    @Test("a dash is a password like any other")
    func dash() throws {
        let hash = try PasswordHash("-", salt: salt, cost: try cheap())
        #expect(try hash.verify("-") && !hash.verify(""))
        #expect(try !hash.verify(String(repeating: "x", count: 5000)))
    }

    @Test("what cannot be hashed")
    func refused() throws {
        let cost = try cheap()
        #expect(throws: PasswordHashError.empty) { try PasswordHash("", salt: salt, cost: cost) }
        #expect(throws: PasswordHashError.tooLong(limit: 1024)) {
            try PasswordHash(String(repeating: "x", count: 1025), salt: salt, cost: cost)
        }
        for count in [0, 7, 65] {
            #expect(throws: PasswordHashError.salt) {
                try PasswordHash("a", salt: [UInt8](repeating: 0, count: count), cost: cost)
            }
        }
        for (logarithm, blockSize, passes) in [
            (9, 8, 1), (18, 1, 1), (15, 0, 1), (15, 33, 1), (15, 8, 0), (15, 8, 5), (17, 9, 1), (16, 17, 1),
            (Int.max, 8, 1), (15, Int.max, 1), (-1, -1, -1),
        ] {
            #expect(PasswordHash.Cost(logarithm: logarithm, blockSize: blockSize, passes: passes) == nil)
        }
        #expect(PasswordHash.Cost(logarithm: 17, blockSize: 8, passes: 4)?.memory == 128 << 20)
    }

    static let salt64 = "AAECAwQFBgcICQoLDA0ODw"
    static let hash64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    static let malformed = [
        "", "$", "$scrypt", "scrypt$ln=15,r=8,p=1$\(salt64)$\(hash64)",
        "$argon2id$v=19$m=1,t=1,p=1$\(salt64)$\(hash64)",
        "$scrypt$ln=15,r=8$\(salt64)$\(hash64)", "$scrypt$r=8,ln=15,p=1$\(salt64)$\(hash64)",
        "$scrypt$ln=15,r=8,p=1,x=1$\(salt64)$\(hash64)", "$scrypt$ln=+15,r=8,p=1$\(salt64)$\(hash64)",
        "$scrypt$ln=015,r=8,p=1$\(salt64)$\(hash64)", "$scrypt$ln=,r=8,p=1$\(salt64)$\(hash64)",
        "$scrypt$ln=15,r=-8,p=1$\(salt64)$\(hash64)", "$scrypt$ln=9999999999,r=8,p=1$\(salt64)$\(hash64)",
        "$scrypt$ln=15,r=8,p=1$$\(hash64)", "$scrypt$ln=15,r=8,p=1$\(salt64)$",
        "$scrypt$ln=15,r=8,p=1$\(salt64)",
        "$scrypt$ln=15,r=8,p=1$\(salt64)$\(hash64)$", "$scrypt$ln=15,r=8,p=1$\(salt64)==$\(hash64)",
        "$scrypt$ln=15,r=8,p=1$AAAA$\(hash64)", "$scrypt$ln=15,r=8,p=1$\(salt64)$AAAA",
        "$scrypt$ln=15,r=8,p=1$\(salt64)$\(hash64)\n",
        "$scrypt$ln=15,r=8,p=1$\(salt64)$\(String(repeating: "A", count: 400))",
    ]

    @Test("stored strings that are none", arguments: malformed)
    func malformedTexts(_ text: String) {
        #expect(throws: PasswordHashError.malformed) { try PasswordHash(text: text) }
    }

    @Test(
        "a stored string cannot demand gigabytes, nor be worth nothing",
        arguments: [
            "ln=31,r=8,p=1", "ln=20,r=8,p=1", "ln=17,r=32,p=1", "ln=15,r=999999999,p=1",
            "ln=15,r=8,p=999999999", "ln=1,r=1,p=1",
        ])
    func costs(_ parameters: String) {
        #expect(throws: PasswordHashError.cost) {
            try PasswordHash(text: "$scrypt$\(parameters)$\(Self.salt64)$\(Self.hash64)")
        }
    }

    @Test("every error has a code of its own, words and a remedy")
    func errors() {
        let errors: [PasswordHashError] = [
            .cost, .empty, .malformed, .memory(bytes: 1 << 25), .salt, .tooLong(limit: 1),
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        for error in errors { #expect(!error.description.isEmpty && !error.remedy.isEmpty) }
    }
}
