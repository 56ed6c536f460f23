import PubSub
import Testing

@testable import Configuration

@Suite("[[rate]]")
struct RateTests {
    @Test(
        "a limit is so many in such a time",
        arguments: [
            ("20/s", 20, 1000), ("600/m", 600, 60_000), ("1/d", 1, 86_400_000), ("5/10s", 5, 10_000),
            ("1/1h30m", 1, 5_400_000), ("7/250ms", 7, 250),
        ])
    func parses(_ text: String, _ count: Int, _ milliseconds: Int) throws {
        let parsed = try #require(RateOptions.parse(text))
        #expect(parsed == (count, milliseconds))
        var rate = RateOptions(limit: text)
        #expect(rate.rate == RateLimit(count: count, perMilliseconds: milliseconds))
        rate.burst = 3
        #expect(rate.rate == RateLimit(count: count, perMilliseconds: milliseconds, burst: 3))
    }

    @Test(
        "and nothing else",
        arguments: [
            "", "20", "/s", "20/", "0/s", "-1/s", "20/s/s", "20 /s", "20/x", "20/0s", "20/2d", "1.5/s",
            "9999999999999/s",
        ])
    func refused(_ text: String) {
        #expect(RateOptions.parse(text) == nil)
    }

    @Test("entries come from a file")
    func file() throws {
        let loaded = try LoaderTests.load(
            """
            [[rate]]
            operations = ["publish", "call"]
            limit = "20/s"
            burst = 40
            [[rate]]
            operations = ["connect"]
            per = "address"
            limit = "30/m"
            endpoint = "/ws"
            """)
        #expect(loaded.options.rates.map(\.operations) == [[.publish, .call], [.connect]])
        #expect(loaded.options.rates.map(\.per) == [.connection, .address])
        #expect(loaded.options.rates.map(\.burst) == [40, 0])
        #expect(loaded.options.rates.map(\.endpoint) == [nil, "/ws"])
        let again = try LoaderTests.load(loaded.toml)
        #expect(again.options == loaded.options)
    }

    @Test(
        "what could never count is told",
        arguments: [
            ("limit = \"1/s\"", "no operations are given"),
            ("operations = [\"connect\"]\nlimit = \"1/s\"", "connect cannot be counted per connection"),
            (
                "operations = [\"subscribe\"]\nper = \"key\"\nlimit = \"1/s\"",
                "subscribe cannot be counted per key"
            ),
            (
                "operations = [\"notify\"]\nper = \"user\"\nlimit = \"1/s\"",
                "notify cannot be counted per user"
            ),
            (
                "operations = [\"any\"]\nper = \"key\"\nendpoint = \"/ws\"\nlimit = \"1/s\"",
                "the HTTP API belongs to no endpoint"
            ),
            (
                "operations = [\"any\"]\nendpoint = \"/wss\"\nlimit = \"1/s\"",
                "there is no endpoint /wss"
            ),
            ("operations = [\"any\"]\nlimit = \"often\"", "\"often\" says not how often"),
            ("operations = [\"any\"]", "this [[rate]] has no \"limit\""),
        ])
    func mistakes(_ entry: String, _ words: String) {
        let problems = LoaderTests.problems("[[rate]]\n" + entry)
        #expect(problems.count == 1 && problems[0].contains(words), "\(problems)")
        #expect(problems.allSatisfy { $0.contains(" -> ") })
    }
}
