#if FUZZING
    import NginxSyntax

    /// nginx configurations, by themselves, as `nginx -T` prints them, and with files that include each
    /// other: nothing may trap, every byte is kept, and every change can be made.
    ///
    /// Bytes 0x1E part the input into files `nginx.conf`, `a.conf`, `b.conf` …, as many as there are.
    func fuzzNginx(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        let input = Array(UnsafeBufferPointer(start: data, count: count))
        if let dump = NginxDump(input) { examine(NginxConfiguration.load(main: dump.main, source: dump)) }
        var files: [String: [UInt8]] = [:]
        for (index, part) in input.split(separator: 0x1E, maxSplits: 4, omittingEmptySubsequences: false)
            .enumerated()
        {
            files[["nginx.conf", "a.conf", "b.conf", "c/a.conf", "c/b.conf"][index]] = Array(part)
        }
        var limits = NginxLimits()
        limits.directives = 2000
        limits.includes = 200
        examine(NginxConfiguration.load(main: "nginx.conf", source: NginxMemorySource(files), limits: limits))
        return 0
    }

    private func examine(_ configuration: NginxConfiguration) {
        for file in configuration.files {
            var at = 0
            for piece in file.pieces {
                precondition(piece.range.lowerBound == at && !piece.range.isEmpty, "pieces do not meet")
                at = piece.range.upperBound
            }
            precondition(at == file.bytes.count, "bytes are lost")
        }
        for problem in configuration.problems {
            precondition(configuration.files.indices.contains(problem.place.file), "a problem without a file")
            precondition(!configuration.path(of: problem.place).isEmpty && !problem.kind.code.isEmpty)
        }
        for directive in configuration.all.prefix(40) {
            precondition(directive.range.upperBound <= directive.source.bytes.count)
            precondition(directive.place.line >= 1 && directive.place.column >= 1)
            for word in directive.arguments {
                _ = VariableReference.all(in: word.text)
                _ = directive.source.value(of: word)
            }
            for action in 0..<4 {
                var patch = NginxPatch(configuration)
                switch action {
                case 0: patch.remove(directive)
                case 1: patch.insert(["x;"], .before(directive))
                case 2: patch.insert(["x;", "y {", "    z;", "}"], .endOf(directive))
                default: patch.replace(directive, with: ["x;"])
                }
                for result in patch.results {
                    precondition(result.bytes.count <= configuration.files[result.file].bytes.count + 4096)
                }
                _ = patch.unifiedDiff()
            }
        }
    }
#endif
