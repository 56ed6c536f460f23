import EngineIOWire
import Telemetry

// What the life of an Engine.IO session has to say to an operator.
extension LogSink {
    /// A session has begun.
    func engineOpened(_ client: EngineClient, _ transport: EngineTransport) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "session-opened", "Engine.IO session opened by \(transport.rawValue)",
            ["engine": "\(client.slot)", "transport": "\(transport.rawValue)"])
    }

    /// A session is over.
    func engineEnded(_ client: EngineClient, _ end: EngineEnd) {
        guard keepsConnections else { return }
        log(
            connectionLevel, "session-ended", "Engine.IO session ended: \(end.word)",
            ["engine": "\(client.slot)", "why": "\(end.word)"])
    }
}
