import Testing

@testable import Configuration

@Suite("Options.table")
struct TableTests {
    static let descriptions = Options.table.map(\.description) + Options.groups.flatMap(\.descriptions)

    @Test("names, flags and variables are unique")
    func unique() {
        #expect(Set(Self.descriptions.map(\.name)).count == Self.descriptions.count)
        let flags = Self.descriptions.compactMap(\.flag)
        #expect(Set(flags).count == flags.count)
        let variables = Self.descriptions.compactMap(\.environment)
        #expect(Set(variables).count == variables.count)
    }

    @Test(
        "no variable has a name that Kubernetes gives to a service called sockeye",
        arguments: Options.environmentNames)
    func kubernetes(_ name: String) {
        #expect(name.hasPrefix("SOCKEYE_"))
        #expect(!name.hasPrefix("SOCKEYE_PORT") && !name.hasPrefix("SOCKEYE_SERVICE"))
    }

    @Test("every option is explained in sentences", arguments: descriptions.map(\.name))
    func docs(_ name: String) throws {
        let description = try #require(Self.descriptions.first { $0.name == name })
        #expect(description.doc.hasSuffix(".") && description.doc.first?.isUppercase == true)
        #expect(!description.summary.isEmpty && description.summary.count <= 110)
    }

    /// A value other than the default, for each type.
    static func other(than value: OptionValue, _ type: OptionType) -> OptionValue {
        switch type {
        case .boolean: .boolean(value == .boolean(false))
        case .choice(let words): .text(words.first { .text($0) != value } ?? "")
        case .duration(let bounds, _): .duration(bounds.lowerBound)
        case .integer(let bounds, _): .integer(bounds.upperBound)
        case .size(let bounds): .integer(bounds.lowerBound + 1)
        case .list(let element): .list([other(than: .absent, element)])
        case .corsOrigin, .origin: .text("https://app.example.com")
        case .directory, .path: .text("/var/lib/x\"y\\z")
        case .address: .text("[::1]:9000")
        case .logDestination: .text("/var/log/s.log")
        case .addressRange: .text("10.0.0.0/8")
        case .queryName: .text("t")
        case .rate: .text("20/s")
        case .text: .text("some words=x")
        case .topicPattern: .text("room:*")
        case .url: .text("https://backend.example:8443/a?b=c")
        case .urlPath: .text("/a/{b}")
        }
    }

    /// Where another value of the type would not do.
    static let values = ["login.path": OptionValue.text("/api/v1/auth/token")]

    /// What else must be chosen so that a value contradicts nothing.
    static let companions = [
        "outbound.high": "SOCKEYE_OUTBOUND_LOW=1B", "timeouts.idle": "SOCKEYE_HEARTBEAT_INTERVAL=0",
    ]

    @Test(
        "every option comes through a file, a variable and a flag",
        arguments: Options.table.map(\.description.name))
    func roundTrip(_ name: String) throws {
        let option = try #require(Options.table.first { $0.description.name == name })
        let description = option.description
        let value =
            Self.values[name] ?? Self.other(than: option.get(Options()), description.type)
        #expect(value != option.get(Options()))
        var environment = ["HOME": "/home/ada"]
        if let pair = Self.companions[name]?.split(separator: "=") {
            environment[String(pair[0])] = String(pair[1])
        }
        let toml = try #require(description.type.toml(value))
        let text = description.type.text(value)

        let file = "\(name) = \(toml)"
        let column = 1 + description.section.count + (description.section.isEmpty ? 0 : 1)
        var loaded = try ConfigurationLoader.load(
            contents: Array(file.utf8), path: "/x.toml", environment: environment)
        #expect(option.get(loaded.options) == value)
        #expect(loaded.source(of: name) == .place(.file("/x.toml", line: 1, column: column)))

        let variable = try #require(description.environment)
        environment[variable] = text
        loaded = try ConfigurationLoader.load(file: nil, environment: environment, flags: [])
        #expect(option.get(loaded.options) == value)
        #expect(loaded.source(of: name) == .place(.environment(variable)))

        let flag = try #require(description.flag)
        environment[variable] = description.type.text(option.get(Options()))
        loaded = try ConfigurationLoader.load(file: nil, environment: environment, flags: [(flag, text)])
        #expect(option.get(loaded.options) == value)
        #expect(loaded.source(of: name) == .place(.flag(flag)))
    }

    @Test("what 'config show' prints gives the same options")
    func showRoundTrip() throws {
        let file = """
            profile = "production"
            state = "state"
            echo = "/e"
            allowed_origins = ["https://a.example", "https://b.example:8443"]
            listen = ["127.0.0.1:1", { address = "unix:/run/s.sock", tls = false, proxy_protocol = true }]
            tls = [{ cert = "a.pem", key = "/etc/a.key" }, { cert = "~/b.pem", key = "b.key" }]
            limits.message = 65536
            timeouts.idle = "1h30m"
            [[endpoint]]
            path = "/ws/{user}"
            authentication = ["header"]
            [[endpoint]]
            path = "/echo/two"
            dialect = "echo"
            """
        let environment = ["HOME": "/home/ada/"]
        let loaded = try ConfigurationLoader.load(
            contents: Array(file.utf8), path: "/etc/s.toml", environment: environment)
        #expect(loaded.options.state == "/etc/state")
        #expect(loaded.options.tls.first == TLSIdentity(certificate: "/etc/a.pem", key: "/etc/a.key"))
        #expect(loaded.options.tls.last == TLSIdentity(certificate: "/home/ada/b.pem", key: "/etc/b.key"))
        #expect(loaded.options.publishLimit == 65536)
        let again = try ConfigurationLoader.load(
            contents: Array(loaded.toml.utf8), path: "/tmp/s.toml", environment: environment)
        #expect(again.options == loaded.options)
        let standard = try ConfigurationLoader.load(file: nil, environment: environment, flags: [])
        let shown = try ConfigurationLoader.load(
            contents: Array(standard.toml.utf8), path: "x.toml", environment: environment)
        #expect(shown.options == standard.options)
    }
}
