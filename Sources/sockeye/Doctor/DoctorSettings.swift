import Configuration
import Doctor
import Glibc
import HTTPWire

/// What the flags of `sockeye doctor` say.
struct DoctorSettings: Sendable {
    /// How the diagnosis is printed.
    enum Form: Sendable {
        case json, markdown, terminal
    }

    /// nil: there was no URL.
    var inquiry: Inquiry?
    /// The same without a subject, for when there was no URL.
    var folders: [String]
    var form: Form
    var language: Language
    var mask: SecretMask
    /// Flags of the subject, for a subject that is found later.
    private let invocation: Invocation

    init(_ invocation: Invocation) throws(CommandFailure) {
        self.invocation = invocation
        if invocation.has("--json"), invocation.has("--markdown") {
            throw .usage("--json and --markdown contradict each other", hint: "keep one of them")
        }
        form = invocation.has("--json") ? .json : invocation.has("--markdown") ? .markdown : .terminal
        language = try Self.language(invocation)
        folders = invocation.values("--files")
        mask = SecretMask([])
        guard let given = invocation.arguments.first else {
            for flag in ["--hop", "--connect-to", "--first-message", "--console", "--token", "--auth"]
            where invocation.value(flag) != nil {
                throw .usage(
                    "\(flag) without a URL", hint: "write the address the page dials before the flags")
            }
            return
        }
        let subject: Subject
        do {
            subject = try Subject(given)
        } catch {
            throw .usage(
                "'\(given.prefix(200))' is no address: \(error)", hint: "write it like wss://app.example/ws")
        }
        inquiry = try inquiry(about: subject)
    }

    /// The inquiry about `subject`, with everything the flags say.
    mutating func inquiry(about subject: Subject) throws(CommandFailure) -> Inquiry {
        var subject = subject
        subject.isOffline = invocation.has("--offline")
        try readClient(&subject)
        try readNetwork(&subject)
        var secrets = ConnectionFlags.secrets(inURL: subject.given)
        if let token = subject.token { secrets += [token, trimmed(token)] }
        secrets += subject.expectations.filter { $0.name == "secret" }.map(\.value)
        // `token=null` holds no secret, and a report without the word would not tell what is wrong.
        secrets.removeAll(where: MissingValue.isOne)
        for secret in secrets { ProcessSecrets.erase(secret) }
        mask = SecretMask(secrets)
        var inquiry = Inquiry(subject, now: Int64(time(nil)))
        inquiry.folders = folders
        inquiry.nginxFile = invocation.value("--nginx")
        inquiry.nginxPrefix = invocation.value("--nginx-prefix")
        return inquiry
    }

    // MARK: The client

    private func readClient(_ subject: inout Subject) throws(CommandFailure) {
        if let origin = invocation.value("--page-origin") { subject.pageOrigin = try Self.origin(origin) }
        subject.token = try Self.text("--token", invocation)
        if let word = invocation.value("--auth") {
            guard let place = TokenPlace(rawValue: word) else {
                throw .usage(
                    "--auth: there is no place '\(word.prefix(60))'",
                    hint: "it is query, header, cookie, first-message or socket.io")
            }
            subject.tokenPlace = place
        }
        for text in invocation.values("--expect") {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw .usage(
                    "--expect: '\(text.prefix(60))' is no K=V", hint: "write it like --expect aud=my-app")
            }
            let name = String(text[..<equals])
            var value = String(text[text.index(after: equals)...])
            if name == "secret", value.hasPrefix("@") {
                value = trimmed(try Self.file("--expect", String(value.dropFirst())))
            }
            subject.expectations.append((name, value))
        }
        subject.firstMessage = try Self.text("--first-message", invocation)
        subject.consoleText = try Self.text("--console", invocation)
    }

    /// The value of a flag; behind `@` the content of a file, byte for byte.
    private static func text(_ flag: String, _ invocation: Invocation) throws(CommandFailure) -> String? {
        guard let word = invocation.value(flag) else { return nil }
        guard word.hasPrefix("@") else { return word }
        return try file(flag, String(word.dropFirst()))
    }

    private static func file(_ flag: String, _ path: String) throws(CommandFailure) -> String {
        let limit = 1 << 20
        guard let bytes = path == "-" ? readAll(STDIN_FILENO, limit: limit) : readFile(path, limit: limit)
        else {
            throw .unavailable("\(flag): cannot read \(path): \(errorText(errno))")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func origin(_ text: String) throws(CommandFailure) -> String {
        guard let parts = try? URLParts(text), parts.scheme == .http || parts.scheme == .https else {
            if text == "null" { return text }
            throw .usage(
                "--page-origin: '\(text.prefix(120))' is no origin", hint: "write it like https://app.example"
            )
        }
        return parts.origin
    }

    // MARK: The network

    private func readNetwork(_ subject: inout Subject) throws(CommandFailure) {
        for text in invocation.values("--hop") {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex,
                let url = try? URLParts(String(text[text.index(after: equals)...]))
            else {
                throw .usage(
                    "--hop: '\(text.prefix(120))' is no NAME=URL",
                    hint: "write it like --hop backend=ws://127.0.0.1:8000/ws")
            }
            subject.hops.append(NamedHop(name: String(text[..<equals]), url: url))
        }
        for text in invocation.values("--connect-to") {
            guard let redirection = Redirection(text) else {
                throw .usage(
                    "--connect-to: '\(text.prefix(120))' is no HOST:PORT:ADDRESS:PORT",
                    hint: "write it like --connect-to app.example:443:127.0.0.1:8443")
            }
            subject.redirections.append(redirection)
        }
        if let text = invocation.value("--idle") {
            subject.idle = try ConnectionFlags.duration("--idle", text)
            if subject.idle > .seconds(86_400) { throw .usage("--idle: at most 24h") }
            subject.timeout += subject.idle
        }
        if let text = invocation.value("--timeout") {
            subject.timeout = try ConnectionFlags.duration("--timeout", text)
            if subject.timeout <= .zero { throw .usage("--timeout must be longer than nothing") }
            if subject.timeout > .seconds(2 * 86_400) { throw .usage("--timeout: at most 48h") }
        }
        if let text = invocation.value("--nginx-version") {
            guard let version = NginxVersion(text) else {
                throw .usage(
                    "--nginx-version: '\(text.prefix(60))' is no version", hint: "write it like 1.22.1")
            }
            subject.nginxVersion = version
        }
    }

    // MARK: Language

    private static func language(_ invocation: Invocation) throws(CommandFailure) -> Language {
        if let word = invocation.value("--lang") {
            guard let language = Language(rawValue: word) else {
                throw .usage("--lang: '\(word.prefix(60))' is not spoken here", hint: "it is en or zh")
            }
            return language
        }
        // The first that is set and not empty decides (POSIX, "Internationalization Variables").
        let name = ["LC_ALL", "LC_MESSAGES", "LANG"].lazy.compactMap { invocation.environment[$0] }
            .first { !$0.isEmpty }
        return name?.hasPrefix("zh") == true ? .chinese : .english
    }
}
