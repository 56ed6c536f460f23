import Bytes
import HTTPWire
package import JSON

/// Who wrote an answer, and what it says between the lines.
extension HTTPAnswer {
    /// Whether the body is a page for people.
    package var isPage: Bool { PageReading.isPage(body, contentType: self["Content-Type"]) }

    /// The page's title; nil: none, or no page.
    package var title: String? { isPage ? PageReading.title(of: body) : nil }

    /// The first word of the Server field without its version, in small letters: `nginx`.
    package var serverName: String? {
        self["Server"].map { value in
            String(value.lowercased().prefix { $0 != "/" && $0 != " " && $0 != "(" })
        }
    }

    /// Whether the page is the built-in one of nginx (or of what is built from it) for this status: then that nginx did not
    /// pass the request on, or got no answer.
    package var isNginxOwnPage: Bool {
        let page = String(text.prefix(2_000))
        return page.contains("<center><h1>\(status)")
            && [
                "<center>nginx", "<center>openresty", "<center>tengine", "<center>angie", "<center>freenginx",
            ]
            .contains { page.contains($0) }
    }

    /// Whether it is the page a fresh nginx or Apache shows before anybody has configured it.
    package var isWelcomePage: Bool {
        guard isPage, (200..<300).contains(status) || status == 403 else { return false }
        let page = String(text.prefix(8_000))
        return page.contains("Welcome to nginx!") || page.contains("Welcome to OpenResty!")
            || page.contains("Apache2 Debian Default Page") || page.contains("Apache2 Ubuntu Default Page")
            || page.contains("HTTP Server Test Page") || page.contains("Caddy works!")
    }

    /// Whether the page is the built-in one of HAProxy: `<html><body><h1>503 Service Unavailable</h1>` and no Server.
    package var isHAProxyOwnPage: Bool {
        self["Server"] == nil && text.hasPrefix("<html><body><h1>\(status) ")
    }

