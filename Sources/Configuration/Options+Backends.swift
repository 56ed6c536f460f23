extension Options {
    /// The groups about what the server asks of a team's own backend.
    static let backendGroups: [any OptionGroup] = [calls]

    private static let calls = RowGroup(
        name: "call",
        doc: """
            A backend that clients call, and whose answer comes back to them as a stream of numbered pieces. \
            `docs/streams.md` tells how.
            """,
        isLive: false, path: \.calls, blank: CallOptions(name: "", url: ""),
        rows: [
            OptionRow(
                "call.name", .queryName, .text(\.name),
                "What clients call it. The member `call` of their command has this name."),
            OptionRow(
                "call.url", .url, .text(\.url),
                "Where calls are posted to. Redirects are not followed."),
            OptionRow(
                "call.format", .choice(of: CallOptions.Format.self), .word(\.format),
                """
                How an answer is taken apart. `auto` goes by its `Content-Type`, and takes the text out of the events of \
                OpenAI-style services; `sse` makes a piece of each event, `ndjson` of each line, `openai` of each delta's \
                text, `text` of whatever arrives.
                """),
            OptionRow(
                "call.header_file", .path, .text(\.headerFile), isOptional: true,
                """
                A file with header lines for every request. Such as `Authorization: Bearer …` for an AI service; lines that \
                begin with `#` are left out. What is in it is never logged.
                """),
            OptionRow(
                "call.timeout", .duration(.seconds(1)...(.seconds(86_400))), .duration(\.timeout),
                "How long an answer may take. It counts from the call to the last byte, time in which readers are slow included."
            ),
            OptionRow(
                "call.idle", .duration(.milliseconds(100)...(.seconds(3600))), .duration(\.idle),
                "How long the backend may be silent. Time in which it is held because readers are slow does not count."
            ),
            OptionRow(
                "call.keep", .duration(.seconds(1)...(.seconds(86_400)), zero: "not at all"),
                .duration(\.keep),
                "How long an answer is kept after its end. So long can it be resumed from any piece."),
            OptionRow(
                "call.limit", .size(64 << 10...1 << 30), .integer(\.limit),
                """
                The longest answer. The messages it becomes are kept, so that it can be resumed from any piece; one that \
                grows longer is ended with `stream_too_long`.
                """),
            OptionRow(
                "call.concurrent", .integer(1...1000), .integer(\.concurrent),
                """
                How many answers of this call one user may have under way. As many that have ended are kept; of more the \
                oldest is forgotten.
                """),
        ])
}
