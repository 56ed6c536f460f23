import HTTPWire

extension FileEvidence {
    /// Puts the token where the address or the first message only name it: `<token.txt>`, `<token>`, `@TOKEN@`.
    ///
    /// People leave the secret out of what they paste, and the doctor's own cases do. What is not filled in stays as it is: the
    /// checks know a placeholder when they see one (``TokenQuery/isPlaceholder(_:)``).
    func fillIn(_ subject: inout Subject) {
        guard let token = token?.text, !token.isEmpty else { return }
        let encoded = URLParts.percentEncoded(token)
        let files = kinds.filter { $0.value == .token }.map(\.key)
        let names =
            (files + ["token", "jwt", "TOKEN", "JWT"]).flatMap {
                ["<\($0)>", URLParts.percentEncoded("<\($0)>")]
            } + ["@TOKEN@"]
        var text = "\(subject.url)"
        for name in names { text = text.replacing(name, with: encoded) }
        if text != "\(subject.url)", let url = try? URLParts(text) { subject.url = url }
        if let message = subject.firstMessage {
            var filled = message
            for name in names { filled = filled.replacing(name, with: Self.escaped(token)) }
            subject.firstMessage = filled
        }
    }

    /// As a part of a JSON string.
    private static func escaped(_ text: String) -> String {
        text.flatMap { character -> String in
            switch character {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\r": "\\r"
            case "\r\n": "\\r\\n"
            default: String(character)
            }
        }.map(String.init).joined()
    }
}
