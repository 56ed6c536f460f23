/// What the command line asks for.
package struct Inquiry: Sendable {
    package var subject: Subject
    /// Folders of `--files`.
    package var folders: [String] = []
    /// Files that were read already, beside those of ``folders``.
    package var files: [SourceFile] = []
    /// The main file of `--nginx`.
    package var nginxFile: String?
    /// `--nginx-prefix`.
    package var nginxPrefix: String?
    /// Seconds since 1970.
    package var now: Int64

    package init(_ subject: Subject, now: Int64) {
        self.subject = subject
        self.now = now
    }
}
