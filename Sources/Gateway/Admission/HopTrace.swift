import HTTPWire
import Telemetry

/// What the hops on the way left in a request, read from the client's side to ours.
struct HopTrace {
    /// The traces as text, masked and cut: `Via: 1.1 edge.example`.
    private(set) var evidence: [String] = []
    /// The elements of Via: protocol version received, and the name of the hop.
    private(set) var via: [(version: String, name: String)] = []
    /// Products that gave themselves away.
    private(set) var products: [HopProduct] = []
    /// Addresses in X-Forwarded-For: as many proxies wrote into it, each the address that it saw.
    private(set) var forwarded: [String] = []
    private let isHTTP10: Bool
    private let connection: String?
    private let hasUpgrade: Bool

    /// Fields that proxies write and browsers do not.
    private static let names = [
        "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port",
        "X-Forwarded-Server", "X-Real-IP", "X-Original-Forwarded-For", "X-Original-URI", "X-Request-ID",
        "X-NginX-Proxy",
        "X-Scheme", "True-Client-IP", "CF-Ray", "CF-Connecting-IP", "CF-Visitor", "CDN-Loop",
        "X-Amzn-Trace-Id",
        "X-Amz-Cf-Id", "X-Azure-Ref", "X-ARR-SSL", "X-ARR-LOG-ID", "Fastly-FF", "Fastly-Client-IP",
        "X-Cloud-Trace-Context", "X-Envoy-External-Address", "X-Envoy-Expected-Rq-Timeout-Ms",
        "X-Envoy-Internal", "X-Varnish",
    ]

    init(_ head: RequestHead, redaction: Redaction) {
        let fields = head.fields
        isHTTP10 = head.version == .http10
        connection = fields["connection"]
        hasUpgrade = fields.hasToken("upgrade", "websocket")
        if isHTTP10 { evidence.append("HTTP/1.0") }
        if let connection { evidence.append("Connection: " + PlainText.line(connection, redaction)) }
        for name in Self.names where fields.contains(name) {
            let value = fields.values(of: name).joined(separator: ", ")
            evidence.append("\(name): \(PlainText.line(value, redaction))")
        }
        via = fields.elements(of: "via").prefix(16).map { element in
            let words = element.split(separator: " ", maxSplits: 2)
            let version = words.first.map(String.init) ?? ""
            return (
                version.hasPrefix("HTTP/") ? String(version.dropFirst(5)) : version,
                PlainText.line(words.count > 1 ? String(words[1]) : "", redaction)
            )
        }
        forwarded = fields.elements(of: "x-forwarded-for").prefix(16).map { PlainText.line($0, redaction) }
        products = HopProduct.allCases.filter { product in
            product.marks.contains { mark in
                let parts = mark.split(separator: "=")
                guard parts.count == 2 else { return fields.contains(mark) }
                return fields.values(of: String(parts[0])).contains { $0.lowercased().contains(parts[1]) }
            }
        }
    }

    /// Whether a request shows the trace of a proxy at all; cheaper than a trace.
    static func isProxied(_ head: RequestHead) -> Bool {
        names.contains { head.fields.contains($0) }
    }

    /// Whether it shows one of those that the examples for every proxy set.
    static func isPlainlyProxied(_ head: RequestHead) -> Bool {
        ["x-forwarded-for", "x-real-ip", "via", "forwarded"].contains { head.fields.contains($0) }
    }

    /// Whether any hop left a trace of its own.
    private var hasProxy: Bool {
        !via.isEmpty || !forwarded.isEmpty || !products.isEmpty
            || evidence.contains { $0.hasPrefix("X-") || $0.hasPrefix("Forwarded:") }
    }

    /// The product that stands alone in the traces; nil when another proxy may stand nearer to this server.
    ///
    /// X-Real-IP is what people add to nginx; HTTP/1.0 and `Connection: close` are what nginx sends by default.
    var onlyProduct: HopProduct? {
        guard products.count == 1, !isHTTP10, !hasClose,
            !evidence.contains(where: { $0.hasPrefix("X-Real-IP") })
        else { return nil }
        return via.count > 1 ? nil : products[0]
    }

