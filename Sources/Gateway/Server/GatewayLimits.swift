import Configuration
import HTTPWire
import Transport

/// The options a loop needs at every turn, in the units it counts in: nanoseconds and bytes.
struct GatewayLimits: Sendable {
    var http: HTTPLimits
    var handshakeTimeout: UInt64
    var authenticationTimeout: UInt64
    var idleTimeout: UInt64
    /// `.max` for never.
    var pingInterval: UInt64
    /// Never more often than this, whatever was learned.
    var pingMinimum: UInt64
    /// Whether pings adapt to what the way to a client cuts.
    var isHeartbeatAdaptive: Bool
    var shutdownTimeout: UInt64
    /// Over how long clients that are sent away come back; 0: they are not told.
    var reconnectSpread: UInt64
    /// A kept-alive HTTP connection may rest this long between requests.
    var keepAliveTimeout: UInt64 = 60_000_000_000
    /// A peer has this long to answer our close frame.
    var closeTimeout: UInt64 = 5_000_000_000
    /// While some of our last bytes wait, a peer has this long to take any of them, and as long again when it did.
    var flushTimeout: UInt64 = 10_000_000_000
    /// How long that may go on.
    var endingTimeout: UInt64 = 60_000_000_000
    /// Once all is sent, a peer has this long to hang up.
    var lingerTimeout: UInt64 = 2_000_000_000
    var outboundHigh: Int
    var outboundLow: Int
    var maxConnections: Int
    var maxSubscriptions: Int
    var recoveryLimit: Int
    /// Bytes of all loops together.
    var historyBudget: Int
    var publishLimit: Int
    /// Bytes of all loops together that answers may take once they have ended.
    var streamBudget: Int
    /// The longest piece of an answer.
    var pieceLimit: Int
    /// Below how many waiting bytes a connection is given more of an answer.
    var viewerMark: Int
    /// Whether sends go to the kernel together, where it can do that.
    var usesRing: Bool
    /// Seconds before its token ends that a client is told; 0 for not at all.
    var tokenWarning: Int64

    /// - Parameter connections: the most at once over all loops, with 0 already replaced by what the process can hold.
    init(_ options: Options, connections: Int) {
        http = HTTPLimits(head: options.headLimit)
        handshakeTimeout = options.handshakeTimeout.wholeNanoseconds
        authenticationTimeout = options.authTimeout.wholeNanoseconds
        idleTimeout = options.idleTimeout.wholeNanoseconds
        pingInterval = options.pingInterval == .zero ? .max : options.pingInterval.wholeNanoseconds
        pingMinimum = options.pingMinimum.wholeNanoseconds
        isHeartbeatAdaptive = options.heartbeatAdapts
        shutdownTimeout = options.shutdownTimeout.wholeNanoseconds
        reconnectSpread = options.reconnectSpread.wholeNanoseconds
        outboundHigh = options.outboundHigh
        outboundLow = options.outboundLow
        maxConnections = connections
        maxSubscriptions = options.maxSubscriptions
        recoveryLimit = options.recoveryLimit
        historyBudget = options.historyBudget
        publishLimit = options.publishLimit
        streamBudget = options.streamBudget
        // So that one piece more does not make a slow reader of somebody who had room; what a network read brings must fit.
        pieceLimit = max(options.outboundHigh / 2, 256 << 10)
        viewerMark = min(options.outboundLow, options.outboundHigh / 2)
        usesRing = options.usesRing
        tokenWarning = options.token.warning.components.seconds
    }
}
