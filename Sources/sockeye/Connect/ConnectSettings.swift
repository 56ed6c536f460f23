import Configuration
import SockeyeClient

/// What `sockeye connect` was asked to do: the command line, checked.
struct ConnectSettings {
    /// How what happens is shown.
    enum Style {
        /// Arrows, times and words, for people.
        case talk
        /// One JSON object a line.
        case json
        /// Messages alone, one a line.
        case lines
    }

    let plan: ConnectPlan
    /// Whether it dials again when a connection ends.
    let reconnects: Bool
    /// What the next attempt goes by, where the token is in a file that may have changed; nil: as the first.
    let renew: (@Sendable () throws(CommandFailure) -> (plan: ConnectPlan, mask: SecretMask))?
    let topics: [String]
    let style: Style
    let echoes: Bool
    let isVerbose: Bool
    let isQuiet: Bool
    /// How long to go on after the end of standard input; nil: until the server closes.
    let wait: Duration?
    let mask: SecretMask
    /// The address as it was given; may hold a token.
    let url: String

    init(_ invocation: Invocation) throws(CommandFailure) {
        var options: ConnectOptions
        (options, mask) = try ConnectionFlags.options(invocation)
        if let text = invocation.value("--ping-interval") {
            let interval = try ConnectionFlags.duration("--ping-interval", text)
            if interval < .milliseconds(100) { throw .usage("--ping-interval must be at least 100ms") }
            options.pingInterval = interval
        }
        plan = try ConnectionFlags.plan(invocation, options, mask)
        url = invocation.arguments[0]
        reconnects = invocation.has("--reconnect")
        if reconnects, invocation.value("--token")?.hasPrefix("@") == true {
            let interval = options.pingInterval
            renew = { () throws(CommandFailure) in
                var (options, mask) = try ConnectionFlags.options(invocation)
                options.pingInterval = interval
                return (try ConnectionFlags.plan(invocation, options, mask), mask)
            }
        } else {
            renew = nil
        }
        topics = invocation.values("--subscribe")
        echoes = invocation.has("--echo")
        isVerbose = invocation.has("--verbose")
        isQuiet = invocation.has("--quiet")
        if isQuiet && isVerbose { throw .usage("--quiet and --verbose contradict each other") }
        style = invocation.has("--json") ? .json : Output.isTerminal ? .talk : .lines
        switch invocation.value("--wait") {
        case nil: wait = .zero
        case "forever": wait = nil
        case let text?: wait = try ConnectionFlags.duration("--wait", text)
        }
    }
}