    private var hasClose: Bool { connection?.lowercased().contains("close") ?? false }

    /// Who probably took the upgrade out of the request.
    func suspect(peer: Peer) -> SuspectedHop {
        if let (index, name) = hopThatSpokeHTTP10 {
            let before =
                index > 0 ? "'\(via[index - 1].name)', the hop before it" : "the hop or client before it"
            return SuspectedHop(
                name: index > 0 ? via[index - 1].name : "the hop before '\(name)'",
                words:
                    "'\(name)' received the request over HTTP/1.0, so \(before), had already given up the upgrade",
                evidence: evidence)
        }
        if let product = onlyProduct {
            return SuspectedHop(
                name: product.name, words: "\(product.name) is the only hop that left a trace\(chain)",
                evidence: evidence)
        }
        let place =
            "the hop nearest to this server" + (via.last.map { ", '\($0.name)'," } ?? "")
            + " at \(peer.host)"
        if let habit = nginxHabit {
            return SuspectedHop(
                name: "nginx-like proxy", words: "\(place): \(habit)\(chain)\(doubt)", evidence: evidence)
        }
        if hasProxy {
            return SuspectedHop(
                name: via.last?.name ?? "proxy at \(peer.host)",
                words: "\(place): it did not pass on what belongs to the upgrade\(chain)", evidence: evidence)
        }
        return SuspectedHop(
            name: "unknown",
            words:
                "no proxy left a trace: either a proxy at \(peer.host) that adds no header, or the client itself left the headers out",
            evidence: evidence)
    }

    /// Via names the version that each hop received: 1.0 anywhere but from the last sender incriminates the one before.
    private var hopThatSpokeHTTP10: (index: Int, name: String)? {
        via.firstIndex { $0.version == "1.0" }.map { ($0, via[$0].name) }
    }

    /// What nginx does by default, told by its versions.
    private var nginxHabit: String? {
        if isHTTP10 {
            return
                "it speaks HTTP/1.0 to its upstream, nginx's default before 1.29.7, and HTTP/1.0 knows no upgrade"
        }
        if hasClose {
            return
                "it sends 'Connection: close', as nginx before 1.29.7 does where Connection is not set, or where a map gives "
                + "'close' because Upgrade was lost on an outer hop"
        }
        if connection?.lowercased().contains("upgrade") == true, !hasUpgrade {
            return
                "it sets Connection but not Upgrade: the line 'proxy_set_header Upgrade $http_upgrade;' is missing there, or an outer "
                + "hop already dropped Upgrade"
        }
        if hasUpgrade {
            return
                "it passes Upgrade on but sets Connection to \(connection.map { "'\(PlainText.line($0))'" } ?? "nothing")"
        }
        if connection == nil,
            evidence.contains(where: {
                $0.hasPrefix("X-Real-IP") || $0.hasPrefix("X-NginX") || $0.hasPrefix("X-Original")
            })
        {
            return
                "it drops Upgrade and Connection, as nginx does with hop-by-hop headers unless they are set (no Connection at all is "
                + "its default from 1.29.7 on)"
        }
        return nil
    }

    /// A proxy without further settings adds no header, and looks as a hand-made client does.
    private var doubt: String {
        hasProxy ? "" : "; no header of a proxy came along, so it may also be the client itself"
    }

    /// How many hops there are at least, when it is more than one.
    private var chain: String {
        let count = max(via.count, forwarded.count)
        guard count > 1 else { return "" }
        return "; at least \(count) proxies are on the way, so check the outer ones too"
    }
}

/// Text of peers, made fit for logs and answers.
enum PlainText {
    /// Secrets masked, at most `limit` characters, and nothing that moves a cursor or turns the direction of writing.
    static func line(_ text: String, _ redaction: Redaction = Redaction(), limit: Int = 200) -> String {
        var line = ""
        var count = 0
        for scalar in redaction.masked(text).unicodeScalars {
            guard count < limit else { return line + "…" }
            count += 1
            switch scalar.value {
            case 0..<0x20, 0x7F...0x9F, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
                line.unicodeScalars.append("\u{FFFD}")
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}
