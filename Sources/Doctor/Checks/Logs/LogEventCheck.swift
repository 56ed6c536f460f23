/// Causes that a line of a log tells by itself.
struct LogEventCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        (Self.limits + Self.reach).compactMap { row in
            guard let event = examination.ownEvents(row.kind).first else { return nil }
            return Finding(
                row.code, confidence: 0.92, title: row.title, explanation: row.explanation,
                evidence: [.log(event)], place: event.place, fix: Fix(row.fix),
                predicts: row.predicts)
        }
    }

    /// What an event means.
    struct Row {
        let kind: LogEvent.Kind
        let code: CauseCode
        let title: Phrase
        let explanation: Phrase
        let fix: Phrase
        let predicts: Set<Symptom>
    }
}
