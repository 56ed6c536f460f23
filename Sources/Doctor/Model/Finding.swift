/// How much a finding matters.
package enum Severity: String, CaseIterable, Comparable, Sendable {
    /// The path does not work, or not for everybody.
    case error
    /// It works now and will fail under conditions that are normal.
    case warning
    /// Good to know; nothing fails.
    case info

    /// Errors first.
    package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .error: 0
        case .warning: 1
        case .info: 2
        }
    }
}

/// One step of the trail that led to a finding.
package struct Evidence: Equatable, Hashable, Sendable {
    /// Where it was seen.
    package enum Source: String, Sendable {
        /// What the user said: the URL, a flag.
        case argument
        /// A configuration, environment file or script.
        case file
        /// How programs and protocols work: a default, a clause of a standard.
        case knowledge
        /// A line of a log, or of the browser's console.
        case log
        /// What the network answered.
        case probe
    }

    package let source: Source
    package let text: Phrase
    package let place: FilePlace?

    package init(_ source: Source, _ text: Phrase, at place: FilePlace? = nil) {
        self.source = source
        self.text = text
        self.place = place
    }
}

/// What to do.
package struct Fix: Equatable, Sendable {
    /// One instruction, exact enough to follow.
    package let summary: Phrase
    /// A unified diff that `patch -p0` takes in the folder of the files; nil where no file decides.
    package let patch: String?

    package init(_ summary: Phrase, patch: String? = nil) {
        self.summary = summary
        self.patch = patch
    }
}

/// Something that is wrong, or will be: named, proved, and with its remedy.
package struct Finding: Equatable, Sendable {
    package let code: CauseCode
    package var severity: Severity
    /// From 0 to 1: 0.5 is a suspicion, 0.8 follows from a file alone, 0.95 and more was seen.
    package var confidence: Double
    /// Half a line.
    package let title: Phrase
    /// What happens, and why, in some sentences.
    package var explanation: Phrase
    package var evidence: [Evidence]
    /// The line to look at first.
    package let place: FilePlace?
    package let fix: Fix
    /// The cause this one goes away with; it is shown under it.
    package var consequenceOf: CauseCode?
    /// The hop at fault, by its name in ``Examination/hops``; nil: not a matter of one hop.
    package var hop: String?
    /// What a probe of the public path would see if this is true.
    ///
    /// Seen: confidence rises and the report says so. Empty: the wire cannot tell.
    package var predicts: Set<Symptom>
    /// What a probe of the public path cannot see if this is true.
    ///
    /// Seen: the finding is withdrawn to a mention (info) with little confidence.
    package var excludedBy: Set<Symptom>
    /// Whether it is only worth an alarm when nothing else explains the failure; beside an error it becomes ``whenExplained``.
    package var isLastResort = false
    /// What a last resort is beside an error: a mention, or a warning where it has a harm of its own.
    package var whenExplained = Severity.info

    package init(
        _ code: CauseCode, _ severity: Severity = .error, confidence: Double, title: Phrase,
        explanation: Phrase, evidence: [Evidence], place: FilePlace? = nil, fix: Fix,
        consequenceOf: CauseCode? = nil, hop: String? = nil, predicts: Set<Symptom> = [],
        excludedBy: Set<Symptom> = []
    ) {
        self.code = code
        self.severity = severity
        self.confidence = confidence
        self.title = title
        self.explanation = explanation
        self.evidence = evidence
        self.place = place
        self.fix = fix
        self.consequenceOf = consequenceOf
        self.hop = hop
        self.predicts = predicts
        self.excludedBy = excludedBy
    }
}
