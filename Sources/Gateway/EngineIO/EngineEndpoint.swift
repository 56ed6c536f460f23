import Bytes
import Configuration
import EngineIOWire
import HTTPWire

/// An endpoint that speaks Engine.IO: what all its sessions have in common.
final class EngineEndpoint: Sendable {
    /// Its place in the table of endpoints.
    let index: Int
    /// Its path as configured.
    let path: String
    let settings: EngineSettings
    let cors: CORSPolicy
    /// Socket.IO; nil where messages come back as they came.
    let space: EventSpace?

    init(
        _ option: EndpointOptions, index: Int, _ options: Options, listeners: [String], _ space: EventSpace?
    ) {
        self.space = space
        let engine = option.engine
        self.index = index
        path = option.path
        settings = EngineSettings(
            pingIntervalMilliseconds: engine.pingInterval.wholeMilliseconds,
            pingTimeoutMilliseconds: engine.pingTimeout.wholeMilliseconds,
            upgradeTimeoutMilliseconds: engine.upgradeTimeout.wholeMilliseconds,
            maxPayload: engine.maxPayload, bufferLimit: options.outboundHigh,
            allowsPolling: engine.transports.contains(.polling),
            allowsWebSocket: engine.transports.contains(.websocket))
        cors = CORSPolicy(engine, profile: options.profile, listeners: listeners)
    }

    /// How finely the clock of its sessions must tick, in nanoseconds: a hundredth of the shortest time, 1 to 100 ms.
    ///
    /// A pong that is late must be noticed soon, but a tick of a millisecond would wake a loop with many sessions at every one.
    var tick: UInt64 {
        let greeting = space?.namespaces.map(\.greetingDelay).filter { $0 > 0 }.min() ?? .max
        let shortest = min(
            settings.pingInterval, settings.pingTimeout, settings.upgradeTimeout,
            space?.connectTimeout ?? .max, greeting.multipliedReportingOverflow(by: 40).partialValue)
        return min(max(shortest / 200_000_000, 1), 100) * 1_000_000
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: UInt64 { wholeNanoseconds / 1_000_000 }
}

/// What a request of a transport is answered; made on the session's loop, written by the connection's.
enum EngineAnswer: Sendable {
    /// What a GET fetched.
    case packets([UInt8])
    /// A POST was taken.
    case taken
    case refused(EngineRefusal)
}

/// Where the answer to a GET goes.
struct EnginePoll: Equatable, Sendable {
    let loop: Int
    let connection: UInt64
}

/// What a client showed when it came, for the namespaces it connects to later.
struct EngineFacts: Sendable {
    /// Who it is, as refusals tell it.
    let peer: Peer
    /// The request that opened the session.
    let head: RequestHead
}
