/// The token in another form or place is accepted: what the page sends is right, and not how it sends it.
struct TokenPlaceCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path, let attempt = path.handshake, !attempt.isUpgraded else {
            return []
        }
        let accepted = path.variants.compactMap { one -> TokenVariant? in
            guard case .token(let variant) = one.variant, one.attempt.isUpgraded else { return nil }
            return variant
        }
        guard let first = accepted.first else { return [] }
        let evidence = [
            Evidence.handshake(attempt),
            .seen("the same with \(words(first).en): 101", "\(words(first).zh)后：101"),
        ]
        return [finding(first, attempt, evidence)]
    }

    private func words(_ variant: TokenVariant) -> Phrase {
        switch variant {
        case .trimmed:
            Phrase(en: "the blanks and line ends around the token taken off", zh: "去掉 token 两端的空白和换行")
        case .withoutPrefix:
            Phrase(en: "the scheme word in front of the token taken off", zh: "去掉 token 前的前缀")
        case .query(let name): Phrase(en: "the token as ?\(name)=…", zh: "把 token 放在 ?\(name)=… 中")
        case .header:
            Phrase(en: "the token in Authorization: Bearer …", zh: "把 token 放在 Authorization: Bearer … 中")
        case .cookie: Phrase(en: "the token in a cookie", zh: "把 token 放在 Cookie 中")
        case .subprotocol: Phrase(en: "the token as subprotocol", zh: "把 token 作为子协议")
        }
    }

    private func finding(_ variant: TokenVariant, _ attempt: HandshakeAttempt, _ evidence: [Evidence])
        -> Finding
    {
        switch variant {
        case .trimmed:
            return Finding(
                .tokenTrailingWhitespace, confidence: 0.97,
                title: Phrase(en: "a line end or blank clings to the token", zh: "token 末尾带有换行或空格"),
                explanation: Phrase(
                    en:
                        "The token is right, and what is sent is longer: files end in a line end, and it was read along.",
                    zh: "token 本身正确，但发送的内容更长：文件末尾的换行被一并读入。"),
                evidence: evidence,
                fix: Fix(en: "Trim the token where it is read.", zh: "在读取 token 的地方去掉首尾空白。"))
        case .withoutPrefix:
            return Finding(
                .tokenMalformedPrefix, confidence: 0.97,
                title: Phrase(en: "a scheme word stands in front of the token", zh: "token 前带有前缀"),
                explanation: Phrase(
                    en:
                        "“Bearer” and the like belong into the Authorization field. In the query or a message they become part of the token, which then verifies nowhere.",
                    zh: "“Bearer” 之类的前缀只属于 Authorization 字段，放在查询串或消息里会成为 token 的一部分而无法验证。"),
                evidence: evidence,
                fix: Fix(en: "Send the bare token, from its first “ey” on.", zh: "只发送 token 本身。"))
        case .query, .header, .cookie, .subprotocol:
            let words = words(variant)
            return Finding(
                .tokenWrongParamName, confidence: 0.95,
                title: Phrase(
                    en: "the server looks for the token elsewhere: \(words.en)",
                    zh: "服务器在别处查找 token：\(words.zh)"),
                explanation: Phrase(
                    en:
                        "The same token in another place is accepted, so it is valid, and the server never looked where the page puts it.",
                    zh: "同一 token 换个位置即被接受，说明它有效，只是服务器没有在页面放置的位置查找。"),
                evidence: evidence,
                fix: Fix(
                    en:
                        "Send the token where the server reads it, or let the server read it where the page puts it.",
                    zh: "把 token 放到服务器读取的位置，或让服务器在页面放置的位置读取。"))
        }
    }
}
