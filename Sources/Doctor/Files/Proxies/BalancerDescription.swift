import Documents

/// A balancer or CDN as somebody described it: the answer of a cloud's API, or notes with its words.
package struct BalancerDescription: Equatable, Sendable {
    /// Kinds whose idle time is documented by their makers.
    package enum Kind: String, CaseIterable, Sendable {
        case alb = "AWS Application Load Balancer"
        case azure = "Azure load balancer"
        case classicELB = "AWS Classic Load Balancer"
        case cloudflare = "Cloudflare"
        case cloudFront = "Amazon CloudFront"
        case gcp = "Google Cloud load balancer"
        case heroku = "Heroku router"
        case nlb = "AWS Network Load Balancer"
        case other = "load balancer"

        /// Seconds an idle connection lives when nothing else is set; nil: not known.
        package var usualIdleTimeout: Double? {
            switch self {
            case .alb, .classicELB: 60
            case .azure: 240
            case .cloudflare: 100
            case .cloudFront: 600
            case .gcp: 30
            case .heroku: 55
            case .nlb: 350
            case .other: nil
            }
        }

        /// Takes a name apart: `aws-alb`, `application`, `classic ELB`.
        static func named(_ text: String) -> Kind? {
            let text = text.lowercased()
            let words: [(String, Kind)] = [
                ("alb", .alb), ("application", .alb), ("classic", .classicELB), ("nlb", .nlb),
                ("network", .nlb),
                ("elb", .classicELB), ("cloudflare", .cloudflare), ("cloudfront", .cloudFront),
                ("azure", .azure),
                ("gcp", .gcp), ("gce", .gcp), ("google", .gcp), ("heroku", .heroku),
            ]
            return words.first { text.holds($0.0) }?.1
        }
    }

    package let kind: Kind
    /// Seconds.
    package let idleTimeout: Double
    /// Whether a file says it; else it is the maker's default.
    package let isStated: Bool
    /// Interval of a heartbeat that the same description tells of, in seconds.
    package let heartbeat: Double?
    /// Whether stickiness is switched on; nil: not said.
    package let isSticky: Bool?
    package let place: FilePlace

    package init(
        kind: Kind, idleTimeout: Double, isStated: Bool, heartbeat: Double? = nil, isSticky: Bool? = nil,
        at place: FilePlace
    ) {
        self.kind = kind
        self.idleTimeout = idleTimeout
        self.isStated = isStated
        self.heartbeat = heartbeat
        self.isSticky = isSticky
        self.place = place
    }

    /// Out of a tree that names a balancer or an idle time of one; nil: it does neither.
    init?(_ root: DocumentNode, _ file: SourceFile) {
        let settings = Setting.flattened(root, file, side: .unknown)
        func setting(_ words: String...) -> Setting? {
            settings.first { setting in
                let name = setting.name.lowercased().filter { $0.isLetter || $0.isNumber }
                return words.allSatisfy { name.holds($0) }
            }
        }
        let timeout = setting("idle", "timeout") ?? Self.attribute(settings)
        let name =
            setting("loadbalancer") ?? setting("type") ?? setting("provider") ?? setting("cdn")
            ?? setting("balancer")
        let kind =
            name.flatMap { Kind.named($0.value) ?? Kind.named($0.name) }
            ?? (settings.contains {
                $0.name.holds("timeout_seconds") || $0.value.holds("timeout_seconds")
                    || $0.value == "stickiness.enabled"
            } ? .alb : nil)
        guard let seconds = timeout.flatMap({ TimeText.seconds($0.value) }) ?? kind?.usualIdleTimeout else {
            return nil
        }
        guard kind != nil || setting("loadbalancer") != nil || file.name.lowercased().holds("balancer") else {
            return nil
        }
        let beat = setting("ping", "interval") ?? setting("heartbeat")
        let beatSeconds = beat.flatMap { beat in
            TimeText.seconds(beat.value, unit: beat.name.lowercased().hasSuffix("ms") ? 0.001 : 1)
        }
        let sticky =
            settings.firstIndex { $0.value == "stickiness.enabled" }.flatMap { at in
                at + 1 < settings.count ? settings[at + 1] : nil
            } ?? setting("sticki") ?? setting("sticky")
        self.init(
            kind: kind ?? .other, idleTimeout: seconds, isStated: timeout != nil, heartbeat: beatSeconds,
            isSticky: sticky.map { $0.value.lowercased() == "true" }, at: timeout?.place ?? file.place(1))
    }

    /// AWS writes attributes as pairs: `{"Key": "idle_timeout.timeout_seconds", "Value": "60"}`.
    private static func attribute(_ settings: [Setting]) -> Setting? {
        guard let at = settings.firstIndex(where: { $0.value == "idle_timeout.timeout_seconds" }),
            at + 1 < settings.count
        else { return nil }
        return settings[at + 1]
    }
}
