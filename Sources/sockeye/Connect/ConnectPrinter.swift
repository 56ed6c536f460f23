import Bytes
import HTTPWire
import JSON
import SockeyeClient
import WebSocketWire

/// Turns what happens on a connection into lines: data for standard output, talk for standard error.
///
/// A value of its own, so that what people read is tested as text.
struct ConnectPrinter {
    /// One line and where it belongs.
    enum Line: Equatable {
        case data(String)
        case talk(String)
    }

    let style: ConnectSettings.Style
    let isQuiet: Bool
    var mask: SecretMask
    let usesColor: Bool

    // MARK: The connection

    func connecting(to url: String) -> [Line] {
        switch style {
        case .json: [.data(object("connecting", ("url", .string(mask.apply(url)))))]
        case .talk, .lines: talk("connecting to \(mask.apply(url))")
        }
    }

    func opened(_ info: ConnectionInfo) -> [Line] {
        let timings = info.timings
        let parts: [(String, Duration?)] = [
            ("name", timings.name), ("tcp", timings.tcp), ("tls", timings.tls),
            ("handshake", timings.handshake),
        ]
        if style == .json {
            var members: [(String, JSONValue?)] = [("address", .string(info.remoteAddress))]
            members.append(("protocol", info.subprotocol.map { .string(mask.apply($0)) }))
            members.append(("compression", info.compression.map { .string($0.headerValue) }))
            members.append(("tls", info.security.map { .string($0) }))
            members += parts.map { ($0 + "_ms", $1.map(Self.milliseconds)) }
            members.append(("total_ms", Self.milliseconds(timings.total)))
            return [.data(object("open", members))]
        }
        let times = parts.compactMap { name, time in time.map { "\(name) \(Self.text($0))" } }.joined(
            separator: ", ")
        var line = "open after \(Self.text(timings.total)) (\(times)) at \(info.remoteAddress)"
        if let security = info.security { line += ", \(security)" }
        if let name = info.subprotocol { line += ", protocol \(mask.apply(name))" }
        if let compression = info.compression { line += ", \(compression.headerValue)" }
        return talk(line)
    }

    /// The connection is gone, and another will be made.
    func waiting(_ delay: Duration) -> [Line] {
        switch style {
        case .json: [.data(object("reconnecting", ("after_ms", Self.milliseconds(delay))))]
        case .talk, .lines: talk("dialling again in \(Self.text(delay))")
        }
    }

    /// Request and response heads, as `--verbose` shows them.
    func heads(_ info: ConnectionInfo) -> [Line] {
        var lines = info.request.split(separator: "\r\n").map {
            "> " + maskedHead(String($0)).printable
        }
        lines.append("< HTTP/1.1 \(info.response.status) \(info.response.reason.printable)")
        lines += info.response.fields.map { "< " + maskedHead("\($0.name): \($0.value)").printable }
        return lines.map { .talk($0) }
    }

    // MARK: Messages

    func sent(_ text: String, after time: Duration) -> [Line] {
        switch style {
        case .json:
            [.data(object("sent", ("ms", Self.milliseconds(time)), ("text", .string(mask.apply(text)))))]
        case .talk: [.data(stamp(time) + color("→ ", 32) + mask.apply(text).printable)]
        case .lines: []
        }
    }

    func received(_ message: Message, after time: Duration) -> [Line] {
        switch (style, message) {
        case (.json, .text(let text)):
            [.data(object("message", ("ms", Self.milliseconds(time)), ("text", .string(text))))]
        case (.json, .binary(let bytes)):
            [
                .data(
                    object(
                        "message", ("ms", Self.milliseconds(time)),
                        ("binary_base64", .string(Base64.encode(bytes)))))
            ]
        case (.talk, .text(let text)):
            [.data(stamp(time) + color("← ", 36) + text.printable)] + goingAway(text)
        case (.talk, .binary(let bytes)): [.data(stamp(time) + color("← ", 36) + Self.hexadecimal(bytes))]
        // A line is a message: what would break it is escaped nowhere, since the reader asked for the
        // bytes; --json is for the rest.
        case (.lines, .text(let text)): [.data(text)]
        case (.lines, .binary(let bytes)): [.data(Base64.encode(bytes))]
        }
    }

    /// What a server of ours says before it ends, in words.
    private func goingAway(_ text: String) -> [Line] {
        guard case .goingAway(let delay) = SockeyeEvent(text) else { return [] }
        return talk("the server ends; it asks to be dialled again in \(Self.text(delay))")
    }

