import Configuration
import Outgoing

extension OutgoingHTTP {
    /// What sends requests to the backends of a configuration; nil where it names none.
    convenience init?(for options: Options) throws(ServeError) {
        if options.calls.isEmpty { return nil }
        var settings = OutgoingOptions()
        settings.userAgent = "Sockeye/\(GatewayServer.version)"
        do throws(OutgoingStartError) {
            try self.init(settings)
        } catch {
            throw .outgoing(error)
        }
    }
}
