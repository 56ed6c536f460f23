/// Which findings go away with which: the consequences are shown under their cause and never come first.
///
/// A check that knows more says so itself (``Finding/consequenceOf``); this table holds what follows from how
/// the protocols work, whoever found the two.
enum Folding {
    /// A consequence and the causes it can come from, the nearest first.
    static let causes: [CauseCode: [CauseCode]] = [
        // The backend judges Origin by the Host and scheme that the proxy tells it.
        .originRejected: [
            .hostHeaderLost, .hostPortMismatch, .forwardedProtoMissing, .originAllowlistMalformed,
        ],
        // A configuration that does not load has no listener, whatever the port.
        .publicPortUnreachable: [
            .mapVariableUndefined, .mapMisplaced, .upstreamNameUnresolvable, .upstreamUnreachableDockerHost,
            .proxyConfigInvalid, .tlsListenerMissing, .clientUrlPortBypass,
        ],
        // host.docker.internal and its like resolve nowhere else.
        .upstreamNameUnresolvable: [.upstreamUnreachableDockerHost],
        // The token is there, and something on the way takes it out or names it otherwise.
        .tokenMissing: [
            .tokenWrongParamName, .proxyPassVariableDropsUri, .headerWithUnderscoreDropped,
            .cookieNotSentCrossSite,
        ],
        // What does not load because of one line fails at that line.
        .proxyConfigInvalid: [.mapVariableUndefined, .mapMisplaced, .upstreamNameUnresolvable],
        .closedAfterOpen: [
            .authMessageTypeMismatch, .tokenExpired, .tokenMissing, .tokenMalformed, .tokenMalformedPrefix,
            .tokenTrailingWhitespace, .tokenWrongSecret, .tokenWrongAudience, .tokenWrongIssuer,
            .tokenWrongClaimName, .tokenWrongType, .tokenNotYetValid, .compressionCorruptFrame,
            .subprotocolNotEchoed,
        ],
    ]

    /// A cause, and what is no fault of its own while that cause is there.
    ///
    /// A server block that was never meant to answer has no location for the socket and passes no upgrade on: true, and
    /// nothing to repair there.
    static let eclipses: [CauseCode: Set<CauseCode>] = [
        .wrongServerBlock: ofAnotherServer, .tlsListenerMissing: ofAnotherServer,
        // What answers is where the rewrite leads.
        .rewriteHijacksHandshake: [.spaFallbackSwallowsWs],
        // A page that dials nothing sensible resolves nothing, and needs no scheme.
        .clientUrlEnvMissing: [.nameUnresolvable, .mixedContent],
        // What is sent to itself needs no name of another.
        .upstreamSelfLoop: [.upstreamSniMissing],
        // The port that refuses is one of the user's own machine: the public one was not asked.
        .clientUrlHardcodedLocalhost: [.publicPortUnreachable],
        // Put together rightly it would name another port and another path.
        .clientUrlMalformed: [
            .nameUnresolvable, .locationDoesNotCoverPath, .spaFallbackSwallowsWs, .clientUrlWrongPath,
            .clientUrlPortBypass,
        ],
        // "The plain HTTP request was sent to HTTPS port" is then about the client.
        // and no request is read that a server block could redirect.
        .clientSchemePortMismatch: [.upstreamSchemeMismatch, .redirect301OnHandshake],
        // Whatever the location that won does with it, the one made for the path would have taken it.
        .locationShadowed: [.locationDoesNotCoverPath, .spaFallbackSwallowsWs],
        // The name did resolve, to an address that was right once.
        .upstreamDnsStale: [.upstreamNameUnresolvable],
    ]
    private static let ofAnotherServer: Set<CauseCode> = [
        .locationDoesNotCoverPath, .spaFallbackSwallowsWs, .upgradeHeadersMissing, .http10Upstream,
        .redirect301OnHandshake, .hostHeaderLost, .forwardedProtoMissing, .readTimeoutTooShort,
        .connectionHeaderWrongValue,
    ]

    /// Marks the consequences among `findings`.
    ///
    /// Only a cause that is as grave and at least about as certain takes another finding under it.
    static func folded(_ findings: [Finding]) -> [Finding] {
        var result = findings
        for index in result.indices where result[index].consequenceOf == nil {
            let finding = result[index]
            let candidates = causes[finding.code] ?? []
            result[index].consequenceOf = candidates.first { code in
                findings.contains {
                    $0.code == code && $0.severity <= finding.severity
                        && $0.confidence >= min(finding.confidence, 0.6) - 0.15
                }
            }
        }
        for cause in findings where cause.severity == .error && cause.confidence >= 0.6 {
            for index in result.indices where eclipses[cause.code]?.contains(result[index].code) == true {
                result[index].severity = .info
                result[index].consequenceOf = cause.code
            }
        }
        // A check may name a cause that nobody found: then this is the cause.
        for index in result.indices {
            guard let cause = result[index].consequenceOf else { continue }
            let isThere = result.contains { $0.code == cause && $0.severity != .info }
            if !isThere || cause == result[index].code || isCircular(from: index, in: result) {
                result[index].consequenceOf = nil
            }
        }
        return result
    }

    private static func isCircular(from index: Int, in findings: [Finding]) -> Bool {
        var seen: Set<CauseCode> = [findings[index].code]
        var next = findings[index].consequenceOf
        while let code = next {
            guard seen.insert(code).inserted else { return true }
            next = findings.first { $0.code == code }?.consequenceOf
        }
        return false
    }
}
