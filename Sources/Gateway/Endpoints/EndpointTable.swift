import Configuration
import PubSub

/// All endpoints, with literal paths found by one look-up.
///
/// A class, because it is asked for every command: a copy of its fields would count four references each time.
final class EndpointTable: Sendable {
    let endpoints: [Endpoint]
    /// The namespaces of those that speak Socket.IO, by their numbers.
    let namespaces: [EventNamespace]
    private let literals: [String: Int]
    private let patterns: [Int]

    init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
        namespaces = endpoints.flatMap { $0.engine?.space?.namespaces ?? [] }
        var literals: [String: Int] = [:]
        for (index, endpoint) in endpoints.enumerated() where endpoint.pattern.isLiteral {
            literals[endpoint.pattern.description] = index
        }
        self.literals = literals
        self.patterns = endpoints.indices.filter { !endpoints[$0].pattern.isLiteral }
    }

    /// The endpoint for a percent-decoded path: a literal one wins over patterns, those over later ones.
    func index(of path: String) -> Int? {
        literals[Self.trimmed(path)] ?? patterns.first { endpoints[$0].pattern.matches(path) }
    }

    /// Whether an endpoint lets a session do something with a topic.
    ///
    /// The endpoint lives as long as the table, so its rights are not counted either.
    @inline(__always)
    func allows(
        _ operations: TopicOperations, on topic: String, for session: @autoclosure () -> RightsSession,
        at index: Int
    ) -> Bool {
        Unmanaged.passUnretained(endpoints[index].rights)._withUnsafeGuaranteedRef {
            $0.allows(operations, on: topic, for: session())
        }
    }

    /// The paths as a person wrote them.
    var paths: [String] {
        endpoints.map(\.pattern.description)
    }

    private static func trimmed(_ path: String) -> String {
        path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    }
}
