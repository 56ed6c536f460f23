import NginxSyntax

/// Which WebSocket addresses an nginx configuration seems to be made for.
enum NginxSurvey {
    /// An address for each location that forwards Upgrade, made of its server's first name and port.
    static func addresses(_ files: [SourceFile]) -> [String] {
        guard let configuration = configuration(files) else { return [] }
        return configuration.all.filter { $0.name == "location" && forwardsUpgrade($0) }.compactMap(address)
    }

    private static func configuration(_ files: [SourceFile]) -> NginxConfiguration? {
        if let dump = files.lazy.compactMap({ NginxDump($0.bytes) }).first {
            return NginxConfiguration.load(main: dump.main, source: dump)
        }
        guard let main = files.first(where: { $0.baseName == "nginx.conf" }) ?? files.first else {
            return nil
        }
        var bytes: [String: [UInt8]] = [:]
        for file in files { bytes[file.name] = file.bytes }
        return NginxConfiguration.load(main: main.name, source: NginxMemorySource(bytes))
    }

    private static func forwardsUpgrade(_ location: NginxDirective) -> Bool {
        location.block.contains {
            $0.name == "proxy_set_header" && $0.value(0)?.lowercased() == "upgrade" && $0.value(1) != ""
        }
    }

    private static func address(of location: NginxDirective) -> String? {
        let words = location.values
        // A regular expression says nothing about what is dialled.
        guard let path = words.last, path.hasPrefix("/"),
            words.count == 1 || words[0] == "=" || words[0] == "^~",
            let server = location.enclosing.first(where: { $0.name == "server" })
        else { return nil }
        let names = server.all("server_name").flatMap(\.values)
        let host = names.first {
            !$0.isEmpty && $0 != "_" && !$0.contains("*") && !$0.hasPrefix("~") && !$0.hasPrefix("$")
        }
        let listen = server.first("listen")?.values ?? ["80"]
        let port = (listen.first ?? "80").split(separator: ":").last.flatMap { UInt16($0) } ?? 80
        let isSecure = listen.contains("ssl") || listen.contains("quic")
        let usual: UInt16 = isSecure ? 443 : 80
        return "\(isSecure ? "wss" : "ws")://\(host ?? "localhost")\(port == usual ? "" : ":\(port)")\(path)"
    }
}
