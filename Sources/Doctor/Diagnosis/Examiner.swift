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
        let limit = TimeLimit(inquiry.subject.timeout)
        var (examination, notes) = try read(inquiry, limit)
        if !inquiry.subject.isOffline {
            examination.probes = await ProbeEvidence.gather(
                examination.subject, nginx: examination.nginx, files: examination.files,
                deadline: limit.lastReading, progress: progress)
        }
        return TimeLimit.$current.withValue(limit) { Reasoning.diagnosis(of: examination, notes: notes) }
    }

    private static func read(
        _ inquiry: Inquiry, _ limit: TimeLimit
    ) throws(WalkError) -> (Examination, [Phrase]) {
        let result = TimeLimit.$current.withValue(limit) { () -> Result<(Examination, [Phrase]), WalkError> in
            do throws(WalkError) {
                var walk = FileWalk()
                for folder in inquiry.folders { try walk.read(folder) }
                if let file = inquiry.nginxFile { try walk.readFile(file) }
                return .success((examination(of: inquiry.files + walk.files, inquiry), walk.notes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// What `files` say about the inquiry's subject; nothing is read or dialled beyond them.
    package static func examination(of files: [SourceFile], _ inquiry: Inquiry) -> Examination {
        var subject = inquiry.subject
        var evidence = FileEvidence.gather(files, subject: &subject)
        settleDialect(&subject, files, evidence)
        let followed = NginxEvidence.gather(
            files, main: inquiry.nginxFile, prefix: inquiry.nginxPrefix, subject: subject)
        // Half a tree says the opposite of the whole one.
        let nginx = TimeLimit.current?.cut.contains(.nginx) == true ? nil : followed
        evidence.nginx = nginx.map { NginxView($0) }
        return Examination(subject: subject, nginx: nginx, files: evidence, now: inquiry.now)
    }

    /// `http://host/path` may be a page or what a page passes to `io()`: the files tell, when there are any.
    ///
    /// Socket.IO somewhere in them settles it. Without, a bare host or files that hold the client's own code make it a
    /// page; a proxy's configuration alone says nothing about what the client speaks.
    private static func settleDialect(
        _ subject: inout Subject, _ files: [SourceFile], _ evidence: FileEvidence
    ) {
        // SignalR's negotiation is an ordinary request.
        if subject.isDialectAssumed, subject.url.target.pathOnly.hasSuffix("/negotiate") {
            subject.dialect = .page
            return
        }
        guard subject.isDialectAssumed, subject.tokenPlace != .socketIO, !files.isEmpty else { return }
        // These too are given addresses of pages, and dial the very path; their logs know of sessions as Socket.IO's do.
        let libraries = Set(evidence.dials.map(\.library))
        if !libraries.contains(.socketIO), !libraries.isDisjoint(with: [.signalR, .sockJS, .stomp]) {
            subject.dialect = .webSocket
            return
        }
        let marks = ["socket.io", "engine.io", " io(", "=io(", "EIO="].map { Array($0.utf8) }
        let isMarked = files.contains { file in marks.contains { file.bytes.holds($0) } }
        // SignalR's server, and what its client and its server write into logs, where sessions are lost too.
        let signalR = [
            "AddSignalR(", ".MapHub<", "Http.Connections.Internal", "HubConnection", "Normalizing '/",
        ]
        .map { Array($0.utf8) }
        if !isMarked, files.contains(where: { file in signalR.contains { file.bytes.holds($0) } }) {
            subject.dialect = .webSocket
            return
        }
        if evidence.speaksSocketIO || isMarked { return }
        // Streams, by their type or by what makes them in FastAPI, NestJS, Spring and ASP.NET.
        let streams = [
            "text/event-stream", "EventSource(", "EventSourceResponse(", "@Sse(", "SseEmitter",
            "TEXT_EVENT_STREAM",
            "ServerSentEvent",
        ].map { Array($0.utf8) }
        if files.contains(where: { file in streams.contains { file.bytes.holds($0) } }) {
            subject.dialect = .page
            return
        }
        // A namespace is never asked for as a path: what a log shows asked for is one.
        let path = subject.url.target.pathOnly
        let asked = ["GET", "POST"].flatMap { ["\($0) \(path) ", "\($0) \(path)?"].map { Array($0.utf8) } }
        if path != "/",
            files.contains(where: { file in asked.contains { file.bytes.holds($0) } })
        {
            subject.dialect = .page
            return
        }
        let isClientKnown = files.contains { file in
            clientSuffixes.contains { file.name.hasSuffix($0) }
                && clientMarks.contains { file.bytes.holds($0) }
        }
        if subject.url.target == "/" || isClientKnown { subject.dialect = .page }
    }

    private static let clientSuffixes = [
        ".js", ".mjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".html", ".htm",
    ]
    private static let clientMarks = ["WebSocket(", "EventSource(", "fetch("].map { Array($0.utf8) }
}
