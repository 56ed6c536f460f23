/// What a probe of the public path can see from outside, in the words static checks predict with.
///
/// Every probe adds what it saw to ``ProbeEvidence/symptoms``; a ``Finding`` names those it expects
/// (``Finding/predicts``) and those that contradict it (``Finding/excludedBy``).
package enum Symptom: Hashable, Sendable {
    /// The handshake with the subject's path, Origin and token was answered with a valid 101.
    case upgraded
    /// A message went both ways on the upgraded connection, or the server's first packet arrived.
    case exchanged
    /// The handshake was answered with this status instead of 101.
    case handshakeStatus(Int)
    /// The handshake was answered with an HTML page of status 200.
    case handshakePage
    /// The handshake was answered with a redirect.
    case handshakeRedirect
    /// A 101 came that no client accepts: Upgrade, Connection or Sec-WebSocket-Accept missing or wrong.
    case handshakeInvalid
    /// The connection was closed, or nothing came, before an HTTP answer.
    case noAnswer
    /// After the 101 the server closed before anything was said.
    case closedAtOnce
    /// An ordinary GET of the page was answered with this status.
    case pageStatus(Int)
    /// Name lookup failed.
    case nameUnresolved
    /// The public port refused the connection.
    case refused
    /// The public port did not answer in time.
    case filtered
    /// TLS could not be agreed: plain port, protocol, alert.
    case tlsFailed
    /// The certificate is for another name, expired, or of an unknown issuer.
    case certificateRefused
    /// An idle connection was cut before the heartbeat expected of it.
    case idleCut
    /// An idle connection lived through the whole ladder.
    case idleSurvived
    /// The handshake succeeded only without the Origin, or with another.
    case originDecides
    /// The handshake succeeded only with another token or none.
    case tokenDecides
    /// Polling works, and the upgrade to WebSocket does not.
    case pollingOnly
    /// Polling answers came back "Session ID unknown".
    case sessionUnknown
    /// Chunks of a streamed answer arrived together.
    case buffered
    /// A frame that breaks RFC 6455 arrived, compression included.
    case invalidFrame
    /// A handshake sent to the backend's own address works where the public path does not.
    case backendWorks
    /// A handshake sent to the backend's own address fails as well.
    case backendFails
}
