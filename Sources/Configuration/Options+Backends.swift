extension Options {
    /// The groups about what the server asks of a team's own backend.
    static let backendGroups: [any OptionGroup] = [calls, webhooks]

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
                "call.claims", .boolean, .boolean(\.claims),
                """
                Whether the backend is told the claims of the caller's token. Its user it is told in any case. Turn it off where \
                somebody else's service is called.
                """),
            OptionRow(
                "call.secret_file", .path, .text(\.secretFile), isOptional: true,
                """
                A file with the secret that signs calls. Its first line, without blanks around it; calls are then signed as \
                webhooks are (`docs/webhooks.md`).
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

    private static let webhooks = RowGroup(
        name: "webhook",
        doc: """
            A URL that is told of what happens, or asked before it does. `docs/webhooks.md` tells what is posted and answered.
            """,
        isLive: false, path: \.webhooks, blank: WebhookOptions(url: ""),
        rows: [
            OptionRow(
                "webhook.url", .url, .text(\.url), "Where events are posted to. Redirects are not followed."),
            OptionRow(
                "webhook.events", .list(.choice(of: WebhookOptions.Event.self)), .words(\.events),
                """
                Which events. `connect`: a user has shown a good token on a new connection; `subscribe` and `publish`: a client \
                asks for it, and the rights allow it, or the server does it by itself and tells; `disconnect`: a user's connection has ended.
                """),
            OptionRow(
                "webhook.secret_file", .path, .text(\.secretFile), isOptional: true,
                """
                A file with the secret that signs what is posted. Its first line, without blanks around it; without a file \
                nothing is signed.
                """),
            OptionRow(
                "webhook.decide", .boolean, .boolean(\.decide),
                """
                Whether the answer decides. The command waits for it, and so do those behind it on the same connection. Each of \
                `connect`, `subscribe` and `publish` may be decided by one entry.
                """),
            OptionRow(
                "webhook.timeout", .duration(.milliseconds(10)...(.seconds(60))), .duration(\.timeout),
                "How long an answer may take. It counts from the event to the last byte of the answer."),
            OptionRow(
                "webhook.retry", .duration(.seconds(1)...(.seconds(86_400)), zero: "once only"),
                .duration(\.retry),
                """
                How long a delivery that fails is tried again. The pause between two tries grows from one second to one minute. \
                It has no meaning with `decide`.
                """),
            OptionRow(
                "webhook.durable", .boolean, .boolean(\.durable),
                """
                Whether events outlive the server. They then wait in the store until they are delivered or given up, and those \
                left over by a stop or a crash are tried again at the next start. It has no meaning with `decide`.
                """),
            OptionRow(
                "webhook.on_failure", .choice(of: WebhookOptions.Fallback.self), .word(\.onFailure),
                """
                What happens without a decision. When the backend cannot be reached or does not answer in time, `deny` refuses \
                with `backend_unavailable`, and `allow` goes on as if it had said yes. It has no meaning without `decide`.
                """),
        ])
}
