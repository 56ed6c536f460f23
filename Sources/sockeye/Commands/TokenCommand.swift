import Bytes
import Configuration
import Gateway
import Glibc
import JSON
import Tokens

/// `sockeye token`: tokens for people, scripts and tests.
enum TokenCommand {
    static let command = Command(
        name: "token",
        summary: "make and examine tokens",
        description: """
            Tokens are JSON Web Tokens signed with the secret in the state directory; 'mint' makes the secret when there is \
            none yet. A server and this command agree when they use the same --state.
            """,
        examples: [Example(line: "sockeye token mint --user ada --ttl 1h")],
        subcommands: [mint, inspect])

    private static let mint = Command(
        name: "mint",
        summary: "print a token that the server accepts",
        description: """
            Prints the token and nothing else. Whoever has it is that user until it expires, so keep it out of logs and \
            command lines: put it into a file or an environment variable.
            """,
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--user", value: "NAME", summary: "who the token is for; must be given"),
                    Flag(
                        name: "--ttl", value: "DURATION",
                        summary: "how long it is valid, such as 90s, 12h or 30d; default 24h"),
                    OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [Example(line: "sockeye token mint --user ada --ttl 1h > ada.token")]
    ) { invocation in
        guard let user = invocation.value("--user") else {
            throw CommandFailure.usage("token mint: who is the token for?", hint: "give --user NAME")
        }
        let text = invocation.value("--ttl") ?? "24h"
        guard let ttl = Duration(text: text), ttl >= .seconds(1) else {
            throw CommandFailure.usage(
                "--ttl: \"\(text)\" is not a span of a second and more", hint: "use 90s, 12h or 30d")
        }
        let key = try signingKey(invocation)
        do throws(TokenError) {
            Output.line(try TokenMint.mint(user: user, ttl: ttl.components.seconds, now: now(), key: key))
        } catch {
            throw CommandFailure.usage("\(error)", hint: error.remedy)
        }
        return .healthy
    }

    private static let inspect = Command(
        name: "inspect",
        summary: "say what a token holds and whether the server accepts it",
        description: """
            Reads a token from a file or from standard input, and tells line by line what it says and what the server makes \
            of it: signature, user, times, claims. The last line is the verdict. The exit status is 0 when the server \
            would accept it and 1 when not. With --json: an object with "accepted", "code" and "remedy" when refused, "user" \
            when accepted, and "lines".

            A token is never taken from the command line, where every user of the machine could read it.
            """,
        arguments: [
            Argument(
                name: "FILE", summary: "a file that holds the token alone; - or nothing is standard input",
                isOptional: true,
                completion: .files)
        ],
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--json", summary: "print an object"), OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [
            Example(line: "sockeye token inspect ada.token"),
            Example(line: "sockeye token mint --user ada | sockeye token inspect"),
        ]
    ) { invocation in
        let token = try read(invocation.arguments.first ?? "-")
        let verifier = TokenVerifier(keys: [try signingKey(invocation)])
        let moment = now()
        let lines = verifier.explain(token, now: moment)
        var report = JSONObject([])
        var status = ExitStatus.healthy
        do throws(TokenError) {
            let identity = try verifier.verify(token, now: moment)
            report["accepted"] = .bool(true)
            report["user"] = .string(identity.user)
        } catch {
            report["accepted"] = .bool(false)
            report["code"] = .string(error.code)
            report["remedy"] = .string(error.remedy)
            status = .findings
        }
        if invocation.has("--json") {
            report["lines"] = .array(lines.map { .string($0) })
            let text = ByteBuffer()
            JSONWriter.append(.object(report), to: text)
            Output.line(String(decoding: text.bytes, as: UTF8.self))
        } else {
            for line in lines { Output.line(line) }
        }
        return status
    }

    /// The key of the state directory that file, environment and flags agree on.
    private static func signingKey(_ invocation: Invocation) throws(CommandFailure) -> TokenKey {
        let options = try OptionFlags.load(invocation, tellsWarnings: false).options
        do {
            return try StateDirectory(path: options.state).signingKey()
        } catch {
            throw .unavailable("\(error)", hint: error.remedy)
        }
    }

    /// A token from a file, without the white space around it.
    private static func read(_ path: String) throws(CommandFailure) -> String {
        if path.hasPrefix("eyJ"), path.contains(".") {
            throw .usage(
                "token inspect: a token on the command line can be read by every user of this machine",
                hint: "pipe it in, or put it into a file; consider this one known")
        }
        let isInput = path == "-"
        if isInput, isatty(STDIN_FILENO) == 1 { Talk.line("paste the token, then press Enter and Ctrl-D") }
        let limit = 1 << 20
        guard let bytes = isInput ? readAll(STDIN_FILENO, limit: limit) : readFile(path, limit: limit) else {
            throw .unavailable("\(path): \(errorText(errno))", hint: "give a file that holds a token")
        }
        return trimmed(String(decoding: bytes, as: UTF8.self))
    }

    private static func now() -> Int64 { Int64(time(nil)) }
}
