import Bytes

/// What a JSON body says about an error: the members that Sockeye and common frameworks use, whichever are there.
///
/// Texts are one line each and safe to show on a terminal; a server's words are data from elsewhere.
public struct ErrorBody: Equatable, Sendable {
    /// Stable, the server's own: `code`.
    public var code: String?
    /// What is wrong: `message`, `error`, `detail`, `title` or `reason`.
    public var message: String?
    /// What to do: `remedy` or `hint`.
    public var remedy: String?
    /// The HTTP status as the body tells it: `status`.
    public var status: Int64?
    /// Which hop on the way a Sockeye server suspects, and why: `suspectedHop`.
    public var suspectedHop: String?
    /// Lines for the configuration of nginx, at most 40: `nginx`, one text or a list.
    public var nginx: [String] = []

    /// Reads a body; nil when it is no JSON object, or has none of the members that tell of an error.
    public init?(_ body: [UInt8]) {
        guard let value = JSONValue.object(in: body) else { return nil }
        code = Self.text(value, "code")
        message = Self.text(value, "message", "error", "detail", "title", "reason")
        remedy = Self.text(value, "remedy", "hint")
        suspectedHop = value["suspectedHop"].flatMap { Self.text($0, "words", "name") }
        let lines =
            value["nginx"]?.stringValue?.split(separator: "\n").map(String.init)
            ?? value["nginx"]?.arrayValue?.compactMap(\.stringValue)
        nginx = (lines ?? []).prefix(40).map { Excerpt.line($0, limit: 200) }
        if code == nil, message == nil, remedy == nil, suspectedHop == nil, nginx.isEmpty { return nil }
        status = value["status"]?.integerValue
    }

    private static func text(_ object: JSONValue, _ names: String...) -> String? {
        for name in names {
            guard let text = object[name]?.stringValue else { continue }
            let line = Excerpt.line(text, limit: 1000)
            if !line.isEmpty { return line }
        }
        return nil
    }
}

extension JSONValue {
    /// The object that a body is; nil when it is anything else.
    public static func object(in body: [UInt8]) -> JSONValue? {
        guard body.first(where: { !($0 == 0x20 || (0x09...0x0D).contains($0)) }) == UInt8(ascii: "{") else {
            return nil
        }
        return try? parse(String(decoding: body, as: UTF8.self))
    }
}
