import JSON
import SQLiteStore
import Tokens

/// `sockeye key`: keys of the HTTP API.
enum KeyCommand {
    static let command = Command(
        name: "key",
        summary: "make and revoke keys of the HTTP API",
        description: """
            A key opens the HTTP API: who has it may publish to any topic, read any history and end any session. It belongs \
            into the configuration of a backend, never into a page. A running server with the same --state knows of a new or \
            revoked key within a second.
            """,
        examples: [Example(line: "sockeye key create --name billing > billing.key")],
        subcommands: [create, list, revoke])

    private static let create = Command(
        name: "create",
        summary: "print a new key",
        description: """
            Prints the key and nothing else. Only its hash is kept, so it cannot be shown again.
            """,
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(
                        name: "--name", value: "NAME",
                        summary: "what to call it, such as the service that uses it; default key-1, key-2, …"),
                    OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [Example(line: "sockeye key create --name billing > billing.key")]
    ) { invocation in
        let store = try StateStore(invocation)
        guard let secret = SigningSecret.random(), let key = OpaqueToken(.key, random: secret.bytes) else {
            throw CommandFailure.unavailable("the system gives no random bytes")
        }
        try store.write { session throws(StoreError) in
            let taken = try keys(session).filter { $0.revokedAt == nil }.map(\.name)
            let free = (1...taken.count + 1).lazy.map { "key-\($0)" }.first { !taken.contains($0) }
            let name = invocation.value("--name") ?? free ?? "key"
            return try session.addAPIKey(hash: key.hash.bytes, name: name, now: StateStore.now)
        }
        Output.line(key.text)
        return .healthy
    }

    private static let list = Command(
        name: "list",
        summary: "list the keys, revoked ones among them",
        description:
            "The keys themselves are not known any more. With --json: an object per line, times in Unix milliseconds.",
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--json", summary: "print an object per key"), OptionFlags.state,
                    OptionFlags.config,
                ])
        ],
        examples: [Example(line: "sockeye key list")]
    ) { invocation in
        let records = try StateStore(invocation).read { session throws(StoreError) in try keys(session) }
        var listing = Listing(columns: ["name", "created_at", "last_used_at", "revoked_at"])
        listing.rows = records.map {
            [.string($0.name), .integer($0.createdAt), .moment($0.lastUsedAt), .moment($0.revokedAt)]
        }
        listing.print(asJSON: invocation.has("--json"))
        return .healthy
    }

    private static let revoke = Command(
        name: "revoke",
        summary: "take a key back",
        description: "The key opens nothing from then on. Its name may be given to another key.",
        arguments: [Argument(name: "NAME", summary: "the name of the key, as 'sockeye key list' shows it")],
        flags: [FlagGroup(title: "Options", flags: [OptionFlags.state, OptionFlags.config])],
        examples: [Example(line: "sockeye key revoke billing")]
    ) { invocation in
        let name = invocation.arguments.first ?? ""
        try StateStore(invocation).write { session throws(StoreError) in
            try session.revokeAPIKey(name, now: StateStore.now)
        }
        Talk.line("sockeye: the key \"\(name.printable)\" is revoked")
        return .healthy
    }

    private static func keys(_ session: StoreReader) throws(StoreError) -> [APIKeyRecord] {
        var records: [APIKeyRecord] = []
        while true {
            let page = try session.apiKeys(after: records.last?.id ?? 0, limit: 1000)
            if page.isEmpty { return records }
            records += page
        }
    }
}