    /// Whether the page is the built-in one of Apache httpd.
    package var isApacheOwnPage: Bool {
        text.contains("<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">")
    }

    /// The content network or tunnel whose traces the answer bears, by its name; nil: none.
    package var network: String? {
        for (field, name) in Self.networks where self[field] != nil { return name }
        switch serverName {
        case "cloudflare": return "Cloudflare"
        case "cloudfront": return "Amazon CloudFront"
        case "akamaighost": return "Akamai"
        case "awselb": return "AWS load balancer"
        case "vercel": return "Vercel"
        case "netlify": return "Netlify"
        default: break
        }
        if let via = self["Via"]?.lowercased() {
            if via.contains("cloudfront") { return "Amazon CloudFront" }
            if via.contains("google") { return "Google load balancer" }
            if via.contains("varnish") { return "Varnish" }
        }
        return nil
    }

    private static let networks: [(field: String, name: String)] = [
        ("CF-Ray", "Cloudflare"), ("X-Amz-Cf-Id", "Amazon CloudFront"), ("X-Azure-Ref", "Azure Front Door"),
        ("X-Fastly-Request-ID", "Fastly"), ("X-Akamai-Request-ID", "Akamai"), ("X-Vercel-Id", "Vercel"),
        ("X-NF-Request-ID", "Netlify"), ("Fly-Request-Id", "Fly.io"), ("X-Sucuri-ID", "Sucuri"),
    ]

    /// What the answer complains about, by its words and its status.
    package var complaint: Complaint? {
        if status == 431 || status == 414 { return .headerTooLarge }
        // nginx tells of these two by statuses of its own, in the body of a 400 (ngx_http_special_response.c).
        if let code = sockeyeCode, let known = Complaint(sockeye: code) { return known }
        // A page of an application holds all kinds of words; only refusals are read.
        guard status >= 400 else { return nil }
        if let heard = Complaint.heard(in: isPage ? plainText : text) { return heard }
        if status == 426 { return .upgradeMissing }
        if status == 429 { return .rateLimited }
        return nil
    }

    /// The text of a page without its tags, scripts left in: good enough to look for words.
    package var plainText: String {
        var words = ""
        var isTag = false
        for character in text.prefix(16 << 10) {
            if character == "<" { isTag = true }
            if !isTag { words.append(character) }
            if character == ">", isTag {
                isTag = false
                words.append(" ")
            }
        }
        return words
    }

    /// The body as JSON; nil: it is none.
    package var json: JSONValue? { JSONValue.object(in: body) }

    /// The code of a refusal by a Sockeye server: `HANDSHAKE-UPGRADE-STRIPPED`.
    package var sockeyeCode: String? {
        guard let error = ErrorBody(body), error.remedy != nil, error.status == Int64(status) else {
            return nil
        }
        return error.code.map { Excerpt.line($0, limit: 60) }
    }

    /// The hop that a Sockeye server suspects, in its words.
    package var suspectedHop: String? {
        ErrorBody(body)?.suspectedHop.map { Excerpt.line($0, limit: 300) }
    }

    /// Whether what answered knows WebSockets, by fields only such servers send (RFC 6455 §4.2.2, §4.4).
    package var isOfWebSocketServer: Bool {
        self["Sec-WebSocket-Version"] != nil || self["Sec-WebSocket-Accept"] != nil
            || (status == 426 && self["Upgrade"]?.lowercased() == "websocket")
    }

    /// The path as the application says it got it; nil: it says nothing.
    ///
    /// Express and Nest: `Cannot GET /p`; Fastify: `Route GET:/p not found`; Spring: `"path":"/p"`; Rails: `No route matches [GET]
    /// "/p"`; Tomcat: `[/p]`; Django: `The current path, p, didn't match`.
    package var echoedPath: String? {
        guard status >= 400 else { return nil }
        if let path = json?["path"]?.stringValue, path.hasPrefix("/") {
            return Excerpt.line(path, limit: 500)
        }
        let words = plainText.replacing("&#x2F;", with: "/").replacing("&#47;", with: "/")
        for (before, after) in Self.echoes {
            guard let start = words.firstRange(of: before) else { continue }
            let rest = words[start.upperBound...].prefix(2_000)
            let path = rest.prefix { !$0.isNewline && !after.contains($0) }
            guard path.hasPrefix("/") || before.hasSuffix("path, ") else { continue }
            return Excerpt.line(path.hasPrefix("/") ? String(path) : "/" + path, limit: 500)
        }
        return nil
    }

    private static let echoes: [(before: String, after: String)] = [
        ("Cannot GET ", "\"<, "), ("Route GET:", "\"<, "), ("No route matches [GET] \"", "\""),
        ("requested resource [", "]"), ("The current path, ", ","),
    ]

    /// In half a line: `404 Not Found, a page of nginx itself`.
    package var words: Phrase {
        var en = "\(status)"
        if !reason.isEmpty { en += " \(Excerpt.line(reason, limit: 60))" }
        var zh = en
        if let sockeyeCode {
            en += " [\(sockeyeCode)]"
            zh += " [\(sockeyeCode)]"
        } else if isNginxOwnPage {
            en += ", nginx's own page"
            zh += "，nginx 自带的页面"
        } else if isPage {
            let name = title.map { " “\($0)”" } ?? ""
            en += ", a web page\(name)"
            zh += "，网页\(name)"
        } else if !body.isEmpty, status != 200 {
            let line = Excerpt.line(text, limit: 120)
            en += ": \(line)"
            zh += "：\(line)"
        }
        if let server = self["Server"], !server.isEmpty {
            en += " (Server: \(Excerpt.line(server, limit: 40)))"
            zh += "（Server: \(Excerpt.line(server, limit: 40))）"
        }
        return Phrase(en: en, zh: zh)
    }
}

extension Complaint {
    /// What a code of a Sockeye server means (`docs/refusals.md`).
    init?(sockeye code: String) {
        switch code {
        case "HANDSHAKE-UPGRADE-STRIPPED", "HANDSHAKE-CONNECTION-CLOSE", "HANDSHAKE-UPGRADE-OTHER":
            self = .upgradeMissing
        case "HANDSHAKE-HTTP10": self = .http10
        case "HANDSHAKE-KEY": self = .keyMissing
        case "ORIGIN-REFUSED": self = .originRefused
        case "TOKEN-MISSING": self = .tokenMissing
        case "TOKEN-EXPIRED": self = .tokenExpired
        case "TOKEN-NOT-YET": self = .tokenNotYetValid
        case "TOKEN-SIGNATURE", "TOKEN-KEY": self = .tokenSignature
        case "TOKEN-AUDIENCE": self = .tokenAudience
        case "TOKEN-ISSUER": self = .tokenIssuer
        case "TOKEN-MALFORMED": self = .tokenMalformed
        case "TOKEN-TYPE": self = .tokenType
        case "PLAIN-ON-TLS-PORT": self = .plainOnTLS
        case let code where code.hasPrefix("TOKEN-"): self = .tokenRefused
        default: return nil
        }
    }
}
