/// `sockeye version`.
enum VersionCommand {
    static let command = Command(
        name: "version",
        summary: "print the version",
        description: """
            The version, the compiler and the platform of this build. The JSON object has the members "version" \
            (Semantic Versioning), "compiler", "platform" and "configuration" ("release" or "debug"), all strings.
            """,
        flags: [FlagGroup(title: "Options", flags: [Flag(name: "--json", summary: "print an object")])],
        examples: [Example(line: "sockeye version --json")]
    ) { invocation in
        if invocation.has("--json") {
            Output.line(
                """
                {"version":"\(Version.number)","compiler":"\(Version.compiler)",\
                "platform":"\(Version.platform)","configuration":"\(Version.configuration)"}
                """)
        } else {
            Output.line(
                "sockeye \(Version.number) (\(Version.compiler), \(Version.platform), \(Version.configuration))"
            )
        }
        return .healthy
    }
}
