import HTTPWire

/// The examination from its question to its diagnosis.
package enum Examiner {
    /// Reads, dials unless that is forbidden, reasons.
    ///
    /// - Parameter progress: Told what is being done, in half a line; called from any thread.
    /// - Throws: ``WalkError`` when a folder or file that was named cannot be read.
    package static func examine(
        _ inquiry: Inquiry, progress: @escaping @Sendable (Phrase) -> Void
    ) async throws(WalkError) -> Diagnosis {
        let deadline = ContinuousClock.now + inquiry.subject.timeout
        var walk = FileWalk()
        for folder in inquiry.folders { try walk.read(folder) }
        if let file = inquiry.nginxFile { try walk.readFile(file) }
        let sources = inquiry.files + walk.files
        var subject = inquiry.subject
        settleDialect(&subject, sources)
        var files = FileEvidence.gather(sources, subject: &subject)
        let nginx = NginxEvidence.gather(
            sources, main: inquiry.nginxFile, prefix: inquiry.nginxPrefix, subject: subject)
        files.nginx = nginx.map { NginxView($0) }
        var probes: ProbeEvidence?
        if !subject.isOffline {
            probes = await ProbeEvidence.gather(
                subject, nginx: nginx, files: files, deadline: deadline, progress: progress)
        }
        let examination = Examination(
            subject: subject, nginx: nginx, files: files, probes: probes, now: inquiry.now)
        return Reasoning.diagnosis(of: examination, notes: walk.notes)
    }

    /// `http://host/path` may be a page or what a page passes to `io()`: the files tell, when there are any.
    ///
    /// Socket.IO somewhere in them settles it. Without, a bare host or files that hold the client's own code make it a
    /// page; a proxy's configuration alone says nothing about what the client speaks.
    private static func settleDialect(_ subject: inout Subject, _ files: [SourceFile]) {
        guard subject.isDialectAssumed, subject.tokenPlace != .socketIO, !files.isEmpty else { return }
        let marks = ["socket.io", "engine.io", " io(", "=io(", "EIO="].map { Array($0.utf8) }
        if files.contains(where: { file in marks.contains { file.bytes.firstRange(of: $0) != nil } }) {
            return
        }
        let isClientKnown = files.contains { file in
            clientSuffixes.contains { file.name.hasSuffix($0) }
                && clientMarks.contains { file.bytes.firstRange(of: $0) != nil }
        }
        if subject.url.target == "/" || isClientKnown { subject.dialect = .page }
    }

    private static let clientSuffixes = [
        ".js", ".mjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".html", ".htm",
    ]
    private static let clientMarks = ["WebSocket(", "EventSource(", "fetch("].map { Array($0.utf8) }
}
