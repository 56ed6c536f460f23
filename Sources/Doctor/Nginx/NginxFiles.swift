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
    /// - Returns: nil when no file is an nginx configuration.
    package static func read(_ files: [SourceFile], main: String?, prefix: String?) -> NginxFiles? {
        if let dump = files.lazy.compactMap({ NginxSyntax.NginxDump($0.bytes) }).first, main == nil {
            let configuration = NginxConfiguration.load(main: dump.main, source: dump)
            return NginxFiles(configuration, names: [:], source: nil)
        }
        let source = BundleSource(files, readsDisk: main != nil)
        if let main {
            let configuration = NginxConfiguration.load(main: main, prefix: prefix, source: source)
            return NginxFiles(configuration, names: source.names, source: source)
        }
        let known = files.filter { Recogniser.isNginx($0) }
        guard !known.isEmpty else { return nil }
        let whole = known.map {
            NginxConfiguration.load(main: $0.name, prefix: prefix ?? folder($0.name), source: source)
        }
        // A main file is one that has sections of the main level and is included by nobody; the larger one of
        // several.
        let included = Set(whole.flatMap { $0.files.dropFirst().map(\.path) })
        let mains = whole.filter { $0.isWhole && !included.contains($0.files[0].path) }
        if let best = mains.max(by: { $0.all.count < $1.all.count }) {
            return NginxFiles(best, names: source.names, source: source)
        }
        let pieces = whole.filter { !included.contains($0.files[0].path) }
        guard let wrapped = BundleSource.wrapped(pieces) else { return nil }
        let configuration = NginxConfiguration.load(
            main: wrapped.path, prefix: "", source: source.adding(wrapped.path, wrapped.text))
        return NginxFiles(configuration, names: source.names, source: source, isPiece: true)
    }

    private init(
        _ configuration: NginxConfiguration, names: [String: String], source: BundleSource?,
        isPiece: Bool = false
    ) {
        self.configuration = configuration
        self.names = names
        var missing: [String] = []
        for include in configuration.all where include.isInclude && include.descendants.isEmpty {
            guard let path = include.value(0) else { continue }
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
