/// A token too long for a header line, and recorded answers that complain of the length.
struct HeaderLengthCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let row = LogEventCheck.limits.first(where: { $0.kind == .headerLineTooLong }) else {
            return []
        }
        return responses(examination, row) + token(examination, row)
    }

    /// Recorded answers that say it.
    private func responses(_ examination: Examination, _ row: LogEventCheck.Row) -> [Finding] {
        guard
            let response = examination.files.responses.first(where: {
                $0.status == 414 || $0.status == 431 || $0.status == 494
                    || $0.body.lowercased().holds("request header or cookie too large")
            })
        else { return logged(examination, row) }
        return [
            Finding(
                row.code, confidence: 0.93, title: row.title, explanation: row.explanation,
                evidence: [
                    .file(
                        "the answer has the status \(response.status)", "响应状态为 \(response.status)",
                        at: response.place)
                ], place: response.place, fix: Fix(row.fix))
        ]
    }

    /// The same statuses in an access log, for the path that is asked for.
    private func logged(_ examination: Examination, _ row: LogEventCheck.Row) -> [Finding] {
        guard
            let access = examination.files.accesses.first(where: {
                [414, 431, 494].contains($0.status) && $0.path == examination.subject.path
            }), examination.files.events(.headerLineTooLong).isEmpty
        else { return [] }
        return [
            Finding(
                row.code, confidence: 0.9, title: row.title, explanation: row.explanation,
                evidence: [
                    Evidence(
                        .log,
                        say(
                            "\(access.path) was answered \(access.status)",
                            "\(access.path) 得到 \(access.status)"),
                        at: access.place)
                ], place: access.place, fix: Fix(row.fix), predicts: row.predicts)
        ]
    }

    /// A token that cannot fit into one line of the header, wherever it stands there.
    private func token(_ examination: Examination, _ row: LogEventCheck.Row) -> [Finding] {
        guard let token = examination.files.token else { return [] }
        let place = examination.subject.tokenPlace
        guard place != .firstMessage, place != .socketIO, examination.subject.firstMessage == nil else {
            return []
        }
        let limit = examination.files.nginx?.largestHeaderLine ?? 8192
        let length = token.text.utf8.count
        guard length > limit - 200 else { return [] }
        return [
            Finding(
                row.code, confidence: 0.88,
                title: say(
                    "the token alone is \(length) bytes, and a header line may have \(limit)",
                    "仅令牌就有 \(length) 字节，而一行请求头最多 \(limit) 字节"),
                explanation: row.explanation,
                evidence: [.file("the token has \(length) bytes", "令牌长 \(length) 字节", at: token.place)],
                place: token.place, fix: Fix(row.fix), predicts: row.predicts)
        ]
    }
}
