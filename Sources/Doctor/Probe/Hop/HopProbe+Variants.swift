import Bytes
import HTTPWire

extension HopProbe {
    /// Tries handshakes that differ in one thing, a few at a time.
    func attempts(_ variants: [(HandshakeVariant, HandshakeRequest)]) async -> [VariantAttempt] {
        let client = client
        return await withTaskGroup(of: (Int, VariantAttempt).self) { group in
            var waiting = variants.enumerated().makeIterator()
            func startNext() {
                guard let (index, (variant, request)) = waiting.next() else { return }
                group.addTask {
                    let attempt = await client.attempt(request)
                    return (index, VariantAttempt(variant: variant, attempt: attempt))
                }
            }
            for _ in 0..<Self.concurrency { startNext() }
            var done: [(Int, VariantAttempt)] = []
            for await one in group {
                done.append(one)
                if !client.isOver { startNext() }
            }
            return done.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static let concurrency = 8

    /// What to try after a refusal with `status`.
    func variants(for status: Int) -> [(HandshakeVariant, HandshakeRequest)] {
        var all: [(HandshakeVariant, HandshakeRequest)] = []
        func add(_ variant: HandshakeVariant, _ change: (inout HandshakeRequest) -> Void) {
            var request = wanted
            change(&request)
            if request != wanted { all.append((variant, request)) }
        }
        if let origin = question.origin {
            add(.withoutOrigin) { $0.origin = nil }
            for (variant, value) in Self.origins(like: origin, upstreams: question.upstreamNames) {
                add(.origin(variant)) { $0.origin = value }
            }
            let host = Self.otherHost(like: client.endpoint.authority)
            for (variant, value) in Self.origins(like: "\(Self.scheme(of: origin))://\(host)")
            where [.otherScheme, .withPort, .withoutPort].contains(variant) {
                add(.echoedHost(variant)) {
                    $0.host = host
                    $0.origin = value
                }
            }
        }
        for variant in tokenVariants() { add(variant.0) { $0 = variant.1 } }
        if question.target.contains("?"),
            question.subject.token != nil || Self.tokenName(in: question.target) != nil
        {
            add(.withoutToken) { $0.target = Self.withoutToken($0.target) }
        }
        add(.path(.otherSlash)) { $0.target = Self.otherSlash($0.target) }
        add(.http10) { $0.version = "HTTP/1.0" }
        return all
    }

    /// A host nobody has, with the port of the one that is asked.
    static func otherHost(like authority: String) -> String {
        let port = authority.hasSuffix("]") ? nil : authority.lastIndex(of: ":").map { authority[$0...] }
        return "sockeye-doctor.invalid\(port ?? "")"
    }

    private static func scheme(of origin: String) -> String { origin.hasPrefix("https:") ? "https" : "http" }

    // MARK: Origins

    /// Origins that resemble the page's, and some that do not.
    static func origins(like origin: String, upstreams: [String] = []) -> [(OriginVariant, String)] {
        guard let url = try? URLParts(origin) else { return [] }
        let scheme = url.scheme.isSecure ? "https" : "http"
        let other = url.scheme.isSecure ? "http" : "https"
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        let isDefault = url.port == url.scheme.defaultPort
        var all: [(OriginVariant, String)] = [
            (.otherScheme, isDefault ? "\(other)://\(host)" : "\(other)://\(host):\(url.port)"),
            (.withSlash, "\(url.origin)/"),
            (.withoutScheme, isDefault ? host : "\(host):\(url.port)"),
            (.foreign, "https://elsewhere.invalid"),
            (.localhost, "http://localhost"),
        ]
        if isDefault {
            all.append((.withPort, "\(scheme)://\(host):\(url.port)"))
        } else {
            all.append((.withoutPort, "\(scheme)://\(host)"))
        }
        if host.hasPrefix("www.") {
            all.append((.otherName, "\(scheme)://\(host.dropFirst(4))"))
        } else if url.host.contains("."), !url.host.contains(":"), url.host.contains(where: \.isLetter) {
            all.append((.otherName, "\(scheme)://www.\(host)"))
        }
        if let upstream = upstreams.first { all.append((.upstream, "\(scheme)://\(upstream)")) }
        return all
    }

    // MARK: Tokens

    /// The token in other forms and places, each as a whole request.
    private func tokenVariants() -> [(HandshakeVariant, HandshakeRequest)] {
        guard let token = question.subject.token ?? Self.tokenValue(in: question.target) else { return [] }
        var all: [(HandshakeVariant, HandshakeRequest)] = []
        let bare = Self.withoutToken(question.target)
        let used = Self.tokenName(in: question.target)
        func add(_ variant: TokenVariant, _ change: (inout HandshakeRequest) -> Void) {
            var request = wanted
            change(&request)
            all.append((.token(variant), request))
        }
        let trimmed = token.trimmed
        if trimmed != token, let used {
            add(.trimmed) { $0.target = Self.adding(trimmed, as: used, to: bare) }
        }
        let plain = Self.withoutPrefix(trimmed)
        if plain != trimmed, let used {
            add(.withoutPrefix) { $0.target = Self.adding(plain, as: used, to: bare) }
        }
        for name in Self.tokenNames where name != used {
            add(.query(name)) { $0.target = Self.adding(plain, as: name, to: bare) }
        }
        add(.header) {
            $0.target = bare
            $0.fields =
                $0.fields.filter { $0.name.lowercased() != "authorization" }
                + [WireField("Authorization", "Bearer \(plain)")]
        }
        add(.cookie("token")) {
            $0.target = bare
            $0.fields.append(WireField("Cookie", "token=\(plain); access_token=\(plain); jwt=\(plain)"))
        }
        return all
    }

    /// Names under which servers look for a token in the query, the usual first.
    static let tokenNames = [
        "token", "access_token", "auth", "authorization", "jwt", "auth_token", "authToken", "accessToken",
        "api_key", "key", "t", "ticket",
    ]

    /// The scheme word in front of a token, which belongs into a header field alone: `Bearer x`, `JWT x`, `Token x`.
    static func withoutPrefix(_ token: String) -> String {
        for word in ["bearer", "jwt", "token"] where token.count > word.count + 1 {
            let begin = token.prefix(word.count).lowercased()
            let next = token.dropFirst(word.count)
            if begin == word, next.first == " " || next.first == ":" || next.first == "+" {
                return String(next.dropFirst()).trimmed
            }
        }
        return token
    }

    /// The member of the query that carries a token; nil: none looks like it.
    static func tokenName(in target: String) -> String? {
        members(of: target).first { member in
            tokenNames.contains { $0.lowercased() == member.name.lowercased() } && member.name.count > 1
        }?.name
    }

    static func tokenValue(in target: String) -> String? {
        guard let name = tokenName(in: target) else { return nil }
        return members(of: target).first { $0.name == name }?.value.removingPercentEncoding
    }

    static func withoutToken(_ target: String) -> String {
        guard let name = tokenName(in: target), let mark = target.firstIndex(of: "?") else { return target }
        let rest = target[target.index(after: mark)...].split(separator: "&").filter {
            !$0.hasPrefix(name + "=") && $0 != name
        }
        return target[..<mark] + (rest.isEmpty ? "" : "?" + rest.joined(separator: "&"))
    }

    static func adding(_ token: String, as name: String, to target: String) -> String {
        "\(target)\(target.contains("?") ? "&" : "?")\(name)=\(URLParts.percentEncoded(token))"
    }

    private static func members(of target: String) -> [(name: String, value: String)] {
        guard let mark = target.firstIndex(of: "?") else { return [] }
        return target[target.index(after: mark)...].split(separator: "&").map { member in
            let equals = member.firstIndex(of: "=") ?? member.endIndex
            return (String(member[..<equals]), String(member[equals...].dropFirst()))
        }
    }

    static func otherSlash(_ target: String) -> String {
        let path = String(target.prefix { $0 != "?" })
        let query = target.dropFirst(path.count)
        guard path.count > 1 else { return target }
        return (path.hasSuffix("/") ? String(path.dropLast()) : path + "/") + query
    }
}

extension String {
    /// `%20` and the like resolved, what is no escape left as it is.
    var removingPercentEncoding: String {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
