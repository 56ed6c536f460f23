/// What the probes saw.
package struct ProbeEvidence: Sendable {
    /// What was seen from outside, with the sentence that says so.
    package var symptoms: [Symptom: Evidence] = [:]

    package init() {}
}
