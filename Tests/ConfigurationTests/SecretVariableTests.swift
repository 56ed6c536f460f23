import Testing

@testable import Configuration

@Suite("Secrets in variables")
struct SecretVariableTests {
    @Test("are named where a path would stand, and no path is made of the name")
    func names() throws {
        #expect(SecretVariable.name("env:JWT_SECRET") == "JWT_SECRET")
        for path in ["env:", "env", "./env:X", "/etc/env:X", "ENV:X", ""] {
            #expect(SecretVariable.name(path) == nil)
        }
        let loaded = try ConfigurationLoader.load(
            contents: Array("[[key]]\nsecret_file = \"env:JWT_SECRET\"".utf8), path: "/etc/sockeye/s.toml",
            environment: ["HOME": "/home/ada"])
        #expect(loaded.options.keys.map(\.secretFile) == ["env:JWT_SECRET"])
    }

    @Test("that are not set are told", arguments: [nil, "", "s3cret"])
    func missing(_ value: String?) throws {
        let file = """
            [[webhook]]
            url = "http://127.0.0.1:1/"
            events = ["connect"]
            secret_file = "env:HOOK_SECRET"
            """
        var environment = ["HOME": "/home/ada"]
        environment["HOOK_SECRET"] = value
        let loaded = try ConfigurationLoader.load(
            contents: Array(file.utf8), path: "s.toml", environment: environment)
        #expect(
            loaded.warnings.contains { $0.text.contains("HOOK_SECRET is not set") } == (value != "s3cret"))
    }
}
