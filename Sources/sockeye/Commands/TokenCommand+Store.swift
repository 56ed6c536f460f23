import Configuration
import Gateway
import JSON
import SQLiteStore
import Tokens

extension TokenCommand {
    static let revoke = Command(
        name: "revoke",
        summary: "withdraw a token, or all of a user",
        description: """
            A running server with the same --state refuses the token from then on and, within about a second, ends the \
            sessions it opened with close code 3504. FILE holds the token; --number takes one from 'sockeye token list'; \
            --id a JWT by its id (jti); --user everything that user was given before now, so that only a new login helps. \
            A JWT without an id can only be revoked with its user.
            """,
        arguments: [
            Argument(
                name: "FILE", summary: "a file that holds the token alone; - is standard input",
                isOptional: true, completion: .files)
        ],
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--user", value: "NAME", summary: "all tokens of this user"),
                    Flag(name: "--number", value: "N", summary: "the token of this number in the list"),
                    Flag(name: "--id", value: "ID", summary: "the JWT with this id (jti)"),
                    OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [
            Example(line: "sockeye token revoke --user ada"), Example(line: "sockeye token revoke ada.token"),
        ]
    ) { invocation in
        let ways = ["--user", "--number", "--id"].filter { invocation.value($0) != nil }
        guard ways.count + invocation.arguments.count == 1 else {
            throw CommandFailure.usage(
                "token revoke: which token?", hint: "give one of FILE, --user, --number and --id")
        }
        if let text = invocation.value("--number"), Int64(text) == nil {
            throw CommandFailure.usage("--number: '\(text)' is no number")
        }
        let token = try invocation.arguments.first.map { path throws(CommandFailure) in
            try read(path, for: "revoke")
        }
        let store = try StateStore(invocation)
        if let user = invocation.value("--user") {
            try revoke(.user(user), store)
            Talk.line("sockeye: all tokens of \"\(user.printable)\" are revoked")
        } else if let number = invocation.value("--number").flatMap({ Int64($0) }) {
            try store.write { session throws(StoreError) in try session.revokeTokens(.id(number)) }
            Talk.line("sockeye: token \(number) is revoked")
        } else if let id = invocation.value("--id") {
            try revoke(.id(id, end: nil), store)
            Talk.line("sockeye: the token is revoked")
        } else if let token {
            guard let revocation = TokenRevocation(of: token) else {
                throw CommandFailure.usage(
                    "the token has no id (jti), so it cannot be told from the others of its user",
                    hint: "revoke all of them: sockeye token revoke --user NAME")
            }
            try revoke(revocation, store)
            Talk.line("sockeye: the token is revoked")
        }
        return .healthy
    }

    static let list = Command(
        name: "list",
        summary: "list the tokens in the store, and what is revoked",
        description: """
            Shows tokens made with --opaque; a JWT is kept nowhere. With --revoked: what was revoked beside them, JWT by id or \
            by user. With --json: an object per line, times in Unix milliseconds.
            """,
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--user", value: "NAME", summary: "those of this user alone"),
                    Flag(name: "--revoked", summary: "revocations instead of tokens"),
                    Flag(name: "--json", summary: "print an object per line"),
                    OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [Example(line: "sockeye token list --user ada")]
    ) { invocation in
        let store = try StateStore(invocation)
        let user = invocation.value("--user")
        let listing = try store.read { session throws(StoreError) in
            invocation.has("--revoked") ? try revocations(session, of: user) : try tokens(session, of: user)
        }
        listing.print(asJSON: invocation.has("--json"))
        return .healthy
    }

    private static func tokens(_ session: StoreReader, of user: String?) throws(StoreError) -> Listing {
        var listing = Listing(columns: ["number", "user", "label", "created_at", "expires_at", "revoked"])
        var last: Int64 = 0
        while true {
            let page = try session.tokens(of: user, after: last, limit: 1000)
            guard let end = page.last else { return listing }
            last = end.id
            listing.rows += page.map {
                [
                    .integer($0.id), .string($0.userID), $0.label.map { .string($0) } ?? .null,
                    .integer($0.createdAt), .moment($0.expiresAt), .bool($0.isRevoked),
                ]
            }
        }
    }

    private static func revocations(_ session: StoreReader, of user: String?) throws(StoreError) -> Listing {
        var listing = Listing(columns: ["what", "name", "created_at"])
        for revocation in try session.revocations(now: StateStore.now, limit: 1_000_000) {
            switch revocation.target {
            case .tokenID(let id):
                if user == nil {
                    listing.rows.append([.string("token"), .string(id), .integer(revocation.createdAt)])
                }
            case .user(let name):
                if user == nil || user == name {
                    listing.rows.append([.string("user"), .string(name), .integer(revocation.createdAt)])
                }
            }
        }
        return listing
    }

    private static func revoke(_ revocation: TokenRevocation, _ store: StateStore) throws(CommandFailure) {
        try store.write { session throws(StoreError) in
            try revocation.carryOut(session, now: StateStore.now)
        }
    }
}
