/// The token as it is written: missing, with a word or white space too much, or no JWT at all.
struct TokenShapeCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        var findings: [Finding] = []
        for (text, origin, place) in tokens(examination) {
            let shape = TokenShape(text)
            if let finding = finding(shape, text, origin, place, examination) { findings.append(finding) }
        }
        if let finding = untrimmed(examination) { findings.append(finding) }
        findings += TokenSpelling.findings(examination)
        return findings
    }

    /// A client that uses what a file holds as it is, where files end in a line feed, as editors and `echo` write them.
    private func untrimmed(_ examination: Examination) -> Finding? {
        guard let read = examination.files.untrimmed, examination.files.token?.hasLineEnd != false else {
            return nil
        }
        let isSeen = examination.files.token?.hasLineEnd == true
        var finding = Finding(
            .tokenTrailingWhitespace, confidence: isSeen ? 0.85 : 0.55,
            title: say("the token is read from a file with its line end", "令牌连同换行一起从文件读出"),
            explanation: say(
                "The client sends the file's content as it is. Editors and echo end a file with a line feed, which becomes part of the token: in a query it is sent as %0A, and no verifier takes that for the same token.",
                "客户端原样发送文件内容。编辑器和 echo 会在文件末尾写入换行，它就成了令牌的一部分：在查询中以 %0A 发送，任何校验都不会认为是同一个令牌。"),
            evidence: [
                .file("reads it and trims nothing: \(read.text)", "读取后没有去除空白：\(read.text)", at: read.place)
            ]
                + (isSeen
                    ? [.file("the file ends in a line feed", "文件以换行结尾", at: examination.files.token?.place)]
                    : []),
            place: read.place,
            fix: Fix(
                "trim it where it is read (strings.TrimSpace, .strip(), .trim()), or write the file with printf",
                "读取时去除空白（strings.TrimSpace、.strip()、.trim()），或用 printf 写入文件"),
            predicts: [.handshakeStatus(401), .handshakeStatus(403), .tokenDecides])
        finding.isLastResort = !isSeen
        return finding
    }

    /// Tokens that are known byte for byte: of the file or flag, and of the URL's query.
    private func tokens(_ examination: Examination) -> [(String, Phrase, FilePlace?)] {
        var tokens: [(String, Phrase, FilePlace?)] = []
        if let token = examination.files.token?.text {
            let place = examination.files.token?.place
            tokens.append((token, say("the token", "令牌"), place))
        }
        for (name, value) in TokenQuery.members(examination.subject) where !TokenQuery.isPlaceholder(value) {
            if value != tokens.first?.0 {
                tokens.append((value, say("the URL's \(name)=", "URL 中的 \(name)="), nil))
            }
        }
        return tokens
    }

    private func finding(
        _ shape: TokenShape, _ text: String, _ origin: Phrase, _ place: FilePlace?, _ examination: Examination
    ) -> Finding? {
        let seen = Evidence(place == nil ? .argument : .file, shape.words(origin), at: place)
        switch shape {
        case .usual: return nil
        case .missing(let word):
            return Finding(
                .tokenMissing, confidence: 0.9, title: say("no token is sent", "没有发送令牌"),
                explanation: say(
                    "The client sends \(word.isEmpty ? "nothing" : "the word \"\(word)\"") where its token belongs: at the time it connects, the variable that should hold the token has no value.",
                    "客户端在应放令牌的位置发送了\(word.isEmpty ? "空值" : "“\(word)”"): 建立连接时，保存令牌的变量还没有值。"),
                evidence: [seen], place: place,
                fix: Fix(
                    "connect only after the token is there, and read it anew for every attempt",
                    "在拿到令牌之后再连接，并在每次重连时重新读取令牌"))
        case .prefixed(let word):
            return Finding(
                .tokenMalformedPrefix, confidence: 0.95,
                title: say("the word \"\(word)\" is part of the token", "令牌中混入了“\(word)”一词"),
                explanation: say(
                    "\"\(word)\" is the scheme of an Authorization header (RFC 6750 §2.1), not of the token. Sent in a query, a cookie, a message or Socket.IO's auth it becomes part of the value, and no verifier takes \"\(word) eyJ…\" for a JWT.",
                    "“\(word)”是 Authorization 头的方案名（RFC 6750 §2.1），不属于令牌本身。放进查询参数、Cookie、消息或 Socket.IO 的 auth 时，它会成为值的一部分，服务器无法把“\(word) eyJ…”当作 JWT 验证。"
                ),
                evidence: [seen], place: place,
                fix: Fix("send the token alone, without \"\(word) \" before it", "只发送令牌本身，去掉前面的“\(word) ”"))
        case .spaced(let what):
            return Finding(
                .tokenTrailingWhitespace, confidence: isJWT(text) ? 0.95 : 0.7,
                title: say("the token ends in \(what.en)", "令牌末尾有\(what.zh)"),
                explanation: say(
                    "White space is no part of a JWT (RFC 7515 §2): the signature no longer matches, or the header is refused. Such an end comes from a file that was written with a line end, or edited on Windows.",
                    "空白字符不属于 JWT（RFC 7515 §2）：签名将不再匹配，或者请求头被拒绝。它通常来自以换行结尾或在 Windows 上编辑过的文件。"),
                evidence: [seen], place: place,
                fix: Fix(
                    "trim the token where it is read, or write the file without a line end: tr -d '\\r\\n' < token > token.clean",
                    "读取令牌时去除首尾空白，或重新保存文件且不带换行：tr -d '\\r\\n' < token > token.clean"))
        case .quoted:
            return Finding(
                .tokenMalformed, confidence: 0.9,
                title: say("the token is sent with its quotes", "令牌带着引号一起发送"),
                explanation: say(
                    "The quotes are characters of the value: JSON.stringify was stored, or a shell's quotes were kept.",
                    "引号成了值的一部分：可能存储了 JSON.stringify 的结果，或保留了 shell 的引号。"),
                evidence: [seen], place: place, fix: Fix("store and send the bare token", "存储并发送不带引号的令牌"))
        case .noJWT(let parts):
            guard expectsJWT(examination) else { return nil }
            return Finding(
                .tokenMalformed, confidence: 0.9, title: say("the token is no JWT", "令牌不是 JWT"),
                explanation: say(
                    "A JWT has three parts in base64url joined by dots (RFC 7515 §3.1); this has \(parts). What is checked as one is refused before any claim is read.",
                    "JWT 由三段以点连接的 base64url 组成（RFC 7515 §3.1）；这里有 \(parts) 段。服务器在读取任何声明之前就会拒绝它。"),
                evidence: [seen], place: place,
                fix: Fix(
                    "send the access token itself: not its id, not the whole answer of the login, not a cut copy",
                    "发送访问令牌本身：不是令牌 ID，不是整个登录响应，也不是被截断的副本"))
        }
    }

    private func isJWT(_ text: String) -> Bool { text.trimmed.split(separator: ".").count == 3 }

    /// Whether anything says that the server takes JWTs.
    private func expectsJWT(_ examination: Examination) -> Bool {
        let wanted = examination.files.expectations
        return wanted?.secret != nil || wanted?.audience != nil || wanted?.issuer != nil
            || wanted?.claims.isEmpty == false
            || wanted?.algorithm != nil || !examination.files.events(.tokenMalformed).isEmpty
    }
}

