/// What a streamed answer is made of, told by its content type.
public enum PieceForm: String, Equatable, Sendable, CaseIterable {
    /// Bytes of any kind, a piece of Base64 for what arrives.
    case base64
    /// One JSON value, one piece: `application/json` and whatever ends in `+json`.
    case document
    /// Server-sent events, a piece for each: `text/event-stream` (HTML §9.2).
    case events
    /// A JSON value per line, a piece for each: `application/x-ndjson`, `application/ndjson`, `application/jsonl`,
    /// `application/jsonlines`, `application/x-jsonlines`.
    case lines
    /// Text, a piece for what arrives: any other `text/…`, and answers without a type.
    case text

    /// The form of a `Content-Type`; nil stands for a field that is missing.
    ///
    /// A text in another charset than UTF-8 comes as Base64: it cannot be put into JSON as it is, and guessing would
    /// garble it.
    public init(contentType: String?) {
        let parts = (contentType ?? "").split(separator: ";", omittingEmptySubsequences: false)
        let type = Self.trimmed(parts.first ?? "").lowercased()
        switch type {
        case "text/event-stream": self = .events
        case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
            "application/jsonlines":
            self = .lines
        case "application/json": self = .document
        case _ where type.hasSuffix("+json"): self = .document
        case "": self = .text
        case _ where type.hasPrefix("text/"): self = Self.isUTF8(parts.dropFirst()) ? .text : .base64
        default: self = .base64
        }
    }

    private static func isUTF8(_ parameters: ArraySlice<Substring>) -> Bool {
        for parameter in parameters {
            let halves = parameter.split(separator: "=", maxSplits: 1)
            guard halves.count == 2, trimmed(halves[0]).lowercased() == "charset" else { continue }
            let name = trimmed(halves[1]).lowercased().filter { $0 != "\"" }
            return ["utf-8", "utf8", "us-ascii", "ascii"].contains(name)
        }
        return true
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text.drop { $0 == " " || $0 == "\t" }
    }
}
