extension CauseCode {
    /// Where on its way the handshake meets a fault: the earlier one decides, since the later is not reached.
    enum Stage: Int, Comparable, Sendable {
        /// The address the page dials, and what the browser forbids.
        case client
        /// Name, port, TLS, and what stands in front of the proxy.
        case network
        /// Whether the proxy runs, and which server block and location answers.
        case routing
        /// What is refused at the door of the location.
        case admission
        /// Whether and where the proxy reaches the backend.
        case reach
        /// Path and header fields as the backend gets them.
        case forwarding
        /// What the backend makes of host, origin and token.
        case backend
        /// What goes on after the handshake.
        case session
        /// How long it lasts.
        case time
        /// What costs, leaks or alarms without failing.
        case remark

        static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    /// The stage of this cause.
    var stage: Stage {
        switch self {
        case .mixedContent, .clientUrlPortBypass, .clientUrlHardcodedLocalhost, .clientUrlEnvMissing,
            .clientUrlMalformed, .clientUrlWrongPath, .cspConnectSrcBlocksWs, .clientSchemePortMismatch,
            .socketioNamespaceFromUrl:
            .client
        case .nameUnresolvable, .publicPortUnreachable, .certNameMismatch, .tlsListenerMissing,
            .http2OnlyListener, .clientNetworkStripsUpgrade, .cdnBlocksWebsocket, .tunnelHttp2Websocket,
            .proxyProtocolMismatch, .clientCertNotSent:
            .network
        case .mapVariableUndefined, .mapMisplaced, .proxyConfigInvalid, .upstreamNameUnresolvable,
            .apacheWstunnelModuleMissing, .wrongServerBlock, .rewriteHijacksHandshake, .locationShadowed,
            .locationDoesNotCoverPath, .spaFallbackSwallowsWs, .redirect301OnHandshake, .socketioPathMismatch,
            .upstreamSelfLoop, .workerConnectionsExhausted:
            .routing
        case .authRequestBlocksHandshake, .authSubrequestCarriesUpgrade, .basicAuthBlocksHandshake,
            .wafModuleBlocksWs, .limitConnTooLow, .limitReqTooLow, .clientHeaderBufferTooSmall:
            .admission
        case .upstreamUnreachableDockerHost, .upstreamWrongPort, .upstreamSchemeMismatch, .upstreamDnsStale,
            .upstreamIpv6Localhost, .upstreamSniMissing, .upstreamBlockedByOs, .http2ToBackend,
            .proxyBufferSizeTooSmall:
            .reach
        case .headersNotInherited, .upgradeHeadersMissing, .upgradeHeaderWrongValue,
            .connectionHeaderWrongValue, .connectionHeaderHardcodedUpgrade, .duplicateProxyHeader,
            .upgradeResponseHeaderHidden, .http10Upstream, .headerWithUnderscoreDropped, .headerCaseAltered,
            .proxyPassUriRewritesPath, .proxyPassPrefixNotStripped, .proxyPassVariableDropsUri,
            .regexCaptureClobbered, .wsLocationTooBroad, .hostHeaderLost, .hostPortMismatch,
            .forwardedProtoMissing:
            .forwarding
        case .backendLacksWsSupport, .backendHostNotAllowed, .originAllowlistMalformed, .originRejected,
            .corsOriginNotAllowed, .corsDuplicateHeader, .cookieNotSentCrossSite, .tokenMissing,
            .tokenMalformed, .tokenMalformedPrefix, .tokenTrailingWhitespace, .tokenWrongParamName,
            .tokenWrongSecret, .tokenExpired, .tokenNotYetValid, .tokenWrongClaimName, .tokenWrongType,
            .tokenWrongAudience, .tokenWrongIssuer, .eioVersionMismatch, .handshakeFails:
            .backend
        case .authMessageTypeMismatch, .subprotocolNotEchoed, .compressionCorruptFrame, .multiWorkerNoSticky,
            .notStickyPolling, .stickyCookieNotSent, .bufferingOnStreaming, .closedAfterOpen:
            .session
        case .readTimeoutTooShort, .heartbeatSlowerThanTimeout, .outerIdleTimeout: .time
        case .upstreamKeepaliveDefeated, .tokenInLog, .consoleNoise, .timeRanOut: .remark
        }
    }
}
