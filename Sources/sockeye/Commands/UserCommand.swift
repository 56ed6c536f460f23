import Configuration
import Gateway
import Glibc
import JSON
import SQLiteStore
import Tokens

/// `sockeye user`: who may log in with a password.
enum UserCommand {
    static let command = Command(
        name: "user",
        summary: "add, list, disable and enable users of the login",
        description: """
            The built-in login (login.path) takes the names and passwords of these users and answers with a token. Tokens \
            from elsewhere may name anybody; but a user who is disabled here is kept out whatever token he has.
            """,
        examples: [Example(line: "cat ada.password | sockeye user add ada --password-stdin")],
        subcommands: [add, list, passwd, disable, enable])

    private static let name = Argument(name: "NAME", summary: "the user's name, up to 250 bytes")
    private static let fromInput = Flag(
        name: "--password-stdin", summary: "read the password from standard input instead of the terminal")

    private static let add = Command(
        name: "add",
        summary: "add a user",
        description: """
            Asks for the password on the terminal, or takes it from standard input. Only a scrypt hash of it is kept. Claims go \
            into the user's tokens, for [[right]] and topics.
            """,
        arguments: [name],
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    fromInput,
                    Flag(
                        name: "--display-name", value: "TEXT",
                        summary: "what others see; the claim \"name\" of the user's tokens"),
                    Flag(
                        name: "--claim", value: "NAME=VALUE",
                        summary:
                            "a claim for the user's tokens; true, false and whole numbers are taken as such",
                        isRepeatable: true),
                    OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [
            Example(line: "cat ada.password | sockeye user add ada --password-stdin"),
            Example(line: "sockeye user add ada --display-name 'Ada L.' --claim role=editor"),
        ]
    ) { invocation in
        let name = try name(invocation)
        let claims = try invocation.values("--claim").map { text throws(CommandFailure) in
            try TokenCommand.claim(text)
        }
        let store = try StateStore(invocation)
        let hash = try password(of: name, invocation)
        try store.write { session throws(StoreError) in
            try session.addUser(
                name, password: hash.text, displayName: invocation.value("--display-name"),
                claims: claims.isEmpty ? nil : JSONValue.object(JSONObject(claims)).text, now: StateStore.now)
        }
        Talk.line("sockeye: user \"\(name.printable)\" is added")
        return .healthy
    }

    private static let list = Command(
        name: "list",
        summary: "list the users",
        description: "With --json: an object per line, times in Unix milliseconds.",
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--json", summary: "print an object per user"), OptionFlags.state,
                    OptionFlags.config,
                ])
        ],
        examples: [Example(line: "sockeye user list")]
    ) { invocation in
        var listing = Listing(columns: ["name", "display_name", "created_at", "disabled", "claims"])
        listing.rows = try StateStore(invocation).read { session throws(StoreError) in
            var rows: [[JSONValue]] = []
            var last: String?
            while true {
                let page = try session.users(after: last, limit: 1000)
                guard let end = page.last else { return rows }
                last = end.name
                rows += page.map {
                    [
                        .string($0.name), $0.displayName.map { .string($0) } ?? .null,
                        .integer($0.createdAt), .bool($0.isDisabled),
                        $0.claims.flatMap { try? JSONValue.parse($0) } ?? .null,
                    ]
                }
            }
        }
        listing.print(asJSON: invocation.has("--json"))
        return .healthy
    }

    private static let passwd = Command(
        name: "passwd",
        summary: "give a user another password",
        description: """
            Withdraws every token the user was given before, too, and ends the sessions they opened: whoever knew the old \
            password is out.
            """,
        arguments: [name],
        flags: [
            FlagGroup(title: "Options", flags: [fromInput, OptionFlags.state, OptionFlags.config])
        ],
        examples: [Example(line: "sockeye user passwd ada")]
    ) { invocation in
        let name = try name(invocation)
        let store = try StateStore(invocation)
        guard try store.read({ session throws(StoreError) in try session.user(name) }) != nil else {
            throw CommandFailure.usage(
                "there is no user '\(name.printable)'", hint: "'sockeye user list' shows who there is")
        }
        let hash = try password(of: name, invocation)
        try store.write { session throws(StoreError) in
            try session.setPassword(hash.text, of: name)
            try TokenRevocation.user(name).carryOut(session, now: StateStore.now)
        }
        Talk.line("sockeye: user \"\(name.printable)\" has another password; tokens from before are revoked")
        return .healthy
    }

    private static let disable = Command(
        name: "disable",
        summary: "keep a user out, and end the user's sessions",
        description: """
            A running server with the same --state refuses the user's tokens, wherever they come from, and ends the sessions \
            within about a second.
            """,
        arguments: [name],
        flags: [FlagGroup(title: "Options", flags: [OptionFlags.state, OptionFlags.config])],
        examples: [Example(line: "sockeye user disable ada")]
    ) { invocation in
        try set(isDisabled: true, invocation)
        return .healthy
    }

    private static let enable = Command(
        name: "enable",
        summary: "let a user in again",
        description: "Tokens that have not ended and were not revoked are good again.",
        arguments: [name],
        flags: [FlagGroup(title: "Options", flags: [OptionFlags.state, OptionFlags.config])],
        examples: [Example(line: "sockeye user enable ada")]
    ) { invocation in
        try set(isDisabled: false, invocation)
        return .healthy
    }

    private static func set(isDisabled: Bool, _ invocation: Invocation) throws(CommandFailure) {
        let name = try name(invocation)
        let isNew = try StateStore(invocation).write { session throws(StoreError) in
            try session.setDisabled(isDisabled, user: name)
        }
        let word = isDisabled ? "disabled" : "enabled"
        Talk.line("sockeye: user \"\(name.printable)\" is \(isNew ? word : "\(word) already")")
    }

    private static func name(_ invocation: Invocation) throws(CommandFailure) -> String {
        let name = invocation.arguments.first ?? ""
        guard Identity.isUsable(name) else {
            throw .usage(
                "no user can be called that", hint: "use 1 to 250 bytes without control characters")
        }
        return name
    }

    /// A password from standard input or, twice, from the terminal; hashed.
    private static func password(of name: String, _ invocation: Invocation) throws(CommandFailure)
        -> PasswordHash
    {
        let password: String
        if invocation.has(fromInput.name) {
            guard var bytes = readAll(STDIN_FILENO, limit: 4096) else {
                throw .unavailable("standard input cannot be read: \(errorText(errno))")
            }
            // The line end is the shell's, not the password's.
            if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .usage("the password is not UTF-8")
            }
            password = text
        } else {
            guard let first = RawTerminal.askSecret("Password for \(name.printable): ") else {
                throw .usage(
                    "there is no terminal to ask for the password",
                    hint: "give --password-stdin, and the password on standard input")
            }
            guard RawTerminal.askSecret("Once more: ") == first else {
                throw .usage("the two passwords differ", hint: "try again")
            }
            password = first
        }
        guard let salt = SigningSecret.random()?.bytes.prefix(PasswordHash.saltCount) else {
            throw .unavailable("the system gives no random bytes")
        }
        do throws(PasswordHashError) {
            return try PasswordHash(password, salt: Array(salt))
        } catch {
            throw .usage("the password cannot be used: \(error)", hint: "use 1 to 1024 bytes")
        }
    }
}
