#if FUZZING
    import NginxRouting
    import NginxSyntax

    /// Requests through any configuration: nothing may trap or grow without bound, and the same question has the same answer.
    ///
    /// Bytes 0x1E part the input into the configuration, the request target, the host and further header lines.
    func fuzzRouting(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        let input = Array(UnsafeBufferPointer(start: data, count: count))
        let parts = input.split(separator: 0x1E, maxSplits: 3, omittingEmptySubsequences: false).map(
            Array.init)
        var limits = NginxLimits()
        limits.directives = 400
        let source = NginxMemorySource(["nginx.conf": parts[0]])
        let configuration = NginxConfiguration.load(main: "nginx.conf", source: source, limits: limits)
        let router = NginxRouter(configuration)
        var request = SimulatedRequest.handshake(
            target: ByteString(parts.count > 1 ? parts[1] : [0x2F]), host: "a.test", origin: "http://a.test")
        if parts.count > 2 { request.headers[0] = ("Host", ByteString(parts[2])) }
        for line in parts.count > 3 ? parts[3].split(separator: 0x0A).prefix(16) : [] {
            let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
            request.headers.append(
                (String(decoding: line[..<colon], as: UTF8.self), ByteString(line[colon...].dropFirst())))
        }
        request.stopsAtGates = input.count % 2 == 0
        let files: (ByteString) -> FileKind = { path in
            [.file, .directory, .missing, .unknown][path.bytes.reduce(0) { $0 &+ Int($1) } & 3]
        }
        let trace = router.trace(request, files: files)
        precondition(trace.steps.count < 100_000, "a request that does not end")
        precondition(trace.uri.count <= 1 << 20, "a path without bound")
        let again = router.trace(request, files: files)
        precondition(
            again.uri == trace.uri && again.steps.count == trace.steps.count, "two answers to one question")
        // A client's own empty header is passed on; one that nginx sets to nothing is not sent.
        for header in trace.proxied?.headers ?? [] where header.statement != nil {
            precondition(!header.value.bytes.isEmpty, "an empty header is sent")
        }
        for stream in router.streams { _ = stream.destination(serverName: "a.test") }
        return 0
    }
#endif
