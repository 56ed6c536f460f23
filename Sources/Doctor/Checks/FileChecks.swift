/// The checks over files other than nginx's, and over what they say together with it.
enum FileChecks {
    static let all: [any Check] = [
        AddressCheck(), ScriptCheck(), SocketIOAddressCheck(), WrongPathCheck(), StrippedUpgradeCheck(),
        PolicyCheck(),
        RecordedCertificateCheck(), TunnelCheck(), ProxyLineCheck(), ApacheModuleCheck(), ProxyUpgradeCheck(),
        CaddyRouteCheck(), IngressRewriteCheck(), ForwardedPathCheck(),
        RouteCoverageCheck(), PlainRedirectCheck(), RecordedAnswerCheck(), ProxyClientCertificateCheck(),
        RouteLimitCheck(), ServerLimitCheck(), LabelPortCheck(), NamedRouteCheck(), HandWrittenLineCheck(),
        PlatformCheck(),
        HTTP2BackendCheck(),
        HeaderCaseCheck(), GuardCheck(), CaddyForwardAuthCheck(), LogEventCheck(), LoggedAddressCheck(),
        DockerHostCheck(),
        ServiceNameCheck(),
        BackendPortCheck(), SocketPortCheck(),
        IPv6LocalhostCheck(), HostCheck(), OriginCheck(), CORSCheck(), CookieCheck(), TokenShapeCheck(),
        TokenClaimsCheck(),
        TokenPlacementCheck(), FirstMessageCheck(), EngineVersionCheck(), StickinessCheck(),
        StickyCookieCheck(), SupportCheck(),
        SubprotocolCheck(),
        CompressionCheck(), IdleTimeCheck(), HeaderLengthCheck(), TokenInLogCheck(), ConsoleCheck(),
    ]
}
