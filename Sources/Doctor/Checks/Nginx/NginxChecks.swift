import NginxRouting
import NginxSyntax

/// The checks over what nginx does with the handshake.
enum NginxChecks {
    static let all: [any Check] = [
        PortSchemeCheck(), SelfLoopCheck(), ServerBlockCheck(), RewriteCheck(), RedirectCheck(),
        NginxAnswerCheck(),
        ShadowedLocationCheck(),
        BroadLocationCheck(), UpgradeHeadersCheck(), UpstreamVersionCheck(), DuplicateHeaderCheck(),
        HiddenHeaderCheck(), HardcodedUpgradeCheck(), ProxyPathCheck(), PrefixCheck(), CaptureCheck(),
        ForwardedHostCheck(), ForwardedProtoCheck(), NotStickyCheck(),
    ]
}

extension NginxEvidence {
    /// A finding at a line of the configuration.
    func finding(
        _ code: CauseCode, severity: Severity = .error, confidence: Double, at statement: Statement?,
        title: Phrase,
        _ explanation: Phrase, evidence: [Evidence], fix: Fix, consequenceOf: CauseCode? = nil,
        predicts: Set<Symptom> = [], excludedBy: Set<Symptom> = []
    ) -> Finding {
        Finding(
            code, severity, confidence: confidence, title: title, explanation: explanation,
            evidence: evidence,
            place: statement.map(place), fix: fix, consequenceOf: consequenceOf, hop: "nginx",
            predicts: predicts,
            excludedBy: excludedBy)
    }

    /// Which location and server took the request, as a step of the trail.
    func route(_ trace: RequestTrace) -> Evidence {
        let target = trace.request.target.text.pathOnly
        guard let location = trace.location else {
            let server = trace.choice?.server.statement
            return Evidence(
                .file,
                Phrase(
                    en: "\(target) is answered by the server block itself: no location matches",
                    zh: "\(target) 由 server 块本身处理：没有匹配的 location"), at: server.map(place))
        }
        return seen(
            location.statement, "\(target) is handled by location \(location.title)",
            "\(target) 由 location \(location.title) 处理")
    }

    /// The variable that a map makes of `$http_upgrade`, with its dollar: `$connection_upgrade`.
    var upgradeVariable: String? {
        files.configuration.all.first { $0.name == "map" && $0.value(0)?.lowercased() == "$http_upgrade" }?
            .value(1)
    }

    /// Locations of a server that pass Upgrade on, those reached by name left out.
    func socketLocations(of server: Server) -> [Location] {
        Self.everyLocation(server.locations).filter { $0.kind != .named && $0.level.passesUpgrade }
    }

    private static func everyLocation(_ set: LocationSet) -> [Location] {
        set.all.flatMap { [$0] + everyLocation($0.inner) }
    }

    /// A patch that lets the block of a proxied request pass the upgrade on.
    func upgradePatch(_ trace: RequestTrace) -> String? {
        guard let proxied = trace.proxied, let block = trace.block, let level = trace.level else {
            return nil
        }
        let variable = upgradeVariable
        let http = router.http.statement
        let connection = variable ?? (http == nil ? "upgrade" : "$connection_upgrade")
        let own = block.block.filter { $0.name == "proxy_set_header" }
        return patch { patch in
            var lines: [String] = []
            if proxied.version != "1.1" {
                if let line = block.block.last(where: { $0.name == "proxy_http_version" }) {
                    patch.replace(line.directive, with: ["proxy_http_version 1.1;"])
                } else {
                    lines.append("proxy_http_version 1.1;")
                }
            }
            // The first line of a block's own drops those of the blocks around it: they are written again.
            if own.isEmpty {
                lines += level.effective("proxy_set_header").filter { !$0.isHopHeader }.map { $0.source }
            }
            for (name, value) in [("Upgrade", "$http_upgrade"), ("Connection", connection)] {
                let line = "proxy_set_header \(name) \(value);"
                let old = own.filter { $0.text(0).lowercased() == name.lowercased() }
                guard let first = old.first else {
                    lines.append(line)
                    continue
                }
                patch.replace(first.directive, with: [line])
                for other in old.dropFirst() { patch.remove(other.directive) }
            }
            if variable == nil, let http {
                patch.insert(
                    [
                        "map $http_upgrade $connection_upgrade {", "    default upgrade;",
                        "    ''      close;", "}",
                    ],
                    .startOf(http.directive))
            }
            let isInside = proxied.pass.directive.parent == block.directive
            return lines.isEmpty
                || patch.insert(lines, isInside ? .after(proxied.pass.directive) : .startOf(block.directive))
        }
    }
}

extension Location {
    /// Whether the path would be its own if capitals counted as small letters, which they do not (nginx.org, location).
    func differsInCase(from path: String) -> Bool {
        guard replacedPrefix != nil, name.count > 1, !path.hasPrefix(name.text) else { return false }
        let (path, own) = (path.lowercased(), name.text.lowercased())
        return kind == .exact ? path == own : path.hasPrefix(own)
    }
}

extension Level {
    /// Whether requests here are proxied with an Upgrade that is not cleared.
    var passesUpgrade: Bool {
        guard handler?.name == "proxy_pass" else { return false }
        return effective("proxy_set_header").contains {
            $0.text(0).lowercased() == "upgrade" && !$0.text(1).isEmpty
        }
    }
}

extension Statement {
    /// Whether it sets Upgrade or Connection.
    var isHopHeader: Bool { ["upgrade", "connection"].contains(text(0).lowercased()) }

    /// As it stands in the file.
    var source: String {
        let range = directive.headRange
        return String(decoding: directive.source.bytes(in: range), as: UTF8.self)
    }
}

extension Fix {
    /// The sentence and the patch that carries it out.
    init(_ en: String, _ zh: String, patch: String?) { self.init(Phrase(en: en, zh: zh), patch: patch) }
}