    func firstMessage(after time: Duration) -> [Line] {
        style == .json ? [] : talk("first message \(Self.text(time)) after the connection opened")
    }

    func ping(_ payload: [UInt8], after time: Duration) -> [Line] {
        switch style {
        case .json:
            [
                .data(
                    object("ping", ("ms", Self.milliseconds(time)), ("bytes", .integer(Int64(payload.count))))
                )
            ]
        case .talk:
            [
                .data(
                    stamp(time) + color("← ", 36)
                        + "ping\(payload.isEmpty ? "" : " " + Self.hexadecimal(payload))")
            ]
        case .lines: []
        }
    }

    func pong(_ trip: Duration, after time: Duration) -> [Line] {
        switch style {
        case .json:
            [
                .data(
                    object(
                        "pong", ("ms", Self.milliseconds(time)), ("round_trip_ms", Self.milliseconds(trip))))
            ]
        case .talk: [.data(stamp(time) + color("← ", 36) + "pong after \(Self.text(trip))")]
        case .lines: []
        }
    }

    // MARK: The end

    func closed(_ summary: CloseSummary, after time: Duration) -> [Line] {
        if style == .json {
            return [
                .data(
                    object(
                        "closed",
                        [
                            ("ms", Self.milliseconds(time)),
                            ("code", summary.code.map { .integer(Int64($0.rawValue)) }),
                            ("reason", .string(summary.reason)), ("by", .string(summary.initiator.rawValue)),
                            ("clean", .bool(summary.isClean)),
                        ]))
            ]
        }
        return talk(Self.words(summary))
    }

    func failed(_ error: ClientError, after time: Duration) -> [Line] {
        guard style == .json else { return [] }
        return [
            .data(
                object(
                    "failed", ("ms", Self.milliseconds(time)), ("code", .string(error.code)),
                    ("message", .string(mask.apply("\(error)"))),
                    ("remedy", .string(mask.apply(error.remedy)))))
        ]
    }

    static func words(_ summary: CloseSummary) -> String {
        let side = summary.initiator == .server ? "the server closed the connection" : "closed"
        guard summary.isClean else { return "\(side), but the server never answered the close frame" }
        guard let code = summary.code else { return "\(side) without a code" }
        var text = "\(side): \(code.rawValue)"
        if !summary.reason.isEmpty { text += " “\(summary.reason.printable)”" }
        return text + ", \(code.explanation)"
    }

    /// A remark of ours.
    func talk(_ text: String) -> [Line] { isQuiet ? [] : [.talk("sockeye: \(text)")] }
}

// MARK: - Parts

extension ConnectPrinter {
    private func maskedHead(_ line: String) -> String {
        guard let colon = line.firstIndex(of: ":") else { return mask.apply(line) }
        let name = line[..<colon].lowercased()
        let hidden = ["authorization", "proxy-authorization", "cookie", "set-cookie"]
        return hidden.contains(name) ? line[...colon] + " ***" : mask.apply(line)
    }

    private func stamp(_ time: Duration) -> String {
        let milliseconds = Int64((time / .milliseconds(1)).rounded(.down))
        let fraction = String(milliseconds % 1000)
        let text = "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
        return color(String(repeating: " ", count: max(0, 8 - text.count)) + text + " ", 2)
    }

    private func color(_ text: String, _ number: Int) -> String {
        usesColor ? "\u{1B}[\(number)m\(text)\u{1B}[0m" : text
    }

    private func object(_ event: String, _ members: (String, JSONValue?)...) -> String {
        object(event, members)
    }

    private func object(_ event: String, _ members: [(String, JSONValue?)]) -> String {
        JSONValue.object([("event", .string(event))] + members).text
    }

    /// Milliseconds with three digits at most.
    private static func milliseconds(_ time: Duration) -> JSONValue {
        .rounded(time / .milliseconds(1), 3)
    }

    /// `0.42 ms`, `3.1 ms`, `250 ms`, `2.4 s`.
    static func text(_ time: Duration) -> String {
        let milliseconds = time / .milliseconds(1)
        if milliseconds < 1 { return "\((milliseconds * 100).rounded() / 100) ms" }
        if milliseconds < 100 { return "\((milliseconds * 10).rounded() / 10) ms" }
        if milliseconds < 1000 { return "\(Int(milliseconds.rounded())) ms" }
        return "\((milliseconds / 100).rounded() / 10) s"
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes.prefix(64) { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)], 0x20] }
        if text.last == 0x20 { text.removeLast() }
        return "[\(bytes.count) bytes] " + String(decoding: text, as: UTF8.self)
            + (bytes.count > 64 ? " …" : "")
    }
}
