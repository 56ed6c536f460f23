/// What nginx knows of each directive: where it may stand, how many arguments it takes, whether it may be
/// repeated.
///
/// Made from the command tables of nginx's own modules (1.22 to 1.31, open and commercial) and of the common
/// foreign ones, so that it says what `nginx -t` would say.
package struct DirectiveTable: Sendable {
    /// The table; parsed at first use, in about a millisecond.
    package static let shared = DirectiveTable(
        [coreRules, httpRules, proxyRules, streamRules, foreignRules])

    /// Rules by name; a name has one for each module that defines it.
    private let rules: [String: [DirectiveRule]]

    /// Rules of a name, none if nobody knows it.
    func rules(_ name: String) -> [DirectiveRule] { rules[name] ?? [] }

    /// Whether some module has a directive of this name.
    package func knows(_ name: String) -> Bool { rules[name] != nil }

    /// All names, in no order.
    package var names: some Sequence<String> { rules.keys }

    /// The blocks a directive may stand in; empty for an unknown one.
    package func contexts(of name: String) -> [NginxContext] {
        let all = rules(name).reduce(ContextSet()) { $0.union($1.contexts) }
        return NginxContext.allCases.filter { all.contains(ContextSet($0)) }
    }

    /// Whether a directive that is not in the table looks like one of a foreign module, whose directives
    /// nobody can list: those are taken anywhere with any arguments.
    func isForeign(_ name: String) -> Bool { Self.foreignPrefixes.contains { name.hasPrefix($0) } }

    /// Reads rows `CONTEXTS COUNTS KIND: name name …`; a row goes on in lines that begin with four blanks,
    /// `#` begins a heading.
    ///
    /// Contexts are letters: m main, e events, h http, s server, l location, S and L `if` in either, x
    /// limit_except, u upstream; M mail, N its server; T stream, V its server, U its upstream; `*`
    /// everywhere. Counts are digits, each a number of arguments nginx takes, `1+`, `2+`, `3+` or `any`.
    /// Kinds are those of `DirectiveRule.Kind`, or `=` and the words the argument may be.
    private init(_ texts: [String]) {
        var rules: [String: [DirectiveRule]] = [:]
        rules.reserveCapacity(1_500)
        for text in texts {
            var current: DirectiveRule?
            // By octets: splitting by characters takes three times as long, and every diagnosis waits for it.
            for line in text.utf8.split(separator: Octet.lineFeed) where line.first != Octet.hash {
                var names = line
                if !line.starts(with: "    ".utf8), let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                    let head = line[..<colon].split(separator: Octet.space).map { Substring($0) }
                    names = line[line.index(after: colon)...]
                    current = head.count == 3 ? DirectiveRule(head[0], head[1], head[2]) : nil
                }
                guard let current else { continue }
                for name in names.split(separator: Octet.space) {
                    rules[String(Substring(name)), default: []].append(current)
                }
            }
        }
        self.rules = rules
    }

    private static let foreignPrefixes = [
        "nchan_", "passenger_", "vhost_traffic_status", "pagespeed", "opentracing", "opentelemetry",
        "otel_", "datadog_", "app_protect", "zstd", "upload_", "push_stream_", "MainRule",
        "BasicRule", "CheckRule", "SecRules", "LearningMode", "DeniedUrl", "redis_", "redis2_",
        "postgres_", "memc_", "drizzle_", "rds_", "xss_", "iconv_", "encrypted_session", "coraza",
        "stream_lua_", "check_", "tfs_", "dyups_", "acme_", "wasm_", "stream_server_traffic_status",
        "auth_pam", "auth_ldap", "ldap_", "cache_purge", "length_hiding", "testcookie",
        "cookie_flag", "set_cookie_flag", "security_headers", "hide_server_tokens", "shibboleth_",
        "auth_spnego", "auth_gss", "track_uploads", "report_uploads", "slowfs_", "vod_", "ajp_",
        "set_quote_", "set_unescape_", "set_escape_", "set_hashed_", "set_secure_random", "set_md5",
        "set_sha1", "set_hmac_", "set_encode_", "set_decode_", "set_random", "set_rotate",
        "set_if_empty", "set_hex", "set_crc32", "proxy_wasm", "fancyindex_", "consistent_hash",
        "snappy", "rtmp_",
    ]
}

