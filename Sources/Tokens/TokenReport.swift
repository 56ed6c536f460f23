/// What a token says and what a server makes of it, for people.
public struct TokenReport: Sendable, Equatable {
    /// One reason to refuse a token.
    public struct Reason: Sendable, Equatable {
        /// What is wrong; its code, words and remedy are those of a refusal.
        public let error: TokenError
        /// What is nearly right, in words, such as that the claim is there under another name; nil when nothing
        /// is.
        public let nearMiss: String?
    }

    /// One sentence a line, from the form over the signature to the claims; the last line is the verdict.
    ///
    /// Claims are shown even when the signature is wrong, since that is when they are wanted; neither
    /// signature nor whole token is.
    public internal(set) var lines: [String] = []
    /// All reasons to refuse it, of which the first is the one that `verify` gives; empty when it is accepted.
    public internal(set) var reasons: [Reason] = []
    /// Who it names, when it is accepted.
    public internal(set) var identity: Identity?
    /// Who it claims to be for, accepted or not; nil when that cannot be read.
    public internal(set) var claimed: Identity?

    /// Notes a reason and tells it in a line.
    mutating func refuse(_ subject: String, _ error: TokenError, _ nearMiss: String? = nil) {
        reasons.append(Reason(error: error, nearMiss: nearMiss))
        lines.append("\(subject): \(error)\(nearMiss.map { "; \($0)" } ?? "")")
    }

    /// Runs a check; when it throws, notes the reason, and `nearMiss` may say what is nearly right.
    ///
    /// - Returns: whether the check passed.
    mutating func check(
        _ subject: String, _ nearMiss: (TokenError) -> String? = { _ in nil },
        _ body: () throws(TokenError) -> Void
    ) -> Bool {
        do throws(TokenError) {
            try body()
            return true
        } catch {
            refuse(subject, error, nearMiss(error))
            return false
        }
    }
}
