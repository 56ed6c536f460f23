import Configuration
import Glibc
import JSON
import SQLiteStore
import Tokens

/// `sockeye notify`: a notification from the command line.
enum NotifyCommand {
    static let command = Command(
        name: "notify",
        summary: "put a notification into a user's inbox",
        description: """
            The notification is on disk when this returns. A running server with the same --state pushes it to every open \
            window of the user within a second; without one it waits in the inbox. Prints an object with its id and how \
            many the user has not read.
            """,
        flags: [
            FlagGroup(
                title: "Options",
                flags: [
                    Flag(name: "--user", value: "NAME", summary: "who is notified; must be given"),
                    Flag(
                        name: "--data", value: "JSON",
                        summary: "what the notification says, any JSON value; - reads it from standard input"),
                    Flag(
                        name: "--ttl", value: "DURATION",
                        summary: "when it disappears by itself, such as 12h or 30d; default never"),
                    Flag(
                        name: "--key", value: "KEY",
                        summary: "while the inbox holds one with this key, another is not added"),
                    OptionFlags.state, OptionFlags.config,
                ])
        ],
        examples: [
            Example(line: #"sockeye notify --user ada --data '{"text":"the build is green"}' --ttl 7d"#)
        ]
    ) { invocation in
        guard let user = invocation.value("--user") else {
            throw CommandFailure.usage("notify: who is notified?", hint: "give --user NAME")
        }
        guard Identity.isUsable(user) else {
            throw CommandFailure.usage(
                "--user: \"\(user.printable)\" cannot be a user's name",
                hint: "use 1 to \(Identity.longestUser) bytes without control characters")
        }
        let key = invocation.value("--key")
        if let key, !(1...128).contains(key.utf8.count) {
            throw CommandFailure.usage("--key: a key has 1 to 128 bytes", hint: "use a UUID, for example")
        }
        let life = try lifetime(invocation.value("--ttl"))
        let store = try StateStore(invocation)
        let data = try data(invocation.value("--data"), limit: store.options.publishLimit)
        let now = StateStore.now
        let result = try store.write { session throws(StoreError) in
            try session.notify(
                user, data: data, key: key, expiresAt: life.map { now &+ $0 }, now: now)
        }
        var answer = JSONObject([
            .init(key: "id", value: .integer(result.id)),
            .init(key: "unread", value: .integer(Int64(result.unread))),
        ])
        if result.isDuplicate { answer["duplicate"] = .bool(true) }
        Output.line(JSONValue.object(answer).text)
        return .healthy
    }

    /// In milliseconds.
    private static func lifetime(_ text: String?) throws(CommandFailure) -> Int64? {
        guard let text else { return nil }
        guard let ttl = Duration(text: text), ttl >= .seconds(1), ttl <= .seconds(315_360_000) else {
            throw .usage(
                "--ttl: \"\(text.printable)\" is not a span of a second to ten years",
                hint: "use 90s, 12h or 30d"
            )
        }
        return ttl.components.seconds * 1000 + ttl.components.attoseconds / 1_000_000_000_000_000
    }

    /// The JSON text to send, as given.
    private static func data(_ text: String?, limit: Int) throws(CommandFailure) -> [UInt8] {
        guard let text else {
            throw .usage(
                "notify: what does it say?", hint: #"give --data JSON, such as --data '{"text":"hello"}'"#)
        }
        let bytes: [UInt8]
        if text == "-" {
            // A byte more than is allowed shows that there is more.
            guard let input = readAll(STDIN_FILENO, limit: limit + 1) else {
                throw .unavailable("standard input: \(errorText(errno))", hint: "pipe the JSON in")
            }
            bytes = input
        } else {
            bytes = Array(text.utf8)
        }
        guard bytes.count <= limit else {
            throw .usage(
                "--data: more than the \(limit) bytes of limits.publish", hint: "send a reference instead")
        }
        let result: Result<[UInt8], JSONError> = bytes.withUnsafeBytes { bytes in
            do throws(JSONError) {
                var scanner = try JSONScanner(bytes)
                let value = [UInt8](try scanner.skipValue())
                try scanner.finish()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        do throws(JSONError) {
            return try result.get()
        } catch {
            throw .usage("--data: \(error)", hint: "\(error.remedy); text needs its quotes: '\"hello\"'")
        }
    }
}
