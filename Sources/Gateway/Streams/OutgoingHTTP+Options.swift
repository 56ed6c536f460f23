import Configuration
import Outgoing

extension OutgoingHTTP {
    /// What sends requests to the backends and issuers of a configuration; nil where it names none.
    convenience init?(for options: Options) throws(ServeError) {
        let asksForTokens = options.token.checkURL != nil || options.keys.contains { $0.jwksURL != nil }
        let asksAboutEvents = options.events.contains { $0.url != nil }
        if options.calls.isEmpty, options.webhooks.isEmpty, !asksForTokens, !asksAboutEvents { return nil }
        var settings = OutgoingOptions()
        settings.userAgent = "Sockeye/\(GatewayServer.version)"
        do throws(OutgoingStartError) {
            try self.init(settings)
        } catch {
            throw .outgoing(error)
        }
    }
}
