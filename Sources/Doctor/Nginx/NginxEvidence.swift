/// What the nginx configuration does with the subject's requests.
package struct NginxEvidence: Testimony, Sendable {
    package var hops: [Hop] { [] }
    package var verified: [Evidence] { [] }

    /// Reads the configuration among `files` and follows the subject's requests through it.
    ///
    /// - Parameters:
    ///   - files: Everything the user handed over; includes are looked for among them, absolute ones by their
    ///     tail, and, only when `main` is given, on disk.
    ///   - main: The path of `--nginx`; nil: the main file is recognised among `files`.
    ///   - prefix: `--nginx-prefix`, what relative paths outside includes are relative to.
    /// - Returns: nil when there is no nginx configuration.
    package static func gather(
        _ files: [SourceFile], main: String?, prefix: String?, subject: Subject
    ) -> NginxEvidence? {
        nil
    }
}
