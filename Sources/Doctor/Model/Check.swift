/// One rule.
///
/// Pure: it looks at what was gathered and says what follows. It never reads a file or a clock, and holds for any
/// deployment, not for one that somebody once had.
package protocol Check: Sendable {
    /// What follows from the evidence; nothing when it says nothing about this rule's matter.
    func findings(_ examination: Examination) -> [Finding]
}
