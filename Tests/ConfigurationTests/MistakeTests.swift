import Testing

@testable import Configuration

@Suite("Mistakes in a file")
struct MistakeTests {
    struct Mistake: CustomTestStringConvertible, Sendable {
        var file: String
        var problems: [String]
        var testDescription: String { file }

        init(_ file: String, _ problems: String...) {
            self.file = file
            self.problems = problems
        }
    }

    static let keys = [
        Mistake(
            "limts.message = 1", "s.toml:1:1: there is no key \"limts\" [CFG-002] -> did you mean \"limits\"?"
        ),
        Mistake(
            "[limits]\nmesage = \"1MiB\"",
            "s.toml:2:1: there is no key \"mesage\" in [limits] [CFG-002] -> did you mean \"message\"?"),
        Mistake(
            "heartbeat = \"5s\"",
            "s.toml:1:1: \"heartbeat\" is a table, and this is a string [CFG-003] -> write [heartbeat]"),
        Mistake(
            "interval = \"5s\"",
            "s.toml:1:1: there is no key \"interval\" [CFG-002] -> \"interval\" belongs into [heartbeat]"),
        Mistake(
            "colour = 1",
            "s.toml:1:1: there is no key \"colour\" [CFG-002] -> 'sockeye config reference' explains every key"
        ),
        Mistake(
            "[[listen]]\nadress = \"127.0.0.1:1\"",
            "s.toml:1:1: this [[listen]] has no \"address\" [CFG-004] -> add address = …: HOST:PORT, [IPV6]:PORT, unix:/PATH or systemd:NAME",
            "s.toml:2:1: there is no key \"adress\" in [[listen]] [CFG-002] -> did you mean \"address\"?"),
        Mistake(
            "[[tls]]\ncert = \"a.pem\"",
            "s.toml:1:1: this [[tls]] has no \"key\" [CFG-004] -> add key = …: the path of a file"),
        Mistake(
            "tls = [{ cert = \"a\", key = \"b\" }]\nloops = 0\nlop = 1\nlog.lvel = \"info\"",
            "s.toml:3:1: there is no key \"lop\" [CFG-002] -> did you mean \"log\"?",
            "s.toml:4:5: there is no key \"lvel\" in [log] [CFG-002] -> did you mean \"level\"?"),
    ]

    static let values = [
        Mistake(
            "profile = \"prodution\"",
            "s.toml:1:1: profile: \"prodution\" is not development, production or node_env [CFG-003] -> did you mean \"production\"?"
        ),
        Mistake(
            "loops = 1000",
            "s.toml:1:1: loops: 1000 is out of bounds [CFG-003] -> use a number, 1 to 256, or 0: one per core"
        ),
        Mistake(
            "loops = 1.5",
            "s.toml:1:1: loops: this is a number with a fraction [CFG-003] -> use a number, 1 to 256, or 0: one per core"
        ),
        Mistake(
            "timeouts.handshake = 10",
            "s.toml:1:10: handshake: a span of time needs its unit, in quotes [CFG-003] "
                + "-> use a span of time such as \"10s\", 100ms to 10m"),
        Mistake(
            "limits.message = \"1 MB\"",
            "s.toml:1:8: message: \"1 MB\" is not a number of bytes [CFG-003] -> use a size such as \"64KiB\", 125B to 1GiB"
        ),
        Mistake(
            "proxy_protocol = \"yes\"",
            "s.toml:1:1: proxy_protocol: this is a string [CFG-003] -> use true or false"),
        Mistake(
            "state = 2026-01-01",
            "s.toml:1:1: state: this is a date or a time [CFG-003] -> use the path of a directory"),
        Mistake(
            "state = ''",
            "s.toml:1:1: state: an empty path leads nowhere [CFG-003] -> use the path of a directory"),
        Mistake(
            "listen = 8000",
            "s.toml:1:1: \"listen\" is an array of tables, and this is a number [CFG-003] -> write [[listen]]"
        ),
        Mistake(
            "listen = [\"127.0.0.1\"]",
            "s.toml:1:11: address: \"127.0.0.1\" is not an address: the port is missing [CFG-003] "
                + "-> use HOST:PORT, [IPV6]:PORT, unix:/PATH or systemd:NAME"),
        Mistake(
            "[[endpoint]]\npath = \"ws\"",
            "s.toml:2:1: path: \"ws\" is not a path: it does not begin with a slash [CFG-003] "
                + "-> use a path such as /ws or /ws/{user}"),
        Mistake(
            "token.check_url = \"https://ada:pw@id.example.com/me\"",
            "s.toml:1:7: check_url: \"https://ada:pw@id.example.com/me\" is not a URL: "
                + "user and password belong into a header, not into a URL [CFG-003] "
                + "-> use a URL such as https://backend.example/answers"
        ),
        Mistake(
            "allowed_origins = [\"app.example.com\"]",
            "s.toml:1:1: allowed_origins: \"app.example.com\" is not a web origin [CFG-003] "
                + "-> use an origin such as https://app.example.com"),
    ]

