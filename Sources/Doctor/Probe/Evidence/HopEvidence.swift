/// What the probes saw at one point of the path: the public address, or one that `--hop` names, or the backend's own.
package struct HopEvidence: Sendable {
    /// `public`, or the name of the hop.
    package let name: String
    package let endpoint: ProbeEndpoint
    package var lookup: NameEvidence
    /// Each address that was tried.
    package var addresses: [AddressEvidence] = []
    /// nil: the URL does not ask for TLS.
    package var tls: TLSEvidence?
    /// What the port speaks, when that is not what the URL says.
    package var speech: PortSpeech?
    /// What GET gave with the scheme that fits ``speech``.
    package var otherScheme: HTTPExchange?
    /// Whether the usual port of the other scheme (80, 443) takes connections; nil: not tried.
    package var isOtherPortOpen: Bool?
    /// `GET /`.
    package var page: HTTPExchange?
    /// GET of the handshake's target without a word of upgrading.
    package var plain: HTTPExchange?
    /// The handshake as the page would send it.
    package var handshake: HandshakeAttempt?
    /// What was said after it.
    package var conversation: Conversation?
    /// Handshakes that differ from it in one thing.
    package var variants: [VariantAttempt] = []
    /// A conversation with permessage-deflate offered.
    package var compressed: CompressedConversation?
    package var engine: EngineEvidence?
    /// What CORS and the page's content policy say to the browser.
    package var browser: BrowserEvidence?
    package var sizes: SizeEvidence?
    package var burst: BurstEvidence?
    package var idle: IdleEvidence?
    /// The stream of an event source, or of a page that is delivered in pieces.
    package var stream: StreamEvidence?

    init(name: String, endpoint: ProbeEndpoint, lookup: NameEvidence) {
        self.name = name
        self.endpoint = endpoint
        self.lookup = lookup
    }

    /// The attempt of one variant; nil: not tried.
    package func attempt(_ variant: HandshakeVariant) -> HandshakeAttempt? {
        variants.first { $0.variant == variant }?.attempt
    }

    /// A plain address of this host's socket in the page; nil: there is none.
    package var plainAddress: String? {
        page?.answer.flatMap { PageAddressCheck.plainAddress(in: $0.text, host: endpoint.host) }
    }

    /// Whether any address takes connections.
    package var isReachable: Bool { addresses.contains { $0.fault == nil } }
}

/// A handshake that differs from the page's in one thing.
package enum HandshakeVariant: Hashable, Sendable {
    case withoutOrigin
    case origin(OriginVariant)
    case withoutToken
    case token(TokenVariant)
    case path(PathVariant)
    /// Another Host, and an Origin that differs from it as the variant does from the page's.
    case echoedHost(OriginVariant)
    case http10
    /// A field of the handshake is left out, in small letters.
    case without(String)
}

/// An Origin that a page could not, or would not, send.
package enum OriginVariant: String, CaseIterable, Sendable {
    /// `http` for `https` and the other way round.
    case otherScheme
    /// The default port spelled out.
    case withPort
    /// The port left out.
    case withoutPort
    /// A slash at the end.
    case withSlash
    /// The host alone.
    case withoutScheme
    /// The host of the page in front of `www.`, or without it.
    case otherName
    /// A page of somebody else.
    case foreign
    /// The address the proxy dials the backend by.
    case upstream
    /// `http://localhost`.
    case localhost
}

/// The token in another form or place.
package enum TokenVariant: Hashable, Sendable {
    /// Blanks and line ends around it taken off.
    case trimmed
    /// The scheme word in front of it taken off.
    case withoutPrefix
    /// In the query, under this name.
    case query(String)
    case header
    case cookie(String)
    case subprotocol
}

/// Another path.
package enum PathVariant: Hashable, Sendable {
    /// The slash at the end added, or taken off.
    case otherSlash
    /// Another path altogether.
    case other(String)
}

/// A variant and what became of it.
package struct VariantAttempt: Sendable {
    package let variant: HandshakeVariant
    package let attempt: HandshakeAttempt
}

/// A conversation with compression offered.
package struct CompressedConversation: Sendable {
    package let attempt: HandshakeAttempt
    package let conversation: Conversation?
}

/// What a browser would make of answers that a socket does not care about.
package struct BrowserEvidence: Sendable {
    /// The page at the page's origin, for its content policy; nil: not fetched.
    package var page: HTTPExchange?
    /// The first polling request, or a plain GET of the path, with the page's Origin.
    package var crossOrigin: HTTPExchange?
    /// `OPTIONS` ahead of a POST.
    package var preflight: HTTPExchange?
}

/// What sizes the path lets through.
package struct SizeEvidence: Sendable {
    /// The longest text message that came back; nil: nothing comes back, so nothing can be said.
    package var echoed: Int?
    /// The shortest that did not, and how the connection ended; nil: none was tried that failed.
    package var lost: (bytes: Int, end: Conversation.End)?
    /// The longest header field that was taken, in bytes.
    package var header: Int?
    /// The shortest that was refused, with what came back.
    package var refusedHeader: (bytes: Int, outcome: HTTPOutcome)?
}

/// Several handshakes at once.
package struct BurstEvidence: Equatable, Sendable {
    /// How many were held open at the same time.
    package let count: Int
    /// How often each status came; 0: no answer.
    package let statuses: [Int: Int]
}

/// At what age an idle connection is cut.
package struct IdleEvidence: Sendable {
    /// How long it was watched at most.
    package let limit: Duration
    /// When and how it ended; nil: it lived through.
    package let end: (age: Duration, how: Conversation.End)?
    /// Pings of the server, and how far apart at most; nil: none came.
    package let pings: Int
    package let pingInterval: Duration?
}
