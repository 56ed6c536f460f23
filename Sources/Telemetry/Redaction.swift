/// Masks what must not be read in a log: tokens, cookies, passwords, wherever they hide in a text.
///
/// It errs on the side of masking: a harmless value under a secret's name is masked too. Masked is
/// - the value of a parameter whose name says so, percent-encoded or not: `?token=***`, `&access_token=***`;
/// - the value of such a member in JSON, also in JSON inside a string: `"token":"***"`;
/// - everything behind `Authorization:`, `Cookie:`, `Set-Cookie:`, and a token behind `Bearer`;
/// - the subprotocol `sockeye.token.***`;
/// - what looks like a JWT, whole or cut off: `eyJ…`;
/// - the password in a URL: `https://ada:***@example.com`.
public struct Redaction: Sendable, Equatable {
    /// Parameters whose values are masked beside the known ones, in lower case.
    private let names: [[UInt8]]

    /// Masks the known names and these: the query parameters that endpoints are configured to take tokens from.
    public init(queryNames: [String] = []) {
        names = queryNames.map { Array($0.lowercased().utf8) }
    }

    /// The text with every secret replaced by `***`.
    ///
    /// O(n).
    public func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var scanner = RedactionScanner(bytes: bytes, isSecret: isSecret)
        scanner.run()
        return scanner.changed ? String(decoding: scanner.result, as: UTF8.self) : text
    }

    /// The value of a field of a record, or of an HTTP header: masked whole when the name says that it is secret.
    public func masked(_ text: String, named name: String) -> String {
        let plain = Array(name.lowercased().utf8)
        if text.isEmpty { return text }
        return isSecret(plain) || RedactionScanner.isSecretHeader(plain) ? Self.mask : masked(text)
    }

    /// What stands for a secret.
    ///
    /// Nothing of it remains, so logs cannot be compared with stolen tokens either.
    public static let mask = "***"

    /// Whether a name, in lower case, is one of a secret.
    private func isSecret(_ name: [UInt8]) -> Bool {
        names.contains(name) || Self.exact.contains(name)
            || Self.endings.contains { name.count >= $0.count && name.suffix($0.count).elementsEqual($0) }
    }

    private static let endings = [
        "token", "jwt", "secret", "password", "passwd", "apikey", "api_key", "api-key", "signature",
    ].map { Array($0.utf8) }

    private static let exact = ["auth", "sid", "session", "sessionid", "session_id"].map { Array($0.utf8) }
}