    static let contradictions = [
        Mistake(
            "[[endpoint]]\npath = \"/ws\"\nauthentication = []",
            "s.toml:1:1: /ws takes a token nowhere, so nobody could use it [CFG-005] "
                + "-> leave authentication out, or name one of query, header, subprotocol, cookie and message"
        ),
        Mistake(
            "[[key]]\nid = \"a\"",
            "s.toml:1:1: this [[key]] says nowhere where the key is [CFG-004] "
                + "-> give one of secret_file, pem_file, jwks_file and jwks_url"),
        Mistake(
            "[[key]]\nsecret_file = \"a\"\npem_file = \"b\"",
            "s.toml:1:1: this [[key]] has secret_file and pem_file [CFG-005] -> write an entry for each"),
        Mistake(
            "[[key]]\njwks_url = \"https://id.example.com/k\"\nid = \"a\"",
            "s.toml:1:1: a key set names the id and algorithm of each key itself [CFG-005] "
                + "-> leave id and algorithm out here"),
        Mistake(
            "[[key]]\npem_file = \"a\"\nalgorithm = \"HS256\"",
            "s.toml:1:1: HS256 wants a shared secret, and a PEM file holds none [CFG-005] -> give secret_file instead"
        ),
        Mistake(
            "token.required = [\"gold\"]",
            "s.toml:1:7: \"gold\" is not name=value [CFG-003] -> write such as membershipLevel=gold"),
        Mistake(
            "token.user_claims = []",
            "s.toml:1:7: no claim may name the user, so nobody could come in [CFG-004] "
                + "-> leave it out, or name a claim such as sub"),
        Mistake(
            "[[endpoint]]\npath = \"/ws/{a}\"\n[[endpoint]]\npath = \"/ws/{b}\"",
            "s.toml:3:1: the paths /ws/{a} and /ws/{b} are the same [CFG-005] -> keep one of them"),
        Mistake(
            "echo = \"/b/{y}\"\n[[endpoint]]\npath = \"/a\"\n[[endpoint]]\npath = \"/b/{x}\"",
            "s.toml:1:1: the paths /b/{x} and /b/{y} are the same [CFG-005] -> keep one of them"),
        Mistake(
            "echo = \"/ws\"", "s.toml:1:1: the paths /ws and /ws are the same [CFG-005] -> keep one of them"),
        Mistake(
            "echo = \"/health\"",
            "s.toml:1:1: the server answers /health itself [CFG-005] -> choose another path, such as /ws"),
        Mistake(
            "[[listen]]\naddress = \"127.0.0.1:1\"\ntls = true",
            "s.toml:1:1: 127.0.0.1:1 speaks TLS, but no certificate is configured [CFG-004] "
                + "-> add [[tls]] with cert and key, or --tls-cert and --tls-key"),
        Mistake(
            "listen = [\"127.0.0.1:1\", \"127.0.0.1:1\"]",
            "s.toml:1:26: 127.0.0.1:1 is there twice [CFG-005] -> keep one of them"),
        Mistake(
            "listen = []",
            "s.toml:1:1: there is no address to listen on [CFG-004] -> give one, such as 127.0.0.1:8000"),
        Mistake(
            "outbound.low = \"2MiB\"",
            "s.toml:1:10: outbound.low is above outbound.high [CFG-005] -> lower it, or raise the other"),
        Mistake(
            "timeouts.idle = \"25s\"",
            "s.toml:1:10: timeouts.idle is not longer than heartbeat.interval, so healthy connections would be cut [CFG-005] "
                + "-> twice heartbeat.interval forgives one lost ping"),
        Mistake(
            "limits.publish = \"2MiB\"",
            "s.toml:1:8: limits.publish is above limits.message, which holds it [CFG-005] -> raise limits.message too"
        ),
    ]

    @Test("are told with what is wrong, where, and what to do", arguments: keys + values + contradictions)
    func told(_ mistake: Mistake) {
        #expect(LoaderTests.problems(mistake.file) == mistake.problems)
    }
}
