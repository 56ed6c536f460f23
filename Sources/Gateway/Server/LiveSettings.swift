import Configuration
import PubSub
import Synchronization
import Telemetry

/// What of the configuration a running server can change: replaced as a whole, and read by every loop at any moment.
final class LiveSettings: Sendable {
    let limits: GatewayLimits
    let admission: Admission
    let rates: Rates
    /// What of clients `rates` speaks of, here as well: every command asks for it, and follows one reference only.
    let limited: LimitedOperations
    let proxyTrust: ProxyTrust
    let trustsProxies: Bool

    /// - Parameters:
    ///   - connections: the most at once over all loops.
    ///   - former: what was in force until now.
    init(
        _ options: Options, connections: Int, _ endpoints: EndpointTable, _ listeners: [String],
        after former: LiveSettings? = nil
    ) {
        rates = Rates(options.rates, paths: endpoints.paths, after: former?.rates)
        limited = rates.operations
        proxyTrust = ProxyTrust(options.trustedProxies, options.clientAddressField)
        trustsProxies = !proxyTrust.isEmpty
        limits = GatewayLimits(options, connections: connections)
        admission = Admission(
            paths: endpoints.paths,
            origins: OriginPolicy(
                allowed: options.effectiveOrigins, profile: options.profile, listeners: listeners),
            redaction: Redaction(queryNames: endpoints.endpoints.map(\.tokenParameter)),
            namespaces: endpoints.endpoints.flatMap { endpoint in
                (endpoint.engine?.space?.namespaces ?? []).filter { $0.name != "/" }.map {
                    SocketPlace(namespace: $0.name, path: endpoint.pattern.description)
                }
            })
    }
}

/// The settings in force.
///
/// Reading them is one load: no lock and no count. So nobody knows when the last reader of old ones is done, and they
/// are kept; some hundred bytes for every time an operator reloads.
final class LiveSettingsBox: Sendable {
    private let current: Atomic<Unmanaged<LiveSettings>>
    private let all: Mutex<[LiveSettings]>

    init(_ settings: LiveSettings) {
        current = Atomic(.passUnretained(settings))
        all = Mutex([settings])
    }

    /// The limits in force.
    @inline(__always)
    var limits: GatewayLimits {
        current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0.limits }
    }

    /// Who is let in by the rules in force.
    var admission: Admission {
        current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0.admission }
    }

    /// How often things may be done.
    var rates: Rates {
        current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0.rates }
    }

    /// What clients are limited in at all.
    @inline(__always)
    var limited: LimitedOperations {
        current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0.limited }
    }

    /// Whose word about a client's address is believed.
    var proxyTrust: ProxyTrust {
        current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0.proxyTrust }
    }

    /// Whether anybody's is.
    var trustsProxies: Bool {
        current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0.trustsProxies }
    }

    /// Puts settings in force, made from those that are.
    func replace(_ make: (LiveSettings) -> LiveSettings) {
        all.withLock { all in
            let settings = make(current.load(ordering: .acquiring)._withUnsafeGuaranteedRef { $0 })
            all.append(settings)
            current.store(.passUnretained(settings), ordering: .releasing)
        }
    }
}
