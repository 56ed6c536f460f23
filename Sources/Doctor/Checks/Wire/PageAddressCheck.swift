import Bytes
import HTTPWire
import NginxRouting

/// A page that came over https and holds the plain address of its own socket: the browser will not dial it.
///
/// Mostly the backend writes it there, and takes the connection for plain because nobody told it of the TLS in front.
struct PageAddressCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        let subject = examination.subject
        guard subject.url.scheme.isSecure, let path = examination.probes?.path,
            let answer = path.page?.answer ?? path.browser?.page?.answer, answer.status == 200,
            let address = Self.plainAddress(in: answer.text, host: subject.url.host)
        else { return [] }
        let seen = Evidence(
            .probe,
            Phrase(
                en: "the page came over https and holds \(Excerpt.line(address, limit: 120))",
                zh: "页面通过 https 获取，其中含有 \(Excerpt.line(address, limit: 120))"))
        let teller = forwarding(examination, seen)
        let mixed = Finding(
            .mixedContent, confidence: 0.93, title: CauseCode.mixedContent.title,
            explanation: Phrase(
                en:
                    "Browsers forbid ws:// from an https page, localhost apart: the connection fails before anything leaves the browser.",
                zh: "除 localhost 外，浏览器禁止 https 页面使用 ws://：连接在离开浏览器之前就会失败。"),
            evidence: [seen],
            fix: Fix(
                en: "Write wss:// into the page, or derive the scheme from location.protocol.",
                zh: "在页面中使用 wss://，或根据 location.protocol 决定协议。"),
            consequenceOf: teller == nil ? nil : .forwardedProtoMissing)
        return [teller, mixed].compactMap(\.self)
    }

    /// Where TLS ends at nginx and no field says so, the backend cannot know better.
    private func forwarding(_ examination: Examination, _ seen: Evidence) -> Finding? {
        guard let nginx = examination.nginx, nginx.handshake.choice?.listener.isSecure == true,
            let proxied = nginx.page.proxied,
            !proxied.headers.contains(where: { $0.name.lowercased() == "x-forwarded-proto" })
        else { return nil }
        return nginx.finding(
            .forwardedProtoMissing, confidence: 0.9, at: proxied.pass,
            title: CauseCode.forwardedProtoMissing.title,
            Phrase(
                en:
                    "TLS ends at nginx, and the backend is spoken to in plain text without X-Forwarded-Proto: it takes the page for a plain one and writes ws:// into it.",
                zh: "TLS 在 nginx 终止，后端收到的是没有 X-Forwarded-Proto 的明文请求：它以为页面是明文的，于是写入 ws://。"),
            evidence: [nginx.seen(proxied.pass, "passes on in plain text", "以明文转发"), seen],
            fix: Fix(
                "proxy_set_header X-Forwarded-Proto $scheme;", "proxy_set_header X-Forwarded-Proto $scheme;",
                patch: nginx.headerPatch("X-Forwarded-Proto", "$scheme", nginx.page)))
    }

    /// The first `ws://` address of this host in a text.
    static func plainAddress(in text: String, host: String) -> String? {
        let mark = "ws://" + host
        // Schemes and hosts have no case, so the small letters show the same address.
        let lower = text.lowercased()
        guard let range = lower.firstRange(of: mark) else { return nil }
        let tail = lower[range.lowerBound...]
        let end = tail.firstIndex { "\"'`<>\\ \n\r\t;,)".contains($0) } ?? tail.endIndex
        let next = lower[range.upperBound...].first
        // `app.example.org` is not `app.example`.
        if let next, next.isLetter || next.isNumber || next == "-" || next == "." { return nil }
        return String(tail[..<end])
    }
}
