internal import Telemetry

/// Texts out of other people's files, made fit to be shown: secrets masked, cut.
enum Masking {
    private static let redaction = Redaction()

    /// At most `limit` characters of a text, without secrets.
    static func excerpt(_ text: String, _ limit: Int = 240) -> String {
        let masked = redaction.masked(text.trimmed)
        return masked.count <= limit ? masked : String(masked.prefix(limit - 1)) + "…"
    }
}
