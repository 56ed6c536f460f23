extension Diagnosis {
    /// The diagnosis with every text that came from outside put through `mask`.
    ///
    /// It is done before a report is laid out: in a finished one a secret may be broken over two lines, and a secret such as `line`
    /// would take the names of its members along.
    package func masked(_ mask: (String) -> String) -> Diagnosis {
        func phrase(_ phrase: Phrase) -> Phrase { Phrase(en: mask(phrase.en), zh: mask(phrase.zh)) }
        func place(_ place: FilePlace?) -> FilePlace? {
            place.map { FilePlace(file: mask($0.file), line: $0.line, column: $0.column) }
        }
        func trail(_ trail: [Evidence]) -> [Evidence] {
            trail.map { Evidence($0.source, phrase($0.text), at: place($0.place)) }
        }
        var result = self
        result.url = mask(url)
        result.hops = hops.map {
            var hop = $0
            hop.name = mask(hop.name)
            hop.address = hop.address.map(mask)
            hop.place = place(hop.place)
            return hop
        }
        result.findings = findings.map {
            var finding = Finding(
                $0.code, $0.severity, confidence: $0.confidence, title: phrase($0.title),
                explanation: phrase($0.explanation), evidence: trail($0.evidence), place: place($0.place),
                fix: Fix(phrase($0.fix.summary), patch: $0.fix.patch.map(mask)),
                consequenceOf: $0.consequenceOf,
                hop: $0.hop.map(mask), predicts: $0.predicts, excludedBy: $0.excludedBy)
            finding.isLastResort = $0.isLastResort
            return finding
        }
        result.verified = trail(verified)
        result.notes = notes.map(phrase)
        result.recognised = recognised.map { .init(file: mask($0.file), kind: $0.kind) }
        result.unrecognised = unrecognised.map(mask)
        return result
    }
}
