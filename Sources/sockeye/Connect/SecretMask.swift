import HTTPWire

/// The words that must not be shown, and what is shown in their place.
struct SecretMask: Sendable {
    /// The longest first: a token may hold another word of the list.
    private let words: [[UInt8]]

    init(_ secrets: [String]) {
        // Shorter ones would blank out half of every text.
        words = secrets.flatMap { [$0, URLParts.percentEncoded($0)] }.filter { $0.utf8.count >= 4 }.map {
            Array($0.utf8)
        }
        .sorted { $0.count > $1.count }
    }

    /// The text without them, wherever they turn up, plain or percent-encoded.
    func apply(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for word in words { bytes = Self.replacing(word, in: bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func replacing(_ wanted: [UInt8], in text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var at = 0
        while at < text.count {
            if text[at] == wanted[0], text[at...].starts(with: wanted) {
                result += Array("***".utf8)
                at += wanted.count
            } else {
                result.append(text[at])
                at += 1
            }
        }
        return result
    }
}