/// What a text that should be a token looks like.
enum TokenShape: Equatable {
    case missing(String)
    case noJWT(parts: Int)
    case prefixed(String)
    case quoted
    case spaced(Phrase)
    case usual

    init(_ text: String) {
        let bare = text.trimmed
        if MissingValue.isOne(bare) {
            self = .missing(bare)
        } else if let word = bare.split(separator: " ").first, bare.contains(" "),
            ["bearer", "jwt", "token", "basic", "bearer:"].contains(word.lowercased())
        {
            self = .prefixed(String(word))
        } else if bare.lowercased().hasPrefix("bearer%20") || bare.lowercased().hasPrefix("bearer+") {
            self = .prefixed(String(bare.prefix(6)))
        } else if bare.unquoted != bare {
            self = .quoted
        } else if bare != text {
            let last = text.unicodeScalars.last ?? " "
            self = .spaced(
                last == "\n" && text.unicodeScalars.dropLast().last == "\r"
                    ? say("a carriage return and a line end", "回车和换行")
                    : last == "\r"
                        ? say("a carriage return", "回车符")
                        : last == "\n" ? say("a line end", "换行符") : say("white space", "空白字符"))
        } else {
            let parts = bare.split(separator: ".", omittingEmptySubsequences: false).count
            self = parts == 3 && bare.hasPrefix("eyJ") ? .usual : .noJWT(parts: parts)
        }
    }

    /// What is to be seen, never the token itself.
    func words(_ origin: Phrase) -> Phrase {
        let (en, zh): (String, String) =
            switch self {
            case .missing(let word):
                word.isEmpty ? ("is empty", "为空") : ("is the word \"\(word)\"", "是“\(word)”一词")
            case .noJWT(let parts):
                ("has \(parts) part\(parts == 1 ? "" : "s") instead of three", "有 \(parts) 段，而不是三段")
            case .prefixed(let word): ("begins with \"\(word) \"", "以“\(word) ”开头")
            case .quoted: ("stands in quotes", "带有引号")
            case .spaced(let what): ("ends in \(what.en)", "以\(what.zh)结尾")
            case .usual: ("looks like a JWT", "看起来是 JWT")
            }
        return Phrase(en: "\(origin.en) \(en)", zh: "\(origin.zh) \(zh)")
    }
}

/// Tokens in the query of the address.
enum TokenQuery {
    private static let names: Set<String> = [
        "token", "access_token", "accesstoken", "jwt", "auth", "auth_token", "authtoken", "id_token",
        "bearer", "usertoken",
        "apikey", "api_key", "ticket", "sessiontoken", "x-token",
    ]

    /// Members whose name says that they hold a token, or whose value is a JWT; values decoded.
    static func members(_ subject: Subject) -> [(name: String, value: String)] {
        (subject.query ?? "").split(separator: "&").compactMap { part in
            let name = part.before("=") ?? String(part)
            let value = decoded(part.after("=") ?? "")
            let isJWT = value.hasPrefix("eyJ") && value.split(separator: ".").count == 3
            return isJWT || names.contains(name.lowercased()) ? (name, value) : nil
        }
    }

    /// What people write where they leave a secret out: `...`, `<token>`, `@TOKEN@`, `xxx`, `$TOKEN`.
    static func isPlaceholder(_ value: String) -> Bool {
        if value.hasPrefix("<") || value.hasPrefix("$") || value.hasPrefix("{") || value.hasPrefix("@")
            || value.hasPrefix("%")
        {
            return true
        }
        return !value.isEmpty
            && (value.allSatisfy { $0 == "." || $0 == "…" || $0 == "*" }
                || value.allSatisfy { $0 == "x" || $0 == "X" })
    }

    static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
