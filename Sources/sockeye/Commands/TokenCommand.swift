import Configuration
import Gateway
import Glibc
import JSON
import Tokens

/// `sockeye token`: tokens for people, scripts and tests.
enum TokenCommand {
    static let command = Command(
        name: "token",
        summary: "make, examine and revoke tokens",
        description: """
            Tokens are JSON Web Tokens signed with the key of the configuration, or with the secret in the state directory; \
            'mint' makes that secret when there is none yet. A server and this command agree when they use the same --state \
            and --config.
            """,
        examples: [Example(line: "sockeye token mint --user ada --ttl 1h")],
        subcommands: [mint, inspect, revoke, list])

    /// What the configuration says about tokens.
    static func setup(
        _ options: Options, _ directory: StateDirectory
    ) throws(CommandFailure) -> TokenSetup {
        do {
            return try TokenSetup(options, ownKey: directory.signingKey)
        } catch {
            throw .unavailable("\(error)", hint: error.remedy)
        }
    }

    static func directory(_ options: Options) throws(CommandFailure) -> StateDirectory {
        do {
            return try StateDirectory(path: options.state)
        } catch {
            throw .unavailable("\(error)", hint: error.remedy)
        }
    }

    /// A token from a file, without the white space around it.
    static func read(_ path: String, for command: String) throws(CommandFailure) -> String {
        if path.hasPrefix("eyJ") && path.contains(".") || OpaqueToken(path) != nil {
            throw .usage(
                "token \(command): a token on the command line can be read by every user of this machine",
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
}
