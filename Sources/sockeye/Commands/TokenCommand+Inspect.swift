import Configuration
import Gateway
import Glibc
import JSON
import SQLiteStore
import Tokens

extension TokenCommand {
    static let inspect = Command(
        name: "inspect",
        summary: "say what a token holds and whether the server accepts it",
        description: """
            Reads a token from a file or from standard input, and tells line by line what it says and what the server makes \
            of it: signature, user, times, claims, revocations. Whoever the server would ask is asked: the issuer's key set, the \
            store, the backend. The last line is the verdict. The exit status is 0 when the server \
            would accept it and 1 when not. With --json: an object with "accepted", "code", "remedy" and "reasons" (all codes) when \
            refused, "user" when accepted, and "lines".

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
        let token = try read(invocation.arguments.first ?? "-", for: "inspect")
        let options = try OptionFlags.load(invocation, tellsWarnings: false).options
        let directory = try directory(options)
        let setup = try setup(options, directory)
        let inspection: TokenInspection
        do throws(StoreError) {
            let path = directory.path(of: Store.fileName)
            let store = access(path, F_OK) == 0 ? try DirectStore(path: path) : nil
            inspection = try TokenInspection(token, setup, options, store: store, now: StateStore.now)
        } catch {
            throw CommandFailure.unavailable("\(error)", hint: error.remedy)
        }
        let reason = inspection.reasons.first
        if invocation.has("--json") {
            let report = JSONValue.object([
                ("accepted", .bool(reason == nil)), ("user", inspection.user.map { .string($0) }),
                ("code", reason.map { .string($0.code) }), ("remedy", reason.map { .string($0.remedy) }),
                (
                    "reasons", reason == nil ? nil : .array(inspection.reasons.map { .string($0.code) })
                ),
                ("lines", .array(inspection.lines.map { .string($0) })),
            ])
            Output.line(report.text)
        } else {
            for line in inspection.lines { Output.line(line.printable) }
        }
        return reason == nil ? .healthy : .findings
    }
}
