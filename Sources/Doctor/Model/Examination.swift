/// Everything gathered about one path.
package struct Examination: Sendable {
    /// What was asked.
    package var subject: Subject
    /// What the nginx configuration does with the handshake; nil: there is none among the files.
    package var nginx: NginxEvidence?
    /// What the other files say.
    package var files: FileEvidence
    /// What the network answered; nil: nobody asked it.
    package var probes: ProbeEvidence?
    /// Seconds since 1970 when the examination began: for expiry of tokens and certificates.
    package var now: Int64

    package init(
        subject: Subject, nginx: NginxEvidence? = nil, files: FileEvidence = FileEvidence(),
        probes: ProbeEvidence? = nil, now: Int64
    ) {
        self.subject = subject
        self.nginx = nginx
        self.files = files
        self.probes = probes
        self.now = now
    }
}
