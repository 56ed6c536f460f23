import SQLiteStore
import Testing

@Suite("Users and API keys")
struct AccountTests {
    private let folder = StateFolder()
    private let store: DirectStore

    init() throws { store = try DirectStore(path: folder.file) }

    @Test("a user is added once, changed, disabled, enabled and removed")
    func users() throws {
        try store.change {
            try $0.addUser("ada", password: "$argon2id$1", displayName: "Ada L.", claims: "{}", now: 3)
        }
        let again = failure { try store.change { try $0.addUser("ada", password: "x", now: 4) } }
        #expect(again == .exists(.user, "ada"))
        #expect(
            failure { try store.change { try $0.addUser("", password: "x", now: 4) } }?.code
                == "STORE-INVALID")
        // Names compare octet by octet: these are two users.
        for name in ["\u{E9}", "e\u{301}", "Ada", "nul\0"] {
            try store.change { try $0.addUser(name, password: "x", now: 4) }
            #expect(try store.look { try $0.user(name) }?.name.utf8.elementsEqual(name.utf8) == true)
        }
        try store.change { session in
            try session.setPassword("$argon2id$2", of: "ada")
            try session.setProfile(displayName: nil, claims: #"{"a":1}"#, of: "ada")
        }
        #expect(try store.change { try $0.setDisabled(true, user: "ada") })
        #expect(try store.change { try $0.setDisabled(true, user: "ada") } == false)
        let ada = try #require(try store.look { try $0.user("ada") })
        #expect((ada.password, ada.isDisabled, ada.displayName) == ("$argon2id$2", true, nil))
        #expect((ada.claims, ada.createdAt) == (#"{"a":1}"#, 3))
        #expect(try store.change { try $0.setDisabled(false, user: "ada") })
        #expect(try store.look { try $0.user("ada") }?.isDisabled == false)
        #expect(try store.look { try $0.users(limit: 2) }.map(\.name) == ["Ada", "ada"])
        #expect(try store.look { try $0.users(after: "ada", limit: 9) }.count == 3)

        try store.change { try $0.removeUser("ada") }
        #expect(try store.look { try $0.user("ada") } == nil)
        for change in [
            { try $0.removeUser("ada") }, { try $0.setPassword("x", of: "ada") },
            { try $0.setProfile(displayName: nil, claims: nil, of: "ada") },
            { try $0.setDisabled(false, user: "ada") },
        ] as [(StoreWriter) throws -> Void] {
            #expect(failure { try store.change(change) } == .unknown(.user, "ada"))
        }
    }

    @Test("a key is made, found by its hash, and taken back by its name")
    func keys() throws {
        #expect(try store.change { try $0.addAPIKey(hash: hash(1), name: "backend", now: 3) } == 1)
        for (seed, name) in [(2, "backend"), (1, "other")] as [(UInt8, String)] {
            let error = failure {
                try store.change { try $0.addAPIKey(hash: hash(seed), name: name, now: 3) }
            }
            #expect(error == .exists(.apiKey, name))
        }
        for (hash, name) in [([1, 2], "short"), (hash(3), "")] {
            let error = failure { try store.change { try $0.addAPIKey(hash: hash, name: name, now: 3) } }
            #expect(error?.code == "STORE-INVALID")
        }
        var uses: [Int64?] = []
        for now: Int64 in [1_000, 60_999, 61_000, 70_000] {
            try store.change { try $0.touchAPIKey(hash: hash(1), now: now) }
            uses.append(try store.look { try $0.apiKey(hash: hash(1)) }?.lastUsedAt)
        }
        #expect(uses == [1_000, 1_000, 61_000, 61_000])

        #expect(try store.change { try $0.revokeAPIKey("backend", now: 9) }.revokedAt == 9)
        let unknown = failure { try store.change { try $0.revokeAPIKey("backend", now: 10) } }
        #expect(unknown == .unknown(.apiKey, "backend"))
        #expect(try store.look { try $0.apiKey(hash: hash(1)) }?.revokedAt == 9)
        // The name is free again, the hash is not.
        #expect(try store.change { try $0.addAPIKey(hash: hash(2), name: "backend", now: 11) } == 2)
        #expect(try store.look { try $0.apiKeys(limit: 9) }.map(\.id) == [1, 2])
        #expect(try store.look { try $0.apiKeys(after: 1, limit: 9) }.map(\.name) == ["backend"])
        #expect(try store.look { try $0.apiKey(hash: hash(7)) } == nil)
    }
}
