extension Options {
    /// What tokens must say, and the built-in login.
    static let tokens: [Option] = [
        row(
            "token.audience", .list(.text), .texts(\.token.audience),
            """
            The audiences this server answers to. A token's `aud` must hold one of them; without any it is not judged.
            """),
        row(
            "token.issuer", .list(.text), .texts(\.token.issuer),
            "The issuers trusted. A token's `iss` must be one of them; without any it is not judged."),
        row(
            "token.type", .text, .text(\.token.type), isOptional: true,
            """
            What the claim `type` must be. Set to `access` it keeps refresh tokens of the same issuer out.
            """),
        row(
            "token.user_claims", .list(.text), .texts(\.token.userClaims),
            """
            The claims that may name the user. The first that is present wins; its value is a string, or an integer taken \
            by its digits.
            """),
        row(
            "token.required", .list(.text), .texts(\.token.required),
            """
            More that a token must say, each as `name=value`. The claim must have this value, or be a list that holds it. \
            `true`, `false` and whole numbers are taken as such; write `name="5"` for a text of digits.
            """),
        row(
            "token.leeway", .duration(.seconds(1)...(.seconds(3600)), zero: "none"),
            .duration(\.token.leeway),
            "How far the clocks of issuer and server may differ. It is always in favour of the token."),
        row(
            "token.warning", .duration(.seconds(1)...(.seconds(86_400)), zero: "not at all"),
            .duration(\.token.warning),
            """
            How long before its token ends a client is told. It can then hand over a new one on the same connection; at the \
            end the connection is closed with code 3503. A token that lives less than twice as long is told of at half its time.
            """),
        row(
            "token.opaque", .boolean, .boolean(\.token.opaque),
            """
            Whether tokens that are no JWT are looked up in the store. `sockeye token mint --opaque` makes them; they can \
            be revoked one by one.
            """),
        row(
            "token.check_url", .url, .text(\.token.checkURL), isOptional: true,
            """
            A backend that is asked about tokens nobody here knows. It gets `GET` with `Authorization: Bearer TOKEN` and \
            answers 200 with a JSON object that names the user in one of `token.user_claims`, and perhaps `exp`; 401, 403 or 404 refuse.
            """),
        row(
            "token.check_timeout", .duration(.milliseconds(100)...(.seconds(60))),
            .duration(\.token.checkTimeout),
            "How long the backend may take to answer. Later the token is refused with a code that invites to try again."
        ),
        row(
            "token.check_cache", .duration(.seconds(1)...(.seconds(86_400)), zero: "not at all"),
            .duration(\.token.checkCache),
            """
            How long a yes of the backend is kept. So long a token that the backend has revoked may still open connections; \
            a no is kept for five seconds at most.
            """),
        row(
            "login.path", .urlPath, .text(\.login.path), isOptional: true,
            """
            Take user names and passwords here, and answer with a token. A `POST` of form fields or JSON with `username` \
            and `password`; `sockeye user add` makes the users.
            """),
        row(
            "login.ttl", .duration(.seconds(60)...(.seconds(31_536_000))), .duration(\.login.ttl),
            "How long the tokens of the login live. A day is the time between two logins most people bear."),
        row(
            "login.attempts", .integer(1...10_000), .integer(\.login.attempts),
            """
            How many failed attempts a minute a user name has. An address has five times as many, for several people \
            may share one.
            """),
    ]

    /// The entries of `[[key]]`.
    static let keyGroup = RowGroup(
        name: "key",
        doc: """
            A key that tokens may be signed with. Without any entry it is the secret in the `state` directory, which \
            `sockeye token mint` signs with; entries replace it. SIGHUP reads the files again.
            """,
        isLive: true, path: \.keys, blank: KeyOptions(),
        rows: [
            row(
                "key.secret_file", .path, .text(\.secretFile), isOptional: true, isLive: true,
                """
                A file that holds a shared secret. A line end behind it does not count; after `base64:` the text stands for its bytes.
                """),
            row(
                "key.pem_file", .path, .text(\.pemFile), isOptional: true, isLive: true,
                """
                A PEM file with a public key, a certificate or a private key. With a private key this server can make tokens \
                too.
                """),
            row(
                "key.jwks_file", .path, .text(\.jwksFile), isOptional: true, isLive: true,
                "A file with a JSON Web Key Set. All its keys are taken, each for its own algorithm."),
            row(
                "key.jwks_url", .url, .text(\.jwksURL), isOptional: true, isLive: true,
                """
                Where the issuer serves its JSON Web Key Set. It is fetched at the start, when it may have changed, and when \
                a token names a key that is not known; when that fails the last good set stays.
                """),
            row(
                "key.id", .text, .text(\.id), isOptional: true, isLive: true,
                "The name of the key in the header `kid`. A key without a name serves tokens of any."),
            row(
                "key.algorithm", .choice(KeyOptions.algorithms), .text(\.algorithm), isOptional: true,
                isLive: true,
                """
                The one algorithm the key is for. Without it: HS256 for a secret, RS256 for RSA, ES256 or ES384 by the curve, EdDSA.
                """),
            row(
                "key.refresh", .duration(.seconds(1)...(.seconds(86_400))), .duration(\.refresh),
                isLive: true,
                """
                How often a set is fetched when its server says nothing about that. It is also the least time between two \
                fetches for unknown keys, at most 30 seconds.
                """),
        ])
}
