/// The rules over what the nginx configuration says of itself: whether it loads, its listeners, doors, limits
/// and times.
enum NginxConfigurationChecks {
    static let all: [any Check] = [
        ConfigurationCheck(),
        ListenerCheck(),
        ProxyProtocolCheck(),
        AuthenticationCheck(),
        FirewallCheck(),
        LimitCheck(),
        HeaderBufferCheck(),
        WorkerCheck(),
        UpstreamNameCheck(),
        UpstreamTLSCheck(),
        AnswerBufferCheck(),
        StreamingCheck(),
        NginxIdleTimeCheck(),
        KeepaliveCheck(),
    ]
}
