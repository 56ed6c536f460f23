import Testing

@testable import Configuration

@Suite("AddressRange")
struct AddressRangeTests {
    private static func bits(_ text: String) throws -> AddressRange.Bits {
        let range = try #require(AddressRange.ranges(text)?.first)
        // A range of one address is that address.
        let all = [
            "10.1.2.3": AddressRange.Bits(v4: 0x0A01_0203), "127.0.0.1": AddressRange.Bits(v4: 0x7F00_0001),
            "192.168.255.255": AddressRange.Bits(v4: 0xC0A8_FFFF),
            "172.32.0.1": AddressRange.Bits(v4: 0xAC20_0001),
            "::1": AddressRange.Bits(high: 0, low: 1),
            "2001:db8:1::5": AddressRange.Bits(high: 0x2001_0DB8_0001_0000, low: 5),
            "fd00::1": AddressRange.Bits(high: 0xFD00_0000_0000_0000, low: 1),
        ]
        let bits = try #require(all[text])
        #expect(range.contains(bits))
        return bits
    }

    @Test(
        "holds addresses that share its first bits",
        arguments: [
            ("10.0.0.0/8", "10.1.2.3", true), ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.2/31", "10.1.2.3", true),
            ("10.1.2.2", "10.1.2.3", false), ("11.0.0.0/8", "10.1.2.3", false),
            ("0.0.0.0/0", "10.1.2.3", true),
            ("0.0.0.0/0", "::1", false), ("::/0", "10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("2001:db8::/32", "2001:db8:1::5", true), ("2001:db8:2::/48", "2001:db8:1::5", false),
            ("2001:db8:1::/64", "2001:db8:1::5", true), ("2001:db8:1::4/127", "2001:db8:1::5", true),
            ("loopback", "127.0.0.1", true), ("loopback", "::1", true), ("loopback", "10.1.2.3", false),
            ("private", "10.1.2.3", true), ("private", "192.168.255.255", true),
            ("private", "172.32.0.1", false), ("private", "fd00::1", true), ("private", "127.0.0.1", false),
        ])
    func contains(_ range: String, _ address: String, _ isInside: Bool) throws {
        let ranges = try #require(AddressRange.ranges(range))
        let bits = try Self.bits(address)
        #expect(ranges.contains { $0.contains(bits) } == isInside)
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "10", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0.0/8/8", "::/129", "example.com",
            "10.0.0.0/0008", "[::1]", "fe80::1%eth0", "Loopback", "10.0.0.1:80",
        ])
    func refused(_ text: String) {
        #expect(AddressRange.ranges(text) == nil)
    }
}

@Suite("NODE_ENV")
struct NodeEnvironmentTests {
    @Test(
        "decides where it is asked",
        arguments: [
            ("development", Options.Profile.development, false), ("test", .development, false),
            ("production", .production, false), ("staging", .production, true), ("", .production, true),
            (nil, .production, true),
        ] as [(String?, Options.Profile, Bool)])
    func decides(_ word: String?, _ profile: Options.Profile, _ warns: Bool) throws {
        var environment = ["HOME": "/home/ada"]
        environment["NODE_ENV"] = word
        let loaded = try ConfigurationLoader.load(
            contents: Array("profile = \"node_env\"\nallowed_origins = [\"https://a.example\"]".utf8),
            path: "s.toml", environment: environment)
        #expect(loaded.options.profile == profile)
        #expect(loaded.source(of: "profile").description == "NODE_ENV")
        #expect(loaded.toml.contains("profile = \"\(profile.rawValue)\"  # NODE_ENV"))
        #expect(loaded.warnings.contains { $0.text.contains("NODE_ENV") } == warns)
    }

    @Test("is not asked otherwise")
    func ignored() throws {
        let loaded = try ConfigurationLoader.load(
            file: nil, environment: ["HOME": "/home/ada", "NODE_ENV": "production"], flags: [])
        #expect(loaded.options.profile == .development)
        #expect(loaded.source(of: "profile") == .standard)
    }

    @Test("comes through a variable and a flag, and a flag of its own wins")
    func sources() throws {
        var environment = ["HOME": "/home/ada", "NODE_ENV": "test", "SOCKEYE_PROFILE": "node_env"]
        var loaded = try ConfigurationLoader.load(file: nil, environment: environment, flags: [])
        #expect(loaded.source(of: "profile").description == "NODE_ENV")
        environment["NODE_ENV"] = "development"
        loaded = try ConfigurationLoader.load(
            file: nil, environment: environment, flags: [("--profile", "production")])
        #expect(loaded.options.profile == .production)
        #expect(loaded.source(of: "profile").description == "--profile")
    }
}
