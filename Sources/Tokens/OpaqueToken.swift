internal import Bytes

/// A token that says nothing by itself: 32 random bytes that a table gives a meaning to.
///
/// Only its `hash` is kept; the text is shown once, to whom it belongs. Printing one shows its beginning.
public struct OpaqueToken: Sendable {
    /// What it opens, told by how it begins.
    public enum Form: String, CaseIterable, Sendable {
        /// An API key: `skk_` and 43 characters. Never a user's token.
        case key = "skk_"
        /// A user's token: `sk_` and 43 characters, so that scanners for leaked secrets find it.
        case token = "sk_"
        /// A user's token: 43 characters alone.
        case plain = ""
    }

    /// How many random bytes it is made of.
    public static let count = 32

    /// What it opens.
    public let form: Form
    /// The token as it is sent: the prefix and its bytes in base64url without padding (RFC 4648 §5).
    public let text: String

    /// A token of exactly 32 bytes, which must be random and used once; nil for any other number.
    public init?(_ form: Form, random bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.form = form
        text = form.rawValue + Base64.encode(bytes, alphabet: .url, padding: false)
    }

    /// Reads a presented token; nil when it has not this form, so that it need not be looked up.
    ///
    /// Length and beginning together tell the form, since the bytes of a plain token may spell a prefix too.
    public init?(_ text: String) {
        let count = text.utf8.count - Self.characters
        let known = Form.allCases.first {
            $0.rawValue.utf8.count == count && text.utf8.starts(with: $0.rawValue.utf8)
        }
        guard let form = known,
            let bytes = Base64.decode(
                text.utf8.dropFirst(form.rawValue.utf8.count), alphabet: .url, padding: .forbidden),
            bytes.count == Self.count
        else { return nil }
        self.form = form
        self.text = text
    }

    /// What is kept of it and looked up by.
    public var hash: TokenHash {
        TokenHash(of: text)
    }

    /// How it is shown to people once it is given out: the first 8 characters and `…`.
    public var display: String {
        Self.display(text)
    }

    /// The first 8 characters of a token's text and `…`; `…` alone for one so short that this would tell it.
    public static func display(_ text: String) -> String {
        text.utf8.count < 24 ? "…" : "\(text.prefix(8))…"
    }

    /// 32 bytes in base64url.
    private static let characters = 43
}

extension OpaqueToken: Equatable {
    /// Whether both are the same, in constant time.
    public static func == (left: OpaqueToken, right: OpaqueToken) -> Bool {
        left.hash == right.hash
    }
}

extension OpaqueToken: CustomStringConvertible, CustomReflectable {
    /// Its beginning, never the token.
    public var description: String { display }

    /// Empty, so that `dump` shows nothing either.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
