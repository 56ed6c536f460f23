/// One `[[key]]` entry: a key, or a set of keys, that tokens may be signed with.
///
/// Exactly one of the four places is given.
public struct KeyOptions: Sendable, Equatable {
    /// A file that holds a shared secret.
    public var secretFile: String?
    /// A file with a key or certificate in PEM.
    public var pemFile: String?
    /// A file with a JSON Web Key Set.
    public var jwksFile: String?
    /// Where a JSON Web Key Set is fetched.
    public var jwksURL: String?
    /// The name of the key in `kid`; sets name their own.
    public var id: String?
    /// The algorithm, by its name in RFC 7518; `nil`: the usual one of the key's kind.
    public var algorithm: String?
    /// How often a set is fetched when its server says nothing about that.
    public var refresh: Duration = .seconds(600)

    /// An entry that says nothing yet.
    public init() {}

    /// The places that are given, by their keys.
    public var places: [String] {
        [
            ("secret_file", secretFile), ("pem_file", pemFile), ("jwks_file", jwksFile),
            ("jwks_url", jwksURL),
        ]
        .compactMap { $1 == nil ? nil : $0 }
    }

    /// What can be named as `algorithm`.
    static let algorithms = [
        "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
        "EdDSA",
    ]
}

/// The `[token]` table: what a token must say, and who is asked about tokens that say nothing.
public struct TokenOptions: Sendable, Equatable {
    /// The audiences this server answers to; empty: any.
    public var audience: [String] = []
    /// The issuers trusted; empty: any.
    public var issuer: [String] = []
    /// What the claim `type` must be; `nil`: anything.
    public var type: String?
    /// The claims that may name the user; the first present wins.
    public var userClaims = ["sub", "userId", "user_id"]
    /// More claims a token must have, each as `name=value`.
    public var required: [String] = []
    /// How far the clocks of issuer and server may differ.
    public var leeway: Duration = .seconds(30)
    /// How long before its end a client is told; zero: not at all.
    public var warning: Duration = .seconds(60)
    /// Whether tokens without a signature are looked up in the store.
    public var opaque = false
    /// The backend that is asked about tokens nobody here knows; `nil`: none.
    public var checkURL: String?
    /// How long it may take.
    public var checkTimeout: Duration = .seconds(5)
    /// How long its yes is kept; zero: not at all.
    public var checkCache: Duration = .seconds(60)

    /// The defaults.
    public init() {}

    /// The parts of an entry of `required`; `nil` when it has no name or no value.
    public static func claim(_ text: String) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        let value = text[text.index(after: equals)...]
        return value.isEmpty ? nil : (String(text[..<equals]), String(value))
    }
}

/// The `[login]` table: tokens for users that the store knows.
public struct LoginOptions: Sendable, Equatable {
    /// Where user name and password are taken; `nil`: nowhere.
    public var path: String?
    /// How long the tokens live.
    public var ttl: Duration = .seconds(86_400)
    /// How often a minute one user name may be tried in vain.
    public var attempts = 10

    /// The defaults.
    public init() {}
}

// What is wrong with tokens and keys as configured, as far as no file must be read for it.
extension Assembly {
    mutating func checkTokens() {
        for (index, key) in options.keys.enumerated() {
            let place = place(of: "key", entry: index)
            let places = key.places
            if places.isEmpty {
                note(
                    .missing, place, "this [[key]] says nowhere where the key is",
                    hint: "give one of secret_file, pem_file, jwks_file and jwks_url")
            } else if places.count > 1 {
                note(
                    .conflict, place, "this [[key]] has \(places.joined(separator: " and "))",
                    hint: "write an entry for each")
            }
            let isSet = key.jwksFile != nil || key.jwksURL != nil
            if isSet, key.id != nil || key.algorithm != nil {
                note(
                    .conflict, place, "a key set names the id and algorithm of each key itself",
                    hint: "leave id and algorithm out here")
            }
            if let algorithm = key.algorithm, !isSet, algorithm.hasPrefix("HS") != (key.secretFile != nil) {
                note(
                    .conflict, place,
                    algorithm.hasPrefix("HS")
                        ? "\(algorithm) wants a shared secret, and a PEM file holds none"
                        : "\(algorithm) wants a public key, and secret_file holds none",
                    hint: algorithm.hasPrefix("HS") ? "give secret_file instead" : "give pem_file instead")
            }
        }
        for claim in options.token.required where TokenOptions.claim(claim) == nil {
            note(
                .badValue, place(of: "token.required"), "\"\(claim)\" is not name=value",
                hint: "write such as membershipLevel=gold")
        }
        if options.token.userClaims.isEmpty {
            note(
                .missing, place(of: "token.user_claims"),
                "no claim may name the user, so nobody could come in",
                hint: "leave it out, or name a claim such as sub")
        }
        if let path = options.login.path, options.allEndpoints.contains(where: { $0.path == path }) {
            note(
                .conflict, place(of: "login.path"), "\(path) is an endpoint already",
                hint: "choose another path, such as /api/v1/auth/token")
        }
        if let path = options.login.path, path.contains("{") {
            note(
                .badValue, place(of: "login.path"), "\(path) has a hole, and there is one login",
                hint: "write the whole path, such as /api/v1/auth/token")
        }
    }
}
