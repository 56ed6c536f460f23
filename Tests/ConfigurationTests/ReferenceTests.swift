import Foundation
import Testing

@testable import Configuration

@Suite("Derived pages")
struct ReferenceTests {
    @Test("docs/configuration.md is what 'sockeye config reference' prints")
    func committedPage() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        #expect(
            page == Options.reference, "run: .build/debug/sockeye config reference > docs/configuration.md")
    }

    @Test("names every option, its flag and its variable")
    func complete() {
        for description in TableTests.descriptions {
            #expect(Options.reference.contains("### `\(description.name)`"))
            if let flag = description.flag { #expect(Options.reference.contains("- flag: `\(flag)")) }
            if let name = description.environment {
                #expect(Options.reference.contains("`\(name)`"))
                #expect(Options.environmentFile.contains("\n#\(name)="))
            }
        }
    }

    @Test("the example on the page is right")
    func example() throws {
        let parts = Options.reference.components(separatedBy: "```")
        let toml = try #require(parts.count == 3 ? parts[1].dropFirst("toml".count) : nil)
        let loaded = try LoaderTests.load(String(toml))
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.options.listeners == [ListenerOptions(address: "0.0.0.0:443", tls: true)])
    }

    @Test("the environment file, uncommented, gives the defaults")
    func environmentFile() throws {
        var environment = ["HOME": "/home/ada"]
        for line in Options.environmentFile.split(separator: "\n") where line.hasPrefix("#SOCKEYE_") {
            let parts = line.dropFirst().split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            environment[String(parts[0])] = String(parts[1])
        }
        var expected = Options()
        expected.state = "/home/ada/.local/state/sockeye"
        #expect(try LoaderTests.load("", environment).options == expected)
    }
}
