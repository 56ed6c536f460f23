public import Configuration

/// Which pages may connect (RFC 6455 §10.2): decided by `Origin` and the configuration alone.
///
/// `Host` plays no part, since proxies rewrite it. A client that sends no Origin is no browser and is let in: what it may do
/// is for its token to say.
public struct OriginPolicy: Sendable {
    /// Allowed origins in the one form of `Origin`, and as they were configured.
    private let allowed: Set<String>
    /// The same in order, for messages.
    let listed: [String]
    /// Ports on which this server itself serves pages to a browser on the same machine; empty in production.
    private let ownPorts: Set<String>
    let profile: Options.Profile

    /// A policy.
    ///
    /// - Parameters:
    ///   - allowed: origins such as `https://app.example.com`; `wss` counts as `https`, `ws` as `http`. Those of the
    ///     profile, as `Options.effectiveOrigins` has them, are the caller's to add.
    ///   - listeners: where this server listens, `host:port`. In development, pages served from these on the loopback
    ///     may connect: that is how the built-in page does.
    public init(allowed: [String], profile: Options.Profile, listeners: [String]) {
        let normal = allowed.compactMap(Self.normalized)
        self.allowed = Set(normal)
        self.profile = profile
        listed = normal
        ownPorts = profile == .production ? [] : Set(listeners.compactMap(Self.loopbackPort))
    }

    /// The decision, and what it rests on when it is no.
    public enum Verdict: Equatable, Sendable {
        case allowed
        case refused(OriginInputs)
    }

    /// Judges the values of the `Origin` fields of a request.
    ///
    /// Allocates nothing for one that is configured literally.
    public func judge(_ values: [String]) -> Verdict {
        guard let origin = values.first else { return .allowed }
        if values.count == 1 {
            if allowed.contains(origin) { return .allowed }
            if let normal = Self.normalized(origin), allowed.contains(normal) || isOwn(normal) {
                return .allowed
            }
        }
        return .refused(inputs(values))
    }

    private func isOwn(_ normal: String) -> Bool {
        guard let (host, port) = Self.split(normal), Self.isLoopback(host) else { return false }
        return ownPorts.contains(port)
    }

    private func inputs(_ values: [String]) -> OriginInputs {
        let received = PlainText.line(values.joined(separator: ", "))
        let normal = values.count == 1 ? Self.normalized(values[0]) : nil
        return OriginInputs(
            received: received, normalized: normal.map { PlainText.line($0) }, allowed: listed,
            ownLoopbackPorts: ownPorts.sorted(), profile: profile.rawValue)
    }

    /// An origin in the one form, `ws` and `wss` read as the schemes of the pages they belong to.
    static func normalized(_ text: String) -> String? {
        let lower = text.prefix(6).lowercased()
        if lower == "wss://" { return Origin("https://" + text.dropFirst(6))?.description }
        if lower.hasPrefix("ws://") { return Origin("http://" + text.dropFirst(5))?.description }
        return Origin(text)?.description
    }

    /// The port of a listener that a browser on this machine reaches by a loopback address; nil for others.
    private static func loopbackPort(_ listener: String) -> String? {
        guard let (host, port) = split("//" + listener) else { return nil }
        return isLoopback(host) || ["", "0.0.0.0", "::", "*"].contains(host) ? port : nil
    }

    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host.hasSuffix(".localhost") { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Host and port behind `//`; the port is that of the scheme when it is not written.
    static func split(_ origin: String) -> (host: String, port: String)? {
        guard let mark = origin.firstRange(of: "//") else { return nil }
        let standard = origin.hasPrefix("https:") ? "443" : "80"
        let rest = origin[mark.upperBound...]
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return nil }
            let tail = rest[rest.index(after: close)...]
            return (
                String(rest[rest.index(after: rest.startIndex)..<close]),
                tail.hasPrefix(":") ? String(tail.dropFirst()) : standard
            )
        }
        guard let colon = rest.lastIndex(of: ":") else { return (String(rest), standard) }
        return (String(rest[..<colon]), String(rest[rest.index(after: colon)...]))
    }
}

/// All that a refusal of an origin rests on.
public struct OriginInputs: Sendable, Equatable {
    /// As it came, cut to 200 characters; several fields joined by commas.
    public let received: String
    /// In the form that is compared; nil when it is no origin of a page, as `null` is not.
    public let normalized: String?
    /// The configured origins in the same form.
    public let allowed: [String]
    /// Ports whose loopback pages are this server's own; development alone.
    public let ownLoopbackPorts: [String]
    /// `development` or `production`.
    public let profile: String
}
