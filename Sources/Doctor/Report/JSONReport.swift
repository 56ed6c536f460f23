package import JSON

/// The diagnosis for a program: `docs/doctor.schema.json` says what every member means.
package struct JSONReport {
    private let diagnosis: Diagnosis
    private let language: Language

    package init(_ diagnosis: Diagnosis, language: Language) {
        self.diagnosis = diagnosis
        self.language = language
    }

    /// One JSON object on one line, without a line feed.
    package var text: String { value.text }

    /// The object.
    package var value: JSONValue {
        .object([
            "url": .string(diagnosis.url),
            "verdict": .string(diagnosis.verdict.rawValue),
            "hops": .array(diagnosis.hops.map(hop)),
            "findings": .array(diagnosis.findings.map(finding)),
            "verified": .array(diagnosis.verified.map(evidence)),
            "notes": .array(diagnosis.notes.map(say)),
            "files": .array(
                diagnosis.recognised.map { .object(["file": .string($0.file), "kind": say($0.kind)]) }),
            "unrecognised_files": .array(diagnosis.unrecognised.map { .string($0) }),
            "language": .string(language.rawValue),
        ])
    }

    private func say(_ phrase: Phrase) -> JSONValue { .string(phrase.text(language)) }

    private func hop(_ hop: Hop) -> JSONValue {
        .object([
            "name": .string(hop.name), "kind": .string(hop.kind.rawValue),
            "state": .string(hop.state.rawValue),
            "address": hop.address.map { .string($0) } ?? .null, "location": location(hop.place),
        ])
    }

    private func finding(_ finding: Finding) -> JSONValue {
        .object([
            "code": .string(finding.code.rawValue), "severity": .string(finding.severity.rawValue),
            "confidence": number(finding.confidence), "title": say(finding.title),
            "explanation": say(finding.explanation), "evidence": .array(finding.evidence.map(evidence)),
            "location": location(finding.place),
            "fix": .object([
                "summary": say(finding.fix.summary),
                "patch": finding.fix.patch.map { .string($0) } ?? .null,
            ]), "consequence_of": finding.consequenceOf.map { .string($0.rawValue) } ?? .null,
            "hop": finding.hop.map { .string($0) } ?? .null,
        ])
    }

    private func evidence(_ evidence: Evidence) -> JSONValue {
        .object([
            "source": .string(evidence.source.rawValue), "text": say(evidence.text),
            "location": location(evidence.place),
        ])
    }

    private func location(_ place: FilePlace?) -> JSONValue {
        guard let place else { return .null }
        return .object([
            "file": .string(place.file), "line": .integer(Int64(place.line)),
            "column": .integer(Int64(place.column)),
        ])
    }

    /// Two decimals: more would pretend to know.
    private func number(_ confidence: Double) -> JSONValue {
        let rounded = (min(max(confidence, 0), 1) * 100).rounded() / 100
        return JSONNumber(rounded).map { .number($0) } ?? .integer(0)
    }
}