/// One rule of the table.
struct DirectiveRule: Sendable {
    /// What a directive does with its arguments, as far as nginx judges them while it reads.
    enum Kind: Sendable, Equatable {
        /// May be repeated in a block.
        case many
        /// May stand once in a block.
        case once
        /// Once, and the argument is `on` or `off`.
        case flag
        /// Once, and the argument is a number, a size, a size with `g`, a time to the millisecond, a time in
        /// seconds.
        case number, size, offset, milliseconds, seconds
        /// Once, and the arguments are a number and a size.
        case buffers
        /// Once, and the argument is one of these words.
        case choice([String])
        /// Takes a block of directives; `once`: may stand once.
        case block(once: Bool)
        /// Takes a block whose lines are entries.
        case entries

        /// Whether nginx reports a second one in the same block.
        var isSingle: Bool {
            switch self {
            case .many, .entries, .block(once: false): false
            default: true
            }
        }
        /// Whether a block belongs to it.
        var takesBlock: Bool {
            switch self {
            case .block, .entries: true
            default: false
            }
        }
    }

    let contexts: ContextSet
    /// Numbers of arguments it takes, a bit for each up to 7.
    private let counts: UInt8
    /// With this many arguments or more it takes any number.
    private let more: Int
    let kind: Kind
    /// The numbers as the table writes them: `12`, `1+`.
    let written: String

    init(_ contexts: Substring, _ counts: Substring, _ kind: Substring) {
        self.contexts = ContextSet(letters: contexts)
        written = String(counts)
        if counts == "any" {
            (self.counts, more) = (0, 0)
        } else if counts.hasSuffix("+") {
            (self.counts, more) = (0, Int(counts.dropLast()) ?? 1)
        } else {
            self.counts = counts.utf8.reduce(0) { $0 | (1 << ($1 & 7)) }
            more = .max
        }
        switch kind {
        case "once": self.kind = .once
        case "flag": self.kind = .flag
        case "num": self.kind = .number
        case "size": self.kind = .size
        case "off": self.kind = .offset
        case "msec": self.kind = .milliseconds
        case "sec": self.kind = .seconds
        case "bufs": self.kind = .buffers
        case "block": self.kind = .block(once: false)
        case "block-once": self.kind = .block(once: true)
        case "entries": self.kind = .entries
        case _ where kind.hasPrefix("="):
            self.kind = .choice(kind.dropFirst().split(separator: ",").map(String.init))
        default: self.kind = .many
        }
    }

    /// Whether so many arguments are right.
    func takes(_ count: Int) -> Bool { count >= more || (count < 8 && counts & (1 << UInt8(count)) != 0) }
}

/// A set of contexts.
struct ContextSet: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ context: NginxContext) {
        switch context {
        case .main: rawValue = 1
        case .events: rawValue = 1 << 1
        case .http: rawValue = 1 << 2
        case .server: rawValue = 1 << 3
        case .location: rawValue = 1 << 4
        case .upstream: rawValue = 1 << 5
        case .serverIf: rawValue = 1 << 6
        case .locationIf: rawValue = 1 << 7
        case .limitExcept: rawValue = 1 << 8
        case .mail: rawValue = 1 << 9
        case .mailServer: rawValue = 1 << 10
        case .stream: rawValue = 1 << 11
        case .streamServer: rawValue = 1 << 12
        case .streamUpstream: rawValue = 1 << 13
        case .entries, .unknown: rawValue = 0
        }
    }

    init(letters: Substring) {
        self = letters.reduce(into: ContextSet()) { set, letter in
            switch letter {
            case "m": set.insert(ContextSet(.main))
            case "e": set.insert(ContextSet(.events))
            case "h": set.insert(ContextSet(.http))
            case "s": set.insert(ContextSet(.server))
            case "l": set.insert(ContextSet(.location))
            case "u": set.insert(ContextSet(.upstream))
            case "S": set.insert(ContextSet(.serverIf))
            case "L": set.insert(ContextSet(.locationIf))
            case "x": set.insert(ContextSet(.limitExcept))
            case "M": set.insert(ContextSet(.mail))
            case "N": set.insert(ContextSet(.mailServer))
            case "T": set.insert(ContextSet(.stream))
            case "V": set.insert(ContextSet(.streamServer))
            case "U": set.insert(ContextSet(.streamUpstream))
            default: set = ContextSet(rawValue: (1 << 14) - 1)
            }
        }
    }
}
