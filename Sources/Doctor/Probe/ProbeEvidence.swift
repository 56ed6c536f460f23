/// What the probes saw.
package struct ProbeEvidence: Testimony, Sendable {
    /// What was seen from outside, with the sentence that says so.
    package var symptoms: [Symptom: Evidence] = [:]

    package init() {}

    package var hops: [Hop] { [] }
    package var verified: [Evidence] { [] }

    /// Dials what the subject names and looks.
    ///
    /// - Parameters:
    ///   - deadline: When to be done, whatever the other side does.
    ///   - progress: Told what is being done, in half a line; called from any thread.
    package static func gather(
        _ subject: Subject, nginx: NginxEvidence?, files: FileEvidence, deadline: ContinuousClock.Instant,
        progress: @escaping @Sendable (Phrase) -> Void
    ) async -> ProbeEvidence {
        ProbeEvidence()
    }
}
