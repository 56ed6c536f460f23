import Configuration
import Gateway
import Glibc
import JSON
import SQLiteStore
import Tokens

extension TokenCommand {
    static let mint = Command(
        name: "mint",
        summary: "print a token that the server accepts",
        description: """
            Prints the token and nothing else. Whoever has it is that user until it expires, so keep it out of logs and \
            command lines: put it into a file or an environment variable.

            What the configuration demands of tokens (audience, issuer, type, claims) is put into it. With --opaque it is \
            random, and says nothing by itself: the server looks it up, where token.opaque is on.
            """,
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--user", value: "NAME", summary: "who the token is for; must be given"),
                    Flag(
                        name: "--ttl", value: "DURATION",
                        summary: "how long it is valid, such as 90s, 12h or 30d; default 24h"),
                    Flag(
                        name: "--claim", value: "NAME=VALUE",
                        summary: "a further claim; true, false and whole numbers are taken as such",
                        isRepeatable: true),
                    Flag(name: "--opaque", summary: "a random token that is kept in the store"),
                    Flag(
                        name: "--label", value: "TEXT",
                        summary: "what the list calls it; with --opaque"),
                    OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [
            Example(line: "sockeye token mint --user ada --ttl 1h > ada.token"),
            Example(line: "sockeye token mint --user ada --claim role=editor --config sockeye.toml"),
        ]
    ) { invocation in
        guard let user = invocation.value("--user") else {
            throw CommandFailure.usage("token mint: who is the token for?", hint: "give --user NAME")
        }
        let text = invocation.value("--ttl") ?? "24h"
        guard let ttl = Duration(text: text), ttl >= .seconds(1) else {
            throw CommandFailure.usage(
                "--ttl: \"\(text)\" is not a span of a second and more", hint: "use 90s, 12h or 30d")
        }
        let claims = try invocation.values("--claim").map { text throws(CommandFailure) in try claim(text) }
        if invocation.has("--opaque") {
            try mintOpaque(invocation, user, ttl, claims)
            return .healthy
        }
        if invocation.value("--label") != nil {
            throw CommandFailure.usage("--label is for tokens in the store", hint: "add --opaque")
        }
        let options = try OptionFlags.load(invocation, tellsWarnings: false).options
        let directory = try directory(options)
        let setup = try setup(options, directory)
        guard let key = setup.keys.mintingKey else {
            throw CommandFailure.unavailable(
                "the configured keys are public: only their issuer can sign tokens",
                hint: options.token.opaque
                    ? "add --opaque for a token that is looked up" : "ask the issuer for a token")
        }
        do throws(TokenError) {
            let token = try TokenMint.mint(
                user: user, ttl: ttl.components.seconds, now: issuingTime(user, options, directory), key: key,
                policy: setup.policy, id: Array(SigningSecret.random()?.bytes.prefix(16) ?? []),
                claims: claims)
            Output.line(token)
        } catch {
            throw CommandFailure.usage("\(error)", hint: error.remedy)
        }
        return .healthy
    }

    private static func mintOpaque(
        _ invocation: Invocation, _ user: String, _ ttl: Duration, _ claims: [JSONObject.Member]
    ) throws(CommandFailure) {
        guard Identity.isUsable(user) else {
            throw .usage(
                "no user can be called that", hint: "use 1 to 250 bytes without control characters")
        }
        let store = try StateStore(invocation)
        guard let secret = SigningSecret.random(), let token = OpaqueToken(.token, random: secret.bytes)
        else {
            throw .unavailable("the system gives no random bytes")
        }
        let (end, isOver) = StateStore.now.addingReportingOverflow(
            ttl.components.seconds.multipliedReportingOverflow(by: 1000).partialValue)
        try store.write { session throws(StoreError) in
            let now = StateStore.now
            let revocation = try session.revocation(.user(user), now: now)
            _ = try session.addToken(
                hash: token.hash.bytes, user: user, expiresAt: isOver || end < 0 ? nil : end,
                label: invocation.value("--label"),
                claims: claims.isEmpty ? nil : JSONValue.object(JSONObject(claims)).text,
                now: max(now, min(now + 1000, ((revocation?.issuedBefore ?? 0) &+ 999) / 1000 * 1000)))
        }
        if !store.options.token.opaque {
            Talk.warning(
                "the configuration has token.opaque off, so a server with it looks no token up",
                hint: "set opaque = true in [token]")
        }
        Output.line(token.text)
    }

    /// Now, or right after the last revocation of the user: one of the same second would cover the new token too.
    private static func issuingTime(
        _ user: String, _ options: Options, _ directory: StateDirectory
    ) -> Int64 {
        let now = Int64(time(nil))
        let path = directory.path(of: Store.fileName)
        guard access(path, F_OK) == 0, let store = try? DirectStore(path: path),
            let revocation = try? store.read({ session throws(StoreError) in
                try session.revocation(.user(user), now: StateStore.now)
            })
        else { return now }
        return max(now, min(now + 1, (revocation.issuedBefore &+ 999) / 1000))
    }

    static func claim(_ text: String) throws(CommandFailure) -> JSONObject.Member {
        guard let (name, value) = TokenOptions.claim(text) else {
            throw .usage("--claim: \"\(text)\" is not NAME=VALUE", hint: "write such as role=editor")
        }
        if let scalar = try? JSONValue.parse(value) { return .init(key: name, value: scalar) }
        return .init(key: name, value: .string(value))
    }
}
