package import NginxSyntax

/// The nginx configuration among the files of the user, put together as nginx would.
package struct NginxFiles: Sendable {
    /// The configuration; of several the one that is the whole of a server's.
    package let configuration: NginxConfiguration
    /// Whether parts of it were not handed over: the main file, or files it includes.
    ///
    /// What is missing may define what seems undefined.
    package let isPartial: Bool
    /// Includes whose files are not there, as they are written.
    package let missing: [String]

    private let names: [String: String]

    /// Finds the main file, and reads it with whatever it includes.
    ///
    /// Includes are looked for among the files: relative ones beside the main file, absolute ones by their
    /// tail, since folders are handed over from anywhere. With `onDisk` (that of `--nginx`) what is not among
    /// them is read from the disk. Files that no main file includes, such as a vhost alone, are read as if an
    /// `http` block included them.
    ///
    /// Of several main files the one counts that names `host`, else the largest.
    ///
    /// - Returns: nil when no file is an nginx configuration.
    package static func read(
        _ files: [SourceFile], main: String?, prefix: String?, host: String? = nil
    ) -> NginxFiles? {
        if let main {
            let source = BundleSource(files, known: [], mains: [], readsDisk: true)
            let configuration = NginxConfiguration.load(
                main: main, prefix: prefix, source: source, limits: limits)
            return NginxFiles(configuration, source: source)
        }
        if let dump = files.lazy.compactMap({ dump($0) }).first {
            let configuration = NginxConfiguration.load(main: dump.main, source: dump, limits: limits)
            return NginxFiles(configuration, source: nil)
        }
        // Each by itself first: that tells main files from pieces.
        let known = files.filter { Recogniser.isNginx($0) }.map { file in
            (
                name: file.name,
                alone: NginxConfiguration.load(
                    main: file.name, source: NginxMemorySource([file.name: file.bytes]), limits: limits,
                    isJudged: false)
            )
        }
        guard !known.isEmpty else { return nil }
        let mains = known.filter(\.alone.isWhole).map(\.name)
        let source = BundleSource(files, known: known.map(\.name), mains: mains, readsDisk: false)
        let whole = mains.map {
            NginxConfiguration.load(main: $0, prefix: prefix ?? folder($0), source: source, limits: limits)
        }
        if let best = whole.max(by: { rank($0, host) < rank($1, host) }) {
            return NginxFiles(best, source: source)
        }
        let included = Set(
            known.flatMap { piece in
                piece.alone.all.filter { $0.name == "include" }.compactMap { $0.value(0) }.flatMap {
                    source.matches(NginxPath.resolved($0, prefix: folder(piece.name)))
                }
            })
        let pieces = known.filter { !included.contains($0.name) }.map(\.alone)
        guard let wrapped = BundleSource.wrapped(pieces) else { return nil }
        let configuration = NginxConfiguration.load(
            main: wrapped.path, prefix: "", source: source.adding(wrapped.path, wrapped.text), limits: limits)
        return NginxFiles(configuration, source: source, isPiece: true)
    }

    /// The usual limits, and the time of the examination.
    private static var limits: NginxLimits {
        var limits = NginxLimits()
        limits.isOver = { TimeLimit.isOver(for: .nginx) }
        return limits
    }

    /// The dump of `nginx -T` that a file is; its first header stands near the start, behind nginx's own
    /// report at most.
    private static func dump(_ file: SourceFile) -> NginxSyntax.NginxDump? {
        guard file.bytes.prefix(16_384).holds(dumpMark) else { return nil }
        return NginxSyntax.NginxDump(file.bytes)
    }

    private static let dumpMark = Array("# configuration file ".utf8)

    private static func rank(_ configuration: NginxConfiguration, _ host: String?) -> (Int, Int) {
        let names = configuration.all.lazy.filter { $0.name == "server_name" }
        let isNamed =
            host.map { host in names.contains { $0.values.contains { $0.lowercased() == host } } } ?? false
        return (isNamed ? 1 : 0, configuration.all.count)
    }

    private init(
        _ configuration: NginxConfiguration, source: BundleSource?, isPiece: Bool = false
    ) {
        self.configuration = configuration
        // A file found by its tail is called what the user calls it.
        names = Dictionary(
            configuration.files.map { ($0.path, source?.matches($0.path).first ?? $0.path) },
            uniquingKeysWith: { first, _ in first })
        var missing: [String] = []
        for include in configuration.all where include.isInclude && include.descendants.isEmpty {
            guard let path = include.value(0) else { continue }
            // A pattern that matches nothing is no fault; in a dump, and on disk, nothing is what there is.
            if NginxGlob.isPattern(path), source?.readsDisk ?? true { continue }
            let isKnown = source.map {
                !$0.matches(NginxPath.resolved(path, prefix: configuration.prefix)).isEmpty
            }
            if isKnown != true { missing.append(path) }
        }
        self.missing = missing
        isPartial = isPiece || !missing.isEmpty
    }

    /// A place as the user would write it.
    package func place(_ place: NginxPlace) -> FilePlace {
        FilePlace(file: name(configuration.path(of: place)), line: place.line, column: place.column)
    }

    /// A patch of the configuration as `Fix.patch` wants it.
    package func diff(_ patch: NginxPatch) -> String? {
        // The frame around pieces is ours, so nobody can patch it.
        let isFrame = patch.results.contains { configuration.files[$0.file].path == BundleSource.frame }
        let text = patch.unifiedDiff { name($0.path) }
        return isFrame || text.isEmpty ? nil : text
    }

    private func name(_ path: String) -> String { names[path] ?? path }

    private static func folder(_ name: String) -> String { NginxPath.directory(of: name) }
}

extension NginxConfiguration {
    /// Whether it has sections of the main level, so that it can be what nginx is started with.
    fileprivate var isWhole: Bool {
        root.contains { ["events", "http", "stream", "mail"].contains($0.name) && $0.hasBlock }
    }
}

extension Recogniser {
    /// Whether a file holds nginx directives.
    static func isNginx(_ file: SourceFile) -> Bool {
        guard !file.isBinary, kind(named: file.baseName) == nil else { return false }
        return kind(of: file) == .nginx
    }
}
