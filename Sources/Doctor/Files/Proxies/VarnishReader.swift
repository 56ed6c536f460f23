/// Varnish: whether its VCL pipes handshakes, the only way in which it passes an upgrade on (Varnish, "Using WebSockets").
enum VarnishReader {
    /// One route for everything; none when the file has no `vcl_recv` or other entrance and so is a piece of something.
    static func routes(_ file: SourceFile) -> [ProxyRoute] {
        let lines = file.lines.prefix(20_000).filter { line in
            let text = line.text.trimmed
            return !text.hasPrefix("#") && !text.hasPrefix("//")
        }
        guard let entrance = lines.first(where: { $0.text.holds("sub vcl_recv") }) else { return [] }
        let text = lines.map { $0.text.lowercased() }.joined(separator: "\n")
        var route = ProxyRoute(.varnish, at: file.place(entrance.number))
        route.allowsUpgrade =
            text.holds("websocket") && text.holds("(pipe)") && text.holds("bereq.http.upgrade")
        return [route]
    }
}
