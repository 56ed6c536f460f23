/// A text in every language the doctor speaks, made where the thing is found that it talks about.
package struct Phrase: Equatable, Hashable, Sendable {
    /// English.
    package let en: String
    /// Simplified Chinese.
    package let zh: String

    /// A text in both languages; a name or a number that is the same in both uses ``init(_:)``.
    package init(en: String, zh: String) {
        self.en = en
        self.zh = zh
    }

    /// What is the same in every language: a path, a directive, a header.
    package init(_ text: String) {
        en = text
        zh = text
    }

    /// The text in `language`.
    package func text(_ language: Language) -> String {
        switch language {
        case .english: en
        case .chinese: zh
        }
    }
}

/// A language of the report.
package enum Language: String, CaseIterable, Sendable {
    case chinese = "zh"
    case english = "en"
}
