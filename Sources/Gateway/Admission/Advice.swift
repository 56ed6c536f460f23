/// What to do about an unknown path, by how it differs from the nearest.
enum PathAdvice {
    static func remedy(_ path: String, _ nearest: (pattern: String, difference: NearestPath.Difference)?)
        -> String
    {
        guard let nearest else { return "configure an endpoint for this path" }
        let pattern = nearest.pattern
        switch nearest.difference {
        case .doubledSlashes:
            return
                "dial '\(pattern)'; a doubled slash comes from a proxy_pass that ends with '/' behind a location that does not, "
                + "or from a base URL with a slash at its end"
        case .letterCase: return "dial '\(pattern)': letter case counts"
        case .extraPrefix(let prefix):
            return
                "let the proxy take '\(prefix)' off (nginx: location \(prefix)/ { proxy_pass http://SERVER/; }, both with the slash), "
                + "or configure the endpoint as '\(path)'"
        case .lostPrefix(let prefix):
            return
                "the proxy took '\(prefix)' off: pass the path on unchanged (nginx: proxy_pass http://SERVER; without a path), or "
                + "configure the endpoint as '\(path)'"
        case .edits:
            if path.hasPrefix("/socket.io") || path.hasPrefix("/engine.io") {
                return
                    "this is a Socket.IO client, and no endpoint here speaks Socket.IO; a plain WebSocket client dials '\(pattern)'"
            }
            return
                "dial '\(pattern)', or configure an endpoint for this path; if the client does dial it, a proxy changes the path"
        }
    }
}

/// What to do about a refused origin.
enum OriginAdvice {
    static func remedy(_ inputs: OriginInputs) -> String {
        guard let origin = inputs.normalized else {
            return inputs.received == "null"
                ? "serve the page by http or https: a page from a file or a sandbox has no origin that could be allowed"
                : "send one Origin of the form https://host; if a proxy rewrites it, stop that"
        }
        var words = "add \"\(origin)\" to allowed_origins"
        if let twin = inputs.allowed.first(where: { sameButScheme($0, origin) }) {
            words += " (\"\(twin)\" is allowed: only the scheme or port differs)"
        }
        if inputs.profile == "production", OriginPolicy.isLoopback(host(of: origin)) {
            words += "; for work on this machine use profile = \"development\" instead"
        }
        return words
    }

    private static func sameButScheme(_ left: String, _ right: String) -> Bool {
        host(of: left) == host(of: right)
    }

    private static func host(of origin: String) -> String {
        OriginPolicy.split(origin)?.host ?? origin
    }
}
