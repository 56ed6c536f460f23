import HTTPWire

internal import Bytes
internal import JSON
internal import Tokens

/// The claims of the token and its signature, held against what the server demands and against the clock.
struct TokenClaimsCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let (token, place) = token(examination), let parsed = ParsedToken(token) else { return [] }
        let wanted =
            examination.files.expectations ?? TokenExpectations(examination.subject.expectations, over: nil)
        var findings = times(parsed, wanted, place, examination.now)
        findings += demands(parsed, wanted, place)
        if let finding = signature(token, parsed, wanted, place, examination.now) { findings.append(finding) }
        return findings
    }

    /// The token without what surrounds it, since a fault of form does not hide what it says.
    private func token(_ examination: Examination) -> (String, FilePlace?)? {
        let given = examination.files.token?.text ?? examination.subject.token
        let texts = [given].compactMap(\.self) + TokenQuery.members(examination.subject).map(\.value)
        for text in texts {
            let bare = text.split(whereSeparator: { " \t\r\n\"'".contains($0) }).last.map(String.init) ?? ""
            if bare.split(separator: ".", omittingEmptySubsequences: false).count == 3 {
                return (bare, examination.files.token?.place)
            }
        }
        return nil
    }

    // MARK: Time

    private func times(_ token: ParsedToken, _ wanted: TokenExpectations, _ place: FilePlace?, _ now: Int64)
        -> [Finding]
    {
        var findings: [Finding] = []
        if let expiry = token.moment("exp"), expiry &+ wanted.leeway < now {
            let when = UTCTime.text(expiry)
            var evidence = [
                Evidence.file(
                    "the token's exp is \(expiry), which is \(when)", "令牌的 exp 为 \(expiry)，即 \(when)",
                    at: place),
                Evidence.argument("now it is \(UTCTime.text(now))", "当前时间为 \(UTCTime.text(now))"),
            ]
            if let issued = token.moment("iat"), expiry > issued {
                let life = duration(Double(expiry &- issued))
                evidence.append(.file("it was issued for \(life)", "它的有效期为 \(life)", at: place))
            }
            findings.append(
                Finding(
                    .tokenExpired, confidence: 0.97,
                    title: say("the token expired on \(when)", "令牌已于 \(when) 过期"),
                    explanation: say(
                        "A server that checks the token refuses it since then, with 401 or 403 at the handshake, or by closing right after it. A page that keeps it reconnects with the same dead token for ever.",
                        "从那时起，会校验令牌的服务器都会拒绝它：握手返回 401 或 403，或在连接后立即关闭。保存该令牌的页面会一直用失效的令牌重连。"),
                    evidence: evidence, place: place,
                    fix: Fix(
                        "log in again for a fresh token, and let the client ask for one before each attempt to connect",
                        "重新登录以获取新令牌，并让客户端在每次连接前获取最新令牌"), predicts: [.tokenDecides]))
        }
        for name in ["nbf", "iat"] {
            guard let start = token.moment(name), start &- wanted.leeway > now, findings.isEmpty else {
                continue
            }
            // Milliseconds instead of seconds: the date lies in the far future.
            let isMilliseconds = start > 100_000_000_000
            let when = UTCTime.text(start)
            findings.append(
                Finding(
                    .tokenNotYetValid, name == "nbf" ? .error : .warning,
                    confidence: name == "nbf" ? 0.95 : 0.7,
                    title: say("the token is not valid before \(when)", "令牌在 \(when) 之前无效"),
                    explanation: isMilliseconds
                        ? say(
                            "\(name) counts milliseconds, but a NumericDate counts seconds (RFC 7519 §2).",
                            "\(name) 使用了毫秒，而 NumericDate 以秒计（RFC 7519 §2）。")
                        : say(
                            "\(name) lies in the future: the clock of the issuer is ahead of the one here, or the token is meant for later.",
                            "\(name) 在未来：签发方的时钟快于本机，或者令牌本来就是稍后才生效。"),
                    evidence: [
                        .file(
                            "the token's \(name) is \(start), which is \(when)",
                            "令牌的 \(name) 为 \(start)，即 \(when)", at: place)
                    ],
                    place: place,
                    fix: Fix(
                        "synchronise the clocks of both machines (timedatectl), and allow some seconds of leeway",
                        "用 timedatectl 同步两台机器的时钟，并允许几秒的容差"), predicts: [.tokenDecides]))
        }
        return findings
    }

    // MARK: Claims

    private func demands(_ token: ParsedToken, _ wanted: TokenExpectations, _ place: FilePlace?) -> [Finding]
    {
        var findings: [Finding] = []
        func add(_ code: CauseCode, _ name: String, found: String?, expected: String, near: String? = nil) {
            let has = found.map { "is \($0)" } ?? "is missing"
            let hasZH = found.map { "为 \($0)" } ?? "缺失"
            var evidence = [
                Evidence.file("the token's \(name) \(has)", "令牌的 \(name) \(hasZH)", at: place),
                Evidence.file(
                    "the server demands \(name) \(expected)", "服务器要求 \(name) \(expected)", at: wanted.place),
            ]
            if let near {
                evidence.append(.file("the token has \"\(near)\" instead", "令牌中有的是“\(near)”", at: place))
            }
            findings.append(
                Finding(
                    code, confidence: 0.95,
                    title: say("the token's \(name) \(has)", "令牌的 \(name) \(hasZH)"),
                    explanation: say(
                        "The server reads the claim \"\(name)\" and demands \(expected); issuer and server do not agree, so it refuses tokens that are otherwise valid.",
                        "服务器读取声明“\(name)”并要求 \(expected)；签发方与服务器约定不一致，因此本来有效的令牌也会被拒绝。"),
                    evidence: evidence, place: place,
                    fix: Fix(
                        "issue tokens with \(name) \(expected), or configure the server for what the issuer writes",
                        "签发带有 \(name) \(expected) 的令牌，或按签发方的写法配置服务器"),
                    predicts: [.tokenDecides, .closedAtOnce]))
        }
        if let audience = wanted.audience, !token.texts("aud").contains(audience) {
            let found = token.texts("aud")
            add(
                .tokenWrongAudience, "aud",
                found: found.isEmpty ? nil : "\"\(found.joined(separator: ", "))\"",
                expected: "\"\(audience)\"")
        }
        if let issuer = wanted.issuer, token.texts("iss").first != issuer {
            add(
                .tokenWrongIssuer, "iss", found: token.texts("iss").first.map { "\"\($0)\"" },
                expected: "\"\(issuer)\"")
        }
        if let type = wanted.type, token.texts("type").first != type {
            add(
                .tokenWrongType, "type", found: token.texts("type").first.map { "\"\($0)\"" },
                expected: "\"\(type)\"")
        }
        let missing = wanted.claims.filter { token.claims[$0] == nil }
        if let first = missing.first {
            let near = token.claims.members.first { Self.fold($0.key) == Self.fold(first) }?.key
            add(
                .tokenWrongClaimName, missing.joined(separator: ", "), found: nil, expected: "to be there",
                near: near)
        }
        for (name, value) in wanted.values.sorted(by: { $0.key < $1.key }) {
            guard let found = token.claims[name] else {
                add(.tokenWrongClaimName, name, found: nil, expected: "\"\(value)\"")
                continue
            }
            if found.text != value, found.stringValue != value {
                add(.tokenWrongClaimName, name, found: "\(found.text)", expected: "\"\(value)\"")
            }
        }
        return findings
    }

    private static func fold(_ name: String) -> String { name.lowercased().filter { $0 != "_" && $0 != "-" } }

    // MARK: Signature

    private func signature(
        _ text: String, _ token: ParsedToken, _ wanted: TokenExpectations, _ place: FilePlace?, _ now: Int64
    ) -> Finding? {
        if let algorithm = wanted.algorithm, token.algorithm != algorithm {
            return wrong(
                say(
                    "the token is signed by \(token.algorithm), and the server takes \(algorithm)",
                    "令牌使用 \(token.algorithm) 签名，而服务器只接受 \(algorithm)"),
                [.file("the token's alg is \(token.algorithm)", "令牌的 alg 为 \(token.algorithm)", at: place)],
                place, 0.9)
        }
        guard let secret = wanted.secret, !secret.isEmpty else { return nil }
        let readings = keys(secret, wanted, token.algorithm)
        guard let algorithm = Algorithm(rawValue: token.algorithm), !readings.isEmpty else { return nil }
        func fits(_ key: TokenKey) -> Bool {
            let report = TokenVerifier(key: key, policy: TokenPolicy()).examine(text, now: now)
            return !report.reasons.contains { if case .badSignature = $0.error { true } else { false } }
        }
        if let first = readings.first, fits(first.key) { return nil }
        let other = readings.dropFirst().first { fits($0.key) }
        var evidence: [Evidence] = [
            .file(
                "the signature of the token is not made with the server's key", "令牌的签名不是用服务器的密钥生成的", at: place
            ),
            .file("the key the server checks with", "服务器用于校验的密钥", at: wanted.place),
        ]
        if let other {
            evidence.append(
                .file(
                    "it is right when the key is \(other.words.en)", "若密钥\(other.words.zh)则签名正确",
                    at: wanted.place))
        }
        return wrong(
            other == nil
                ? say("the token is signed with another key than the server's", "令牌所用的签名密钥与服务器不同")
                : say(
                    "one side decodes the key from base64 and the other does not", "一方对密钥做了 base64 解码，另一方没有"),
            evidence, place, algorithm.rawValue.hasPrefix("HS") ? 0.95 : 0.85)
    }

    /// The key as it is to be read, then the other readings that people mix up.
    private func keys(_ secret: String, _ wanted: TokenExpectations, _ algorithm: String) -> [(
        key: TokenKey, words: Phrase
    )] {
        guard let algorithm = Algorithm(rawValue: algorithm) else { return [] }
        if secret.holds("-----BEGIN") {
            guard let key = try? TokenKey(pem: Array(secret.utf8), algorithm: algorithm) else { return [] }
            return [(key, say("a public key", "为公钥"))]
        }
        let plain = (Array(secret.utf8), say("taken as text", "按文本使用"))
        let decoded = Self.base64(secret).map { ($0, say("decoded from base64", "先做 base64 解码")) }
        let order = wanted.isBase64 ? [decoded, plain] : [plain, decoded]
        return order.compactMap { entry in
            guard let entry, let key = try? TokenKey(secret: entry.0, algorithm: algorithm) else {
                return nil
            }
            return (key, entry.1)
        }
    }

    private static func base64(_ text: String) -> [UInt8]? {
        let alphabet: Base64.Alphabet = text.contains("-") || text.contains("_") ? .url : .standard
        return Base64.decode(text, alphabet: alphabet, padding: .optional).flatMap { $0.isEmpty ? nil : $0 }
    }

    private func wrong(_ title: Phrase, _ evidence: [Evidence], _ place: FilePlace?, _ confidence: Double)
        -> Finding
    {
        Finding(
            .tokenWrongSecret, confidence: confidence, title: title,
            explanation: say(
                "The signature is what the server trusts. With another key, algorithm or encoding of the key every token is refused, however right its claims are.",
                "服务器信任的是签名。密钥、算法或密钥编码不同，所有令牌都会被拒绝，无论其声明是否正确。"),
            evidence: evidence, place: place,
            fix: Fix(
                "use one secret on both sides, byte for byte: the same variable, decoded on both sides or on neither",
                "两端使用逐字节相同的密钥：同一个变量，要么两端都解码，要么都不解码"), predicts: [.tokenDecides])
    }
}

/// A JWT taken apart without trusting it.
struct ParsedToken {
    let algorithm: String
    let claims: JSONObject

    /// Nil: header or payload are no JSON objects in base64url.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, text.utf8.count <= 64 << 10, let header = Self.object(parts[0]),
            let claims = Self.object(parts[1])
        else {
            return nil
        }
        algorithm = header["alg"]?.stringValue ?? ""
        self.claims = claims
    }

    /// A NumericDate in whole seconds; nil: none, or no number.
    func moment(_ name: String) -> Int64? {
        guard let number = claims[name]?.numberValue else { return nil }
        if let exact = number.integer { return exact }
        guard let value = number.double, abs(value) < 1e15 else { return nil }
        return Int64(value)
    }

    /// A claim's text, or the texts of a list.
    func texts(_ name: String) -> [String] {
        claims[name]?.stringValue.map { [$0] } ?? claims[name]?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    private static func object(_ part: String) -> JSONObject? {
        guard let bytes = Base64.decode(part, alphabet: .url, padding: .optional) else { return nil }
        return bytes.withUnsafeBytes { try? JSONValue.parse($0) }?.objectValue
    }
}
