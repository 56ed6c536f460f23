/// What a cause is, in words that fit every deployment.
package struct CauseText: Equatable, Sendable {
    /// Half a line, without a full stop.
    package let title: Phrase
    /// One sentence.
    package let summary: Phrase
}

extension CauseCode {
    /// Half a line about this cause, without a full stop.
    package var title: Phrase { text.title }
    /// One sentence about this cause: the first of `docs/causes/CODE.md`.
    package var summary: Phrase { text.summary }
    /// Where it is explained at length, relative to the project.
    package var page: String { "docs/causes/\(rawValue).md" }

    private var text: CauseText {
        CauseText.all[self] ?? CauseText(title: Phrase(rawValue), summary: Phrase(rawValue))
    }
}

extension CauseText {
    /// Every cause has its text; a test holds it to that.
    static let all = proxy.merging(reach) { first, _ in first }.merging(access) { first, _ in first }
        .merging(client) { first, _ in first }
}
