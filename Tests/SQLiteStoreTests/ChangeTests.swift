import Glibc
import Testing

@testable import SQLiteStore

@Suite("Changes", .timeLimit(.minutes(5)))
struct ChangeTests {
    private let folder = StateFolder()
    private let changes: AsyncStream<StoreChange>
    private let store: Store

    init() throws {
        let (changes, report) = AsyncStream.makeStream(of: StoreChange.self)
        self.changes = changes
        var options = StoreOptions()
        options.changeInterval = 10
        store = try Store(
            path: folder.file, options: options, onChange: { for change in $0 { report.yield(change) } })
    }

    private func next(_ count: Int) async -> [StoreChange] {
        var found: [StoreChange] = []
        for await change in changes {
            found.append(change)
            if found.count == count { break }
        }
        return found
    }

    @Test("of one's own are told in order, after their completion")
    func own() async throws {
        try await store.change { session in
            try session.addUser("ada", password: "x", now: 1)
            try session.setDisabled(true, user: "ada")
            try session.setDisabled(false, user: "ada")
            try session.revoke(.tokenID("jti"), endsAt: 9, now: 1)
            try session.revoke(.user("ada"), issuedBefore: 7, endsAt: 9, now: 1)
            _ = try session.addToken(hash: hash(0xAB), user: "ada", expiresAt: nil, now: 1)
            try session.revokeTokens(.user("ada"))
            _ = try session.addAPIKey(hash: hash(0x01), name: "k", now: 1)
            try session.revokeAPIKey("k", now: 1)
            _ = try session.notify("ada", data: [1], now: 1)
            _ = try session.markRead(.upTo(9), of: "ada", now: 1)
            _ = try session.markRead(.upTo(9), of: "ada", now: 1)
            try session.removeUser("ada")
        }
        let (token, key) = (String(repeating: "ab", count: 32), String(repeating: "01", count: 32))
        let expected: [(StoreChange.Kind, String, Int64)] = [
            (.userChanged, "ada", 0), (.userDisabled, "ada", 0), (.userChanged, "ada", 0),
            (.tokenIDRevoked, "jti", 0), (.userRevoked, "ada", 7), (.tokenRevoked, token, 0),
            (.keyChanged, key, 0), (.keyChanged, key, 0), (.notification, "ada", 1),
            (.notificationsRead, "ada", 0), (.userDisabled, "ada", 0),
        ]
        let told = await next(expected.count)
        for (index, (change, expected)) in zip(told, expected).enumerated() {
            let (kind, subject, detail) = expected
            #expect(
                change
                    == StoreChange(
                        sequence: Int64(index + 1), kind: kind, subject: subject, detail: detail, isOwn: true)
            )
        }
    }

    @Test("of what was undone are not told")
    func undone() async throws {
        _ = await failure {
            try await store.change { session in
                try session.addUser("ada", password: "x", now: 1)
                try session.addUser("ada", password: "x", now: 1)
            }
        }
        try await store.change { try $0.addUser("bob", password: "x", now: 1) }
        #expect(await next(1).first?.subject == "bob")
    }

    @Test("by another process are told within the interval, also while this one writes")
    func foreign() async throws {
        _ = try await store.change {
            try $0.addToken(hash: hash(0xAB), user: "ada", expiresAt: nil, now: 1)
        }
        for _ in 0..<2 {
            await #expect(processExitsWith: .success) { [path = folder.file as String] in
                let store = try DirectStore(path: path)
                try store.change { session in
                    try session.revokeTokens(.prefix("ababab"))
                    try session.revoke(.user("ada"), issuedBefore: 5, endsAt: 9, now: 5)
                }
            }
        }
        // The second process found the token revoked already.
        let told = await next(3)
        #expect(told.map(\.kind) == [.tokenRevoked, .userRevoked, .userRevoked])
        #expect(told.allSatisfy { !$0.isOwn })
        #expect(try await store.look { try $0.token(hash: hash(0xAB)) }?.isRevoked == true)
    }

    @Test("that nobody can name any more are told as unknown")
    func gap() async throws {
        let other = try DirectStore(path: folder.file)
        let kept = StoreWriter.changesKept
        try other.change { session in
            for _ in 0..<(kept + 300) { try session.record(.userChanged, "ada") }
        }
        let first = await next(2)
        #expect(first.map(\.kind) == [.unknown, .userChanged])
        #expect(first.map(\.sequence) == [256, 257])
        _ = await next(Int(kept + 300) - 257)
        _ = try other.change { try $0.database.run("UPDATE change SET kind = 99") }
        _ = try other.change {
            try $0.database.run("INSERT INTO change (kind, subject, detail, origin) VALUES (99, '', 0, 0)")
        }
        #expect(await next(1).map(\.kind) == [.unknown])
    }
}
