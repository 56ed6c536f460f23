/// What logs, manifests and scripts tell of a token's spelling, where the token itself is not at hand.
enum TokenSpelling {
    static func findings(_ examination: Examination) -> [Finding] {
        [spaced(examination), secret(examination), prefixed(examination)].compactMap(\.self)
    }

    // MARK: White space

    private static let spacing = say(
        "White space is no part of a token: in a query it is sent as %0A, in a header field it is forbidden (RFC 9110 §5.5), and no verifier takes the two for the same token. It comes from a file, a secret or a variable that was written with a line end.",
        "空白字符不属于令牌：在查询中它以 %0A 发送，在请求头中则不允许（RFC 9110 §5.5），服务器不会把两者视为同一令牌。它来自以换行结尾的文件、密钥或变量。")
    private static let trim = Fix(
        "trim the token where it is read, or store it without a line end: printf %s instead of echo, kubectl create secret --from-literal",
        "读取时去除首尾空白，或保存时不带换行：用 printf %s 代替 echo，或 kubectl create secret --from-literal")

    /// A request that carries the line end, or a client that refuses to send it.
    private static func spaced(_ examination: Examination) -> Finding? {
        guard let event = examination.files.events(.tokenSpaced).first else { return nil }
        return Finding(
            .tokenTrailingWhitespace, confidence: 0.92,
            title: say("the token is sent with a line end", "令牌连同换行一起发送"), explanation: spacing,
            evidence: [.log(event)], place: event.place, fix: trim,
            predicts: [.handshakeStatus(401), .handshakeStatus(403)])
    }

    private static func secret(_ examination: Examination) -> Finding? {
        guard let secret = examination.files.spacedSecrets.first else { return nil }
        var finding = Finding(
            .tokenTrailingWhitespace, confidence: 0.65,
            title: say("the secret \(secret.name) ends in a line end", "密钥 \(secret.name) 以换行结尾"),
            explanation: spacing,
            evidence: [
                .file(
                    "the value of \(secret.name), decoded, ends in a line end",
                    "\(secret.name) 解码后的值以换行结尾", at: secret.place)
            ], place: secret.place, fix: trim,
            predicts: [.handshakeStatus(401), .handshakeStatus(403)])
        // A program may well trim what it reads.
        finding.isLastResort = true
        return finding
    }

    // MARK: Scheme word

    /// `?token=Bearer ${token}`, `auth: { token: "Bearer " + token }`.
    private static func prefixed(_ examination: Examination) -> Finding? {
        for dial in examination.files.dials {
            let query = (dial.address?.sketch ?? "").after("?") ?? ""
            let isInQuery = query.split(separator: "&").contains { part in
                let value = (part.after("=") ?? "").lowercased()
                return ["bearer ", "bearer%20", "bearer+"].contains { value.hasPrefix($0) }
            }
            let isInAuth = ["token", "jwt", "accessToken", "access_token"].contains { name in
                (dial.options["auth"]?[name] ?? dial.options["query"]?[name])?.pieces.sketch.lowercased()
                    .hasPrefix("bearer ") == true
            }
            guard isInQuery || isInAuth else { continue }
            // A server that knows the word takes it off; where none is at hand, Socket.IO's auth may hold whatever it likes.
            let servers = Set(examination.files.servers.map(\.place.file))
            if !servers.isDisjoint(with: examination.files.namesBearer) { continue }
            guard isInQuery || !servers.isEmpty else { continue }
            return Finding(
                .tokenMalformedPrefix, confidence: 0.8,
                title: say("the word \"Bearer\" is part of the token", "令牌中混入了“Bearer”一词"),
                explanation: say(
                    "\"Bearer\" is the scheme of an Authorization header (RFC 6750 §2.1), not of the token. In a query or in Socket.IO's auth it becomes part of the value, and no verifier takes \"Bearer eyJ…\" for a JWT.",
                    "“Bearer”是 Authorization 头的方案名（RFC 6750 §2.1），不属于令牌本身。放进查询参数或 Socket.IO 的 auth 时，它会成为值的一部分，服务器无法把“Bearer eyJ…”当作 JWT 验证。"
                ),
                evidence: [
                    .file("the client puts Bearer before the token", "客户端在令牌前加了 Bearer", at: dial.place)
                ], place: dial.place,
                fix: Fix("send the token alone, without \"Bearer \" before it", "只发送令牌本身，去掉前面的“Bearer ”"),
                predicts: [.tokenDecides, .handshakeStatus(401), .handshakeStatus(403)])
        }
        return nil
    }
}
