import HTTPWire
import NginxRouting
import NginxSyntax

/// Whether the backend learns that the client used TLS.
struct ForwardedProtoCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let nginx = examination.nginx, examination.subject.url.scheme.isSecure,
            let proxied = nginx.last.proxied,
            !proxied.isSecure, let host = proxied.first("Host"),
            host.value.bytes.text.lowercased().hasPrefix(examination.subject.url.host)
        else { return [] }
        let tells = [
            "x-forwarded-proto", "forwarded", "x-forwarded-ssl", "x-scheme", "x-forwarded-scheme",
            "x-url-scheme", "front-end-https", "x-request-base", "x-forwarded-protocol",
        ]
        let headers = proxied.headers
        // Any header of the proxy's own that says https tells it, whatever its name.
        let isTold = headers.contains { header in
            let value = header.value.bytes.text.lowercased()
            return (tells.contains(header.name.lowercased()) && value != "http")
                || (header.statement != nil && value == "https")
        }
        if isTold { return [] }
        // Who tells the backend about the client in other headers means it to know; who tells nothing may
        // have no need.
        let others = headers.filter {
            ["x-forwarded-for", "x-forwarded-host", "x-real-ip", "x-forwarded-port"].contains(
                $0.name.lowercased())
        }
        let forced = ForcedTLS.evidence(examination)
        let told = others.compactMap(\.statement).last
        guard let line = told ?? (forced == nil ? nil : proxied.pass) else { return [] }
        // Seen to work: the https Origin is accepted, and the page writes no address of the other scheme.
        if let path = examination.probes?.path, path.handshake?.isUpgraded == true, path.plainAddress == nil {
            return []
        }
        let wrong = headers.first { $0.name.lowercased() == "x-forwarded-proto" }?.statement
        // Where nginx itself takes plain text, $scheme is http whatever the client used: whether somebody in front ends TLS, and
        // whether the backend asks, the file does not tell.
        if nginx.handshake.choice?.listener.isSecure != true {
            return wrong.map { [endsElsewhere(nginx, $0)] } ?? []
        }
        // With another port in Host that is what differs.
        let isWhole = host.value.bytes.text.lowercased() == examination.subject.url.authority.lowercased()
        let refusal = isWhole ? Self.refusal(examination) : nil
        let isSeen = refusal != nil || forced != nil
        let isAsked = wrong != nil || isSeen || Self.asksForScheme(examination, nginx)
        var finding = nginx.finding(
            .forwardedProtoMissing, severity: isAsked ? .error : .info,
            confidence: isSeen ? 0.85 : wrong == nil ? 0.5 : 0.7,
            at: wrong ?? line,
            title: Phrase(
                en: "the backend is not told that the client used https", zh: "后端不知道客户端使用的是 https"),
            Phrase(
                en: """
                    TLS ends at nginx, and no header says so. A backend that makes addresses of its own writes ws:// and http:// into the \
                    page, which a browser blocks as mixed content; one that compares Origin takes https for another site; one that \
                    insists on https redirects every request to where it came from.
                    """,
                zh:
                    "TLS 在 nginx 终止，但没有头部说明这一点。自己生成地址的后端会在页面中写入 ws:// 与 http://，被浏览器作为混合内容阻止；比较 Origin 的后端会把 https 视为另一个站点；强制 https 的后端会把每个请求重定向回原地址。"
            ),
            evidence: [
                nginx.seen(proxied.pass, "passes on in plain text", "以明文转发")
            ]
                + (told.map {
                    [
                        nginx.seen(
                            $0, "the client's address is passed on, the scheme is not", "传递了客户端地址，但没有传递协议")
                    ]
                } ?? []) + (refusal.map { [.log($0)] } ?? []) + [forced].compactMap(\.self),
            fix: Fix(
                "proxy_set_header X-Forwarded-Proto $scheme;", "proxy_set_header X-Forwarded-Proto $scheme;",
                patch: nginx.headerPatch("X-Forwarded-Proto", "$scheme", nginx.last)),
            predicts: forced == nil ? [.originDecides] : [.originDecides, .handshakeRedirect])
        finding.isLastResort = !isSeen
        return [finding]
    }

    /// A line by which the backend refuses the origin of its own site: Host is right, so it is the scheme that differs.
    private static func refusal(_ examination: Examination) -> LogEvent? {
        let host = examination.subject.url.host
        guard examination.page.map({ $0.host == host }) ?? true else { return nil }
        return examination.files.events(.originRefused).first { event in
            event.value.map { $0.lowercased().hasPrefix("https://") && WebOrigin($0)?.host == host } ?? false
        }
    }

    /// Whether the backend has a use for the scheme: it serves the page, and with it the addresses in it, or compares Origin with
    /// its own address, scheme included, as Action Cable does.
    ///
    /// A location for the socket alone says nothing of the kind: most servers never ask.
    private static func asksForScheme(_ examination: Examination, _ nginx: NginxEvidence) -> Bool {
        if examination.subject.path.hasSuffix("/cable") || examination.files.usesRails { return true }
        let isOwnPage = examination.page.map { $0.host == examination.subject.url.host } ?? true
        return isOwnPage && nginx.servesPage
    }

    private func endsElsewhere(_ nginx: NginxEvidence, _ line: Statement) -> Finding {
        nginx.finding(
            .forwardedProtoMissing, severity: .info, confidence: 0.4, at: line,
            title: Phrase(
                en: "X-Forwarded-Proto says http, though the address is https",
                zh: "X-Forwarded-Proto 为 http，而地址是 https"),
            Phrase(
                en: """
                    This listener takes plain text, so $scheme is http. If TLS ends in front of it, the backend is told the wrong scheme.
                    """,
                zh: "该监听端口使用明文，因此 $scheme 为 http。如果 TLS 在其之前终止，后端得到的协议就是错误的。"),
            evidence: [nginx.seen(line, nginx.line(line), nginx.line(line))],
            fix: Fix(
                "Where TLS ends in front: proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;",
                "如果 TLS 在前面终止：proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;"))
    }
}
