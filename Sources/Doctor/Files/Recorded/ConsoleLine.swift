/// A line of a browser's console that speaks of a socket.
package struct ConsoleLine: Equatable, Sendable {
    /// What browsers say, whatever the words of each.
    package enum Kind: Equatable, Sendable {
        case abnormalClose
        case blockedByCORS
        case blockedByPolicy
        case certificateRefused
        case closedBeforeOpen
        case connectionRefused
        case connectionReset
        case corsHeaderTwice
        case invalidFrame
        case mixedContent
        case nameNotResolved
        case noSubprotocol
        case plainAnswerToTLS
        case subprotocolMismatch
        case timedOut
        case unexpectedStatus(Int)
        case upgradeHeaderMissing
    }

    package let kind: Kind
    /// The line, secrets masked, at most 240 characters.
    package let text: String
    /// The address it speaks of, nil: none.
    package let url: String?
    /// Nil: it was given as a flag.
    package let place: FilePlace?

    /// The lines of a text that say something; others are passed over.
    package static func all(in text: String, file: SourceFile? = nil) -> [ConsoleLine] {
        var lines: [ConsoleLine] = []
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(20_000) {
            number += 1
            let low = line.lowercased()
            // What a report-only policy would refuse is let through.
            guard let kind = kind(of: low), !(kind == .blockedByPolicy && isReportOnly(low)) else { continue }
            lines.append(
                ConsoleLine(
                    kind: kind, text: Masking.excerpt(String(line)), url: url(in: String(line)),
                    place: file?.place(number)))
        }
        return lines
    }

    /// Phrases of Chromium, Firefox and WebKit, the most telling first.
    static func kind(of line: String) -> Kind? {
        for mark in [
            "unexpected response code: ", "bad response code from server: ", "unexpected server response: ",
        ] {
            if let rest = line.after(mark), let status = Int(rest.prefix(3)) {
                return .unexpectedStatus(status)
            }
        }
        if line.holds("received bad response code from server:"), let rest = line.after("server:"),
            let status = Int(rest.trimmed.prefix(3))
        {
            return .unexpectedStatus(status)
        }
        return phrases.first { entry in entry.0.allSatisfy { line.holds($0) } }?.1
    }

    private static let phrases: [([String], Kind)] = [
        (["closed before the connection is established"], .closedBeforeOpen),
        (["was interrupted while the page was loading"], .closedBeforeOpen),
        (["mixed content"], .mixedContent),
        (["insecure websocket connection may not be initiated"], .mixedContent),
        (["operation is insecure"], .mixedContent),
        (["content security policy"], .blockedByPolicy), (["connect-src"], .blockedByPolicy),
        (["access-control-allow-origin", "multiple values"], .corsHeaderTwice),
        (["multiple cors header"], .corsHeaderTwice),
        (["access-control-allow-origin cannot contain more than one origin"], .corsHeaderTwice),
        (["blocked by cors policy"], .blockedByCORS), (["cross-origin request blocked"], .blockedByCORS),
        (["access-control-allow-origin"], .blockedByCORS),
        (["err_cert_"], .certificateRefused), (["certificate", "invalid"], .certificateRefused),
        (["err_ssl_"], .plainAnswerToTLS), (["wrong version number"], .plainAnswerToTLS),
        (["sec-websocket-protocol", "no response was received"], .noSubprotocol),
        (["sec-websocket-protocol"], .subprotocolMismatch), (["subprotocol"], .subprotocolMismatch),
        (["'upgrade' header is missing"], .upgradeHeaderMissing),
        (["'upgrade' header"], .upgradeHeaderMissing),
        (["'connection' header"], .upgradeHeaderMissing),
        (["invalid frame header"], .invalidFrame), (["reserved bits"], .invalidFrame),
        (["rsv1"], .invalidFrame),
        (["could not decode a text frame"], .invalidFrame),
        (["err_connection_refused"], .connectionRefused), (["err_connection_reset"], .connectionReset),
        (["err_name_not_resolved"], .nameNotResolved), (["err_connection_timed_out"], .timedOut),
        (["err_timed_out"], .timedOut), (["handshake timed out"], .timedOut),
        (["1006"], .abnormalClose), (["abnormal closure"], .abnormalClose),
    ]

    /// `[Report Only] Refused to …` of Chromium and WebKit, `(Report-Only policy)` of Firefox, the header's name.
    private static func isReportOnly(_ line: String) -> Bool {
        line.holds("report only") || line.holds("report-only")
    }

    /// Whether the line speaks of fetches of other hosts than `host` alone, which are no business of a socket there.
    func isOfOtherHost(than host: String) -> Bool {
        // What is fetched stands before the page's origin and before the words of a policy.
        let heads = [" from origin ", " because ", " violates "].compactMap { text.before($0) }
        let head = heads.min { $0.utf8.count < $1.utf8.count }
        if head == nil, text.hasSuffix("…") { return false }
        let words = (head ?? text).split { " '\"`,;)(<>".contains($0) }.map(String.init)
        let hosts = words.compactMap { word -> String? in
            guard word.holds("://"), let url = WebOrigin(word) else { return nil }
            return word.lowercased().hasPrefix("ws") ? host : url.host
        }
        return !hosts.isEmpty && !hosts.contains(host)
    }

    private static func url(in line: String) -> String? {
        for scheme in ["wss://", "ws://", "https://", "http://"] {
            guard let rest = line.after(scheme) else { continue }
            return scheme + rest.prefix { !" '\"`,;)<>".contains($0) }
        }
        return nil
    }
}
