import Telemetry
import Testing

@testable import Configuration

@Suite("Options.reloaded(from:)")
struct ReloadTests {
    @Test("what has not changed is not spoken of")
    func same() {
        let reload = Options().reloaded(from: Options())
        #expect(reload == Options.Reload(options: Options(), applied: [], pending: []))
    }

    @Test(
        "every option is taken over exactly when its row says so",
        arguments: Options.table.map(\.description.name))
    func rows(_ name: String) throws {
        let option = try #require(Options.table.first { $0.description.name == name })
        let value = TableTests.other(than: option.get(Options()), option.description.type)
        var new = Options()
        option.set(value, &new)
        let reload = Options().reloaded(from: new)
        #expect(reload.applied == (option.description.isLive ? [name] : []))
        #expect(reload.pending == (option.description.isLive ? [] : [name]))
        #expect(reload.options == (option.description.isLive ? new : Options()))
    }

    @Test("groups are taken over whole or not at all")
    func groups() throws {
        var new = Options()
        new.tls = [TLSIdentity(certificate: "/a.pem", key: "/a.key")]
        new.topics = [TopicOptions(pattern: "room:*")]
        new.logLevel = .debug
        let reload = Options().reloaded(from: new)
        #expect(reload.applied == ["log.level", "tls"] && reload.pending == ["topic"])
        #expect(reload.options.tls == new.tls && reload.options.topics.isEmpty)
        #expect(reload.options.logLevel == .debug)
    }
}
