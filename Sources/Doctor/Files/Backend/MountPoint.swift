/// Where an application server is told that its application is mounted.
extension FileEvidence {
    private static let settingNames: Set<String> = [
        "scriptname", "forcescriptname", "rootpath", "uvicornrootpath",
    ]

    /// Whether the backend takes a prefix off by itself: its routes are written without it, and it wants to be sent with it.
    ///
    /// `--root-path` of uvicorn, Daphne and Hypercorn (ASGI's `root_path`), `SCRIPT_NAME` of WSGI servers (PEP 3333).
    func isMounted(at prefix: String) -> Bool {
        let bare = Self.bare(prefix)
        guard !bare.isEmpty else { return false }
        return processes.contains { $0.flag("--root-path").map(Self.bare) == bare }
            || settings.contains { Self.settingNames.contains($0.bareName) && Self.bare($0.value) == bare }
    }

    private static func bare(_ path: String) -> Substring {
        var rest = path[...]
        while rest.hasPrefix("/") { rest = rest.dropFirst() }
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        return rest
    }
}
