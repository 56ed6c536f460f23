import Testing

@testable import SQLiteStore

@Suite("Tokens and revocations")
struct TokenTests {
    private let folder = StateFolder()
    private let store: DirectStore

    init() throws { store = try DirectStore(path: folder.file) }

    @discardableResult
    private func add(_ seed: UInt8, _ user: String = "ada", expiresAt: Int64? = nil) throws -> Int64 {
        try store.change { try $0.addToken(hash: hash(seed), user: user, expiresAt: expiresAt, now: 5) }
    }

    private func isRevoked(_ seed: UInt8) throws -> Bool? {
        try store.look { try $0.token(hash: hash(seed))?.isRevoked }
    }

    @Test("are found by their hash, with all they were added with")
    func find() throws {
        #expect(try store.look { try $0.token(hash: hash(1)) } == nil)
        let id = try store.change {
            try $0.addToken(
                hash: hash(1), user: "ada", expiresAt: 100, label: "phone", claims: #"{"a":1}"#, now: 5)
        }
        let token = try #require(try store.look { try $0.token(hash: hash(1)) })
        #expect((token.id, token.hash, token.userID, token.isRevoked) == (id, hash(1), "ada", false))
        #expect((token.expiresAt, token.createdAt, token.label) == (100, 5, "phone"))
        #expect(token.claims == #"{"a":1}"#)
        #expect(failure { try add(1) }?.code == "STORE-EXISTS")
        let short = failure {
            try store.change { try $0.addToken(hash: [1], user: "a", expiresAt: nil, now: 0) }
        }
        #expect(short?.code == "STORE-INVALID")
    }

    @Test("are taken back by hash, number, beginning or user; each once")
    func revoke() throws {
        for seed: UInt8 in [0x11, 0x22, 0x33, 0x44] { try add(seed) }
        try add(0x55, "bob")
        var similar = hash(0x11)
        similar[31] = 0
        _ = try store.change { [similar] in
            try $0.addToken(hash: similar, user: "bob", expiresAt: nil, now: 0)
        }

        let byHash = try store.change { try $0.revokeTokens(.hash(hash(0x11))) }
        #expect(byHash.map(\.isRevoked) == [true])
        #expect(try store.change { try $0.revokeTokens(.hash(hash(0x11))) } == [])
        #expect(try store.change { try $0.revokeTokens(.id(2)) }.map(\.hash) == [hash(0x22)])
        let byPrefix = try store.change { try $0.revokeTokens(.prefix(String(repeating: "3", count: 7))) }
        #expect(byPrefix.map(\.hash) == [hash(0x33)])
        #expect(try isRevoked(0x44) == false)
        #expect(try store.change { try $0.revokeTokens(.user("ada")) }.map(\.hash) == [hash(0x44)])
        #expect(try store.change { try $0.revokeTokens(.user("nobody")) } == [])
        #expect(try isRevoked(0x55) == false)

        func error(_ selection: TokenSelection) -> StoreError? {
            failure { try store.change { try $0.revokeTokens(selection) } }
        }
        #expect(error(.prefix("111111")) == .ambiguous("111111"))
        #expect(error(.prefix("abcdef")) == .unknown(.token, "abcdef"))
        #expect(error(.id(99)) == .unknown(.token, "99"))
        #expect(error(.hash(hash(9)))?.code == "STORE-UNKNOWN")
        for bad in ["", "1111", "gggggg", "%%%%%%", "１１１１１１"] {
            #expect(error(.prefix(bad))?.code == "STORE-INVALID")
        }
    }

    @Test("are listed page by page and swept when long expired")
    func listing() throws {
        for seed: UInt8 in 1...30 {
            try add(seed, seed % 3 == 0 ? "bob" : "ada", expiresAt: seed % 2 == 0 ? Int64(seed) : nil)
        }
        var ids: [Int64] = []
        while case let page = try store.look({ [ids] in try $0.tokens(after: ids.last ?? 0, limit: 7) }),
            !page.isEmpty
        {
            ids += page.map(\.id)
        }
        #expect(ids == Array(1...30))
        let bobs = try store.look { try $0.tokens(of: "bob", after: 3, limit: 2) }
        #expect(bobs.map(\.id) == [6, 9])
        #expect(try store.change { try $0.sweepTokens(expiredBefore: 20, limit: 5) } == 5)
        #expect(try store.change { try $0.sweepTokens(expiredBefore: 20, limit: 5) } == 4)
        #expect(try store.change { try $0.sweepTokens(expiredBefore: 20, limit: 5) } == 0)
        #expect(try store.look { try $0.tokens(limit: 100) }.count == 21)
    }

    @Test("with a signature are revoked by id or by user, until the last has expired")
    func revocations() throws {
        try store.change { session in
            try session.revoke(.tokenID("jti"), endsAt: 100, now: 1)
            try session.revoke(.user("jti"), endsAt: 200, now: 2)
            try session.revoke(.user("ada"), issuedBefore: 50, endsAt: 150, now: 60)
            // The strictest counts, in whatever order they come.
            try session.revoke(.user("ada"), issuedBefore: 40, endsAt: 300, now: 70)
        }
        #expect(
            try store.look { try $0.revocations(now: 0, limit: 10) } == [
                Revocation(target: .user("ada"), issuedBefore: 50, endsAt: 300, createdAt: 70),
                Revocation(target: .user("jti"), issuedBefore: 2, endsAt: 200, createdAt: 2),
                Revocation(target: .tokenID("jti"), issuedBefore: 0, endsAt: 100, createdAt: 1),
            ])
        #expect(try store.look { try $0.revocations(now: 100, limit: 1) }.map(\.target) == [.user("ada")])
        #expect(try store.look { try $0.revocation(.tokenID("jti"), now: 99) } != nil)
        #expect(try store.look { try $0.revocation(.tokenID("jti"), now: 100) } == nil)
        #expect(try store.look { try $0.revocation(.tokenID("ada"), now: 0) } == nil)
        #expect(try store.change { try $0.sweepRevocations(now: 200, limit: 10) } == 2)
        #expect(try store.look { try $0.revocations(now: 0, limit: 10) }.map(\.target) == [.user("ada")])
    }
}
