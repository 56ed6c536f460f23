import Configuration
import Synchronization
import Telemetry

/// What of the configuration a running server can change: replaced as a whole, and read by every loop at any moment.
final class LiveSettings: Sendable {
    let limits: GatewayLimits
    let admission: Admission

    /// - Parameter connections: the most at once over all loops.
    init(_ options: Options, connections: Int, _ endpoints: EndpointTable, _ listeners: [String]) {
        limits = GatewayLimits(options, connections: connections)
        admission = Admission(
            paths: endpoints.paths,
            origins: OriginPolicy(
                allowed: options.effectiveOrigins, profile: options.profile, listeners: listeners),
            redaction: Redaction(queryNames: endpoints.endpoints.map(\.tokenParameter)))
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

    func replace(_ settings: LiveSettings) {
        all.withLock { $0.append(settings) }
        current.store(.passUnretained(settings), ordering: .releasing)
    }
}
