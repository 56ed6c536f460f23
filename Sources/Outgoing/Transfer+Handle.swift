import Bytes
import CCurl
import Glibc

extension Transfer {
    /// libcurl's side of the request; nil when it refuses, or there is no memory.
    func makeHandle(_ options: OutgoingOptions) -> OpaquePointer? {
        var settings = ccurl_settings()
        settings.body_count = request.body?.count ?? 0
        settings.has_body = request.body == nil ? 0 : 1
        settings.connect_milliseconds = Int(clamping: Self.milliseconds(request.connectTimeout))
        settings.idle_connection_seconds = Int(clamping: options.idleConnectionLifetime.components.seconds)
        settings.redirects = request.redirectLimit
        settings.is_secure_only = request.isSecure ? 1 : 0
        settings.accepts_compressed = request.acceptsCompressed ? 1 : 0
        if case .whole = sink { settings.allows_http2 = options.allowsHTTP2 ? 1 : 0 }
        settings.context = Unmanaged.passUnretained(self).toOpaque()
        settings.on_head = { context, bytes, count in
            guard let context else { return CCURL_STOP }
            let line = UnsafeRawBufferPointer(start: bytes, count: count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().takeHead(line)
        }
        settings.on_body = { context, bytes, count in
            guard let context else { return CCURL_STOP }
            let piece = UnsafeRawBufferPointer(start: bytes, count: count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().takeBody(piece)
        }
        settings.on_connected = { context in
            guard let context else { return CCURL_STOP }
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().connected()
        }
        let proxy: String? = options.usesEnvironmentProxy ? nil : ""
        guard let handle = make(settings, options, proxy) else { return nil }
        for line in request.lines where ccurl_transfer_add_header(handle, line) != 1 {
            ccurl_transfer_free(handle)
            return nil
        }
        return handle
    }

    /// Lends the strings and the body for as long as libcurl copies them.
    private func make(
        _ settings: ccurl_settings, _ options: OutgoingOptions, _ proxy: String?
    ) -> OpaquePointer? {
        var settings = settings
        return request.url.withCString { url in
            settings.url = url
            return request.method.withCString { method in
                settings.method = method
                return options.userAgent.withCString { agent in
                    settings.user_agent = agent
                    return Self.withOptional(options.authoritiesFile) { file in
                        settings.authorities = file
                        return Self.withOptional(proxy) { proxy in
                            settings.proxy = proxy
                            return (request.body ?? []).withUnsafeBytes { body in
                                settings.body = body.baseAddress
                                return ccurl_transfer_new(&settings)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func withOptional(
        _ text: String?, _ body: (UnsafePointer<CChar>?) -> OpaquePointer?
    ) -> OpaquePointer? {
        guard let text else { return body(nil) }
        return text.withCString { body($0) }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }
}

extension Transfer {
    /// When the limit between bytes is reached; nil while it does not count.
    var idleDeadline: MonotonicTime? {
        guard isConnected, !isHeld, let limit = request.idleTimeout else { return nil }
        return lastActivity + limit
    }

    /// Whether bytes of the request have left since the last look: libcurl does not call back for those.
    func hasSentMore() -> Bool {
        guard let handle else { return false }
        let progress = Self.progress(handle)
        let total = progress.request_bytes &+ progress.uploaded
        defer { sent = total }
        // The head that leaves with the connection is no news.
        guard sent > 0, total > sent else { return false }
        lastActivity = engine.now
        return true
    }

    func timedOut(_ phase: OutgoingError.TimeoutPhase, after limit: Duration?) -> OutgoingError {
        .timedOut(phase, host: request.host, after: limit ?? .zero)
    }

    static func progress(_ handle: OpaquePointer) -> ccurl_progress {
        var progress = ccurl_progress()
        ccurl_transfer_progress(handle, &progress)
        return progress
    }
}

extension OutgoingEngine {
    /// Why a transfer ended as libcurl says; nil when it went well.
    func error(of transfer: Transfer, _ end: Int32) -> OutgoingError? {
        if let failure = transfer.failure { return failure }
        let host = transfer.request.host
        guard let handle = transfer.handle else { return .library("ended before it began") }
        let words = String(cString: ccurl_transfer_words(handle))
        let progress = Transfer.progress(handle)
        switch end {
        case CCURL_END_OK:
            if transfer.head != nil { return nil }
            // To libcurl a head that breaks off is a whole one, and a redirect without a usable place an answer.
            guard transfer.isHeadWhole, transfer.status >= 200 else {
                return .truncated(host: host, status: transfer.status)
            }
            transfer.showHead()
            return nil
        case CCURL_END_RESOLVE: return .unresolved(host: host)
        case CCURL_END_CONNECT where progress.os_error == ECONNREFUSED: return .refused(host: host)
        case CCURL_END_CONNECT where progress.os_error == ECONNRESET:
            return .connectionLost(host: host, sent: false)
        case CCURL_END_CONNECT: return .unreachable(host: host, errno: progress.os_error)
        case CCURL_END_TIMEOUT:
            return transfer.timedOut(Self.phase(progress), after: transfer.request.connectTimeout)
        case CCURL_END_TLS: return .tlsFailed(host: host, reason: words)
        case CCURL_END_UNVERIFIED:
            return .tlsUnverified(host: host, verification: progress.verification, reason: words)
        case CCURL_END_AUTHORITIES: return .authoritiesUnreadable(path: options.authoritiesFile ?? words)
        case CCURL_END_LOST where transfer.hasAnswer, CCURL_END_TRUNCATED:
            return .truncated(host: host, status: transfer.status)
        case CCURL_END_LOST: return .connectionLost(host: host, sent: progress.request_bytes > 0)
        case CCURL_END_MALFORMED: return .malformed(host: host, reason: words)
        case CCURL_END_HEAD_TOO_LARGE where transfer.head == nil:
            return .headTooLarge(host: host, limit: options.headLimit)
        case CCURL_END_REDIRECTS:
            return .tooManyRedirects(host: host, limit: transfer.request.redirectLimit)
        // Also an answer in HTTP/0.9, which is any text at all.
        case CCURL_END_PROTOCOL where transfer.hasAnswer: return .redirectForbidden(host: host)
        case CCURL_END_PROTOCOL: return .malformed(host: host, reason: words)
        case CCURL_END_ENCODING: return .encodingUnusable(host: host, encoding: words)
        case CCURL_END_PROXY: return .proxyFailed(words)
        default: return .library(words)
        }
    }

    private static func phase(_ progress: ccurl_progress) -> OutgoingError.TimeoutPhase {
        if progress.is_connected != 0 { return .tls }
        return progress.is_resolved != 0 ? .connect : .resolve
    }
}
