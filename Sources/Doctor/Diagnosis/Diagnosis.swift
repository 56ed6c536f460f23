/// The end of an examination: what the report prints.
package struct Diagnosis: Sendable {
    /// How the path is.
    package enum Verdict: String, Sendable {
        /// It does not work, or not for everybody.
        case broken
        /// It works, and something will fail under normal conditions.
        case degraded
        case healthy
        /// Nothing that was looked at says anything about the path.
        case unknown
    }

    /// The URL as given.
    package var url: String
    package var verdict: Verdict
    /// From the browser to the application.
    package var hops: [Hop]
    /// The decisive one first; see ``Reasoning``.
    package var findings: [Finding]
    /// What is right.
    package var verified: [Evidence]
    /// What the report must say about how it came about: assumptions, what was not looked at.
    package var notes: [Phrase]
    /// Files that were understood.
    package var recognised: [FileEvidence.Recognition]
    /// Files that were not.
    package var unrecognised: [String]
}
