/// What programs print where a value was never put in.
package enum MissingValue {
    /// Whether `text` is nothing, or a word that stands for nothing: `null`, `undefined`, `NaN`, `None`, `[object Object]`, `false`.
    ///
    /// Such a word in the place of a token is no secret.
    package static func isOne(_ text: String) -> Bool { words.contains(text.trimmed.lowercased()) }

    private static let words: Set<String> = [
        "", "null", "undefined", "nan", "none", "[object object]", "false",
    ]
}
