import Configuration
import Glibc
import SockeyeClient

/// The flags that say how to connect, shared by `connect` and `bench`.
enum ConnectionFlags {
    static let authentication = FlagGroup(
        title: "Token and headers",
        flags: [
            Flag(
                name: "--token", value: "TOKEN|@FILE|-",
                summary:
                    "the token; @FILE reads it from a file, - asks for it on the terminal. A token written here is seen in 'ps' until it is "
                    + "wiped a moment later, and kept in the shell's history. Default: $SOCKEYE_TOKEN, if set"
            ),
            Flag(
                name: "--token-in", value: "PLACE",
                summary: "where the token travels: header (default), query, subprotocol or message",
                completion: .words(AccessToken.Place.allCases.map(\.rawValue))),
            Flag(
                name: "--header", value: "'NAME: VALUE'", summary: "a header field for the request",
                isRepeatable: true),
            Flag(
                name: "--origin", value: "ORIGIN",
                summary: "the Origin field, as a browser would send it: https://example.com"),
            Flag(name: "--protocol", value: "NAME", summary: "a subprotocol to offer", isRepeatable: true),
        ])

    static let transport = FlagGroup(
        title: "Connection",
        flags: [
            Flag(name: "--compress", summary: "offer permessage-deflate"),
            Flag(
                name: "--ca", value: "FILE",
                summary: "trust the certificates in this PEM file instead of the system's", completion: .files
            ),
            Flag(name: "--insecure", summary: "do not check the server's certificate"),
            Flag(
                name: "--timeout", value: "DURATION",
                summary: "for name, TCP, TLS and upgrade together; default 10s"),
        ])

    /// The options, and what hides the words that must not be shown; those are wiped from the sight of `ps`.
    static func options(_ invocation: Invocation) throws(CommandFailure) -> (
        options: ConnectOptions, mask: SecretMask
    ) {
        var options = ConnectOptions()
        var secrets = secrets(inURL: invocation.arguments[0])
        for secret in secrets { ProcessSecrets.erase(secret) }
        for text in invocation.values("--header") {
            let field = try header(text)
            if isSecret(field.name) {
                secrets.append(field.value)
                // A scheme in front of it is no secret, but what follows is.
                secrets += field.value.split(separator: " ").map(String.init).filter { $0.utf8.count >= 12 }
                ProcessSecrets.erase(field.value)
            }
            options.fields.append(field)
        }
        if let place = invocation.value("--token-in"), AccessToken.Place(rawValue: place) == nil {
            throw .usage(
                "--token-in: there is no place '\(place)'",
                hint: "it is header, query, subprotocol or message")
        }
        let place = invocation.value("--token-in").flatMap { AccessToken.Place(rawValue: $0) } ?? .header
        if let token = try token(invocation) {
            secrets.append(token)
            options.token = AccessToken(token, in: place)
        } else if invocation.value("--token-in") != nil {
            throw .usage("--token-in without a token", hint: "add --token @FILE, or set SOCKEYE_TOKEN")
        }
        options.origin = invocation.value("--origin")
        options.subprotocols = invocation.values("--protocol")
        options.offersCompression = invocation.has("--compress")
        options.verifiesCertificate = !invocation.has("--insecure")
        options.certificateFile = invocation.value("--ca")
        if !options.verifiesCertificate && options.certificateFile != nil {
            throw .usage("--insecure and --ca contradict each other")
        }
        if let text = invocation.value("--timeout") {
            options.timeout = try duration("--timeout", text)
            if options.timeout <= .zero { throw .usage("--timeout must be longer than nothing") }
        }
        return (options, SecretMask(secrets))
    }

    /// The plan for the one argument.
    static func plan(
        _ invocation: Invocation, _ options: ConnectOptions, _ mask: SecretMask
    ) throws(CommandFailure) -> ConnectPlan {
        do {
            return try ConnectPlan(invocation.arguments[0], options: options)
        } catch {
            // It may repeat the URL.
            throw .usage(mask.apply("\(error)"), hint: error.remedy)
        }
    }

    static func duration(_ flag: String, _ text: String) throws(CommandFailure) -> Duration {
        if text == "0" { return .zero }
        guard let duration = Duration(text: text) else {
            throw .usage("\(flag): '\(text)' is no duration", hint: "write it like 500ms, 10s, 2m or 1h30m")
        }
        return duration
    }

    /// The values of query members that hold secrets by their names.
    static func secrets(inURL url: String) -> [String] {
        guard let mark = url.firstIndex(of: "?") else { return [] }
        return url[url.index(after: mark)...].split(separator: "&").compactMap { member in
            guard let equals = member.firstIndex(of: "=") else { return nil }
            let name = member[..<equals].lowercased()
            let value = member[member.index(after: equals)...].prefix { $0 != "#" }
            let words = [
                "token", "access_token", "auth", "authorization", "jwt", "key", "api_key", "apikey",
                "password", "secret", "sid",
            ]
            return words.contains(name) && !value.isEmpty ? String(value) : nil
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        ["authorization", "proxy-authorization", "cookie", "x-api-key"].contains(name.lowercased())
            || name.lowercased().contains("token") || name.lowercased().contains("secret")
    }

    private static func header(_ text: String) throws(CommandFailure) -> HeaderField {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            // The text is not repeated: it may be a secret that was meant for another flag.
            throw .usage(
                "--header wants a name, a colon and a value", hint: "write it like --header 'X-Room: 12'")
        }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        return HeaderField(String(text[..<colon]), String(value))
    }

    private static func token(_ invocation: Invocation) throws(CommandFailure) -> String? {
        guard let word = invocation.value("--token") else {
            guard let token = invocation.environment["SOCKEYE_TOKEN"], !token.isEmpty else { return nil }
            ProcessSecrets.erase(token)
            return trimmed(token)
        }
        if word == "-" {
            guard let token = RawTerminal.askSecret("Token: ") else {
                throw .unavailable(
                    "--token -: no token came from the terminal",
                    hint: "use --token @FILE where there is no terminal")
            }
            return trimmed(token)
        }
        if word.first == "@" {
            let path = String(word.dropFirst())
            guard let bytes = readFile(path, limit: 64 << 10) else {
                throw .unavailable("--token: cannot read \(path): \(errorText(errno))")
            }
            let token = trimmed(String(decoding: bytes, as: UTF8.self))
            // Around a token blanks are no matter; inside they are a mistake.
            guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw .unavailable(
                    "--token: \(path) does not hold one token",
                    hint: "the file should hold the token and nothing else")
            }
            return token
        }
        ProcessSecrets.erase(word)
        guard !word.isEmpty else { throw .usage("--token is empty") }
        return word
    }
}
