import Glibc

/// What there is on this machine that a handshake could pass: looked at without changing or dialling anything.
package struct LocalMachine: Sendable {
    /// A TCP port somebody listens on.
    package struct Listener: Equatable, Sendable, Comparable {
        package let port: UInt16
        /// `127.0.0.1`, `0.0.0.0`, `::1`, `::`, or another address.
        package let address: String
        /// The name of the program; nil: not ours to see.
        package let program: String?

        package static func < (left: Listener, right: Listener) -> Bool {
            (left.port, left.address) < (right.port, right.address)
        }
    }

    /// nginx, if it is installed.
    package let nginx: LocalNginx?
    /// Its configuration: what `nginx -T` printed, else the files of /etc/nginx.
    package let nginxFiles: [SourceFile]
    /// Where people listen.
    package let listeners: [Listener]
    /// Files in the working directory, or one folder below, that a deployment is made of.
    package let files: [SourceFile]
    /// Names of running programs that have to do with the path: proxies, tunnels, process managers.
    package let programs: [String]

    /// Looks.
    package static func look(in directory: String = ".") -> LocalMachine {
        let nginx = LocalNginx.find()
        var nginxFiles = (nginx?.configuration()).map { [$0] } ?? []
        if nginxFiles.isEmpty {
            // nginx -T needs to read certificates, which only root may; the configuration itself is readable.
            var walk = FileWalk()
            try? walk.read("/etc/nginx")
            nginxFiles = walk.files.map {
                SourceFile(name: "/etc/nginx/" + $0.name, path: $0.path, bytes: $0.bytes)
            }
        }
        let owners = ProcessTable.owners()
        return LocalMachine(
            nginx: nginx, nginxFiles: nginxFiles, listeners: SocketTable.listeners(owners.sockets),
            files: deploymentFiles(in: directory), programs: owners.programs)
    }

    /// The addresses a page on this deployment seems to dial, most likely first.
    package var candidates: [String] {
        var found: [String] = []
        for file in files where file.baseName.hasPrefix(".env") || file.baseName.hasSuffix(".env") {
            for line in file.text.split(whereSeparator: \.isNewline) {
                let value = line.drop { $0 != "=" }.dropFirst()
                let url = value.trimmingPrefix("\"").trimmingPrefix("'")
                guard url.hasPrefix("ws://") || url.hasPrefix("wss://") else { continue }
                found.append(String(url.prefix { !"\"' #".contains($0) && !$0.isWhitespace }))
            }
        }
        found += NginxSurvey.addresses(nginxFiles)
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }
    }

    private static func deploymentFiles(in directory: String) -> [SourceFile] {
        var limits = FileWalk.Limits()
        limits.depth = 2
        limits.files = 400
        limits.bytesPerFile = 1 << 20
        limits.bytes = 16 << 20
        var walk = FileWalk(limits: limits)
        try? walk.read(directory)
        return walk.files.filter { isDeployment($0.baseName) }
    }

    static func isDeployment(_ name: String) -> Bool {
        let exact: Set<String> = [
            "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml", "frpc.toml",
            "frps.toml",
            "frpc.ini", "frps.ini", "Caddyfile", "haproxy.cfg", "nginx.conf", "ecosystem.config.js",
            "package.json", "cloudflared.yml", "traefik.yml", "token.txt",
        ]
        return exact.contains(name) || name == ".env" || name.hasPrefix(".env.") || name.hasSuffix(".env")
    }
}

/// `/proc/net/tcp` (proc(5)).
enum SocketTable {
    /// Sockets in state LISTEN; `owners` gives the program for an inode.
    static func listeners(_ owners: [UInt64: String]) -> [LocalMachine.Listener] {
        var found: [LocalMachine.Listener] = []
        for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
            for line in ProcessTable.text(file).split(separator: "\n").dropFirst() {
                guard let listener = listener(line, owners), !found.contains(listener) else { continue }
                found.append(listener)
            }
        }
        return found.sorted()
    }

    static func listener(_ line: Substring, _ owners: [UInt64: String]) -> LocalMachine.Listener? {
        let fields = line.split(separator: " ")
        guard fields.count > 9, fields[3] == "0A" else { return nil }
        let parts = fields[1].split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16), let address = address(parts[0]) else {
            return nil
        }
        return LocalMachine.Listener(
            port: port, address: address, program: UInt64(fields[9]).flatMap { owners[$0] })
    }

    /// The kernel prints words of 32 bits in the machine's order.
    private static func address(_ hex: Substring) -> String? {
        guard hex.count == 8 || hex.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = hex
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            bytes += withUnsafeBytes(of: word) { Array($0) }
            rest = rest.dropFirst(8)
        }
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// `/proc/PID` (proc(5)), as far as this user may see it.
enum ProcessTable {
    /// Which program holds which socket, and which programs of interest run.
    static func owners() -> (sockets: [UInt64: String], programs: [String]) {
        let interesting: Set<String> = [
            "nginx", "haproxy", "apache2", "httpd", "caddy", "frpc", "frps", "cloudflared", "traefik",
            "envoy",
            "dockerd", "docker-proxy", "PM2", "gunicorn", "uvicorn", "node", "sockeye",
        ]
        var sockets: [UInt64: String] = [:]
        var programs: Set<String> = []
        let own = String(getpid())
        for pid in names("/proc").prefix(20_000) where pid.allSatisfy(\.isNumber) && pid != own {
            let name = text("/proc/\(pid)/comm").prefix { $0 != "\n" }
            if interesting.contains(String(name)) { programs.insert(String(name)) }
            for descriptor in names("/proc/\(pid)/fd").prefix(4_000) {
                guard let inode = socket("/proc/\(pid)/fd/\(descriptor)") else { continue }
                sockets[inode] = String(name)
            }
        }
        return (sockets, programs.sorted())
    }

    static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count < 4 << 20 {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The inode of `socket:[12345]`, which is what the link of a socket says.
    private static func socket(_ path: String) -> UInt64? {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { target in
            target.baseAddress.map {
                readlink(path, $0.assumingMemoryBound(to: CChar.self), target.count)
            } ?? 0
        }
        guard count > 9 else { return nil }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        guard text.hasPrefix("socket:["), text.hasSuffix("]") else { return nil }
        return UInt64(text.dropFirst(8).dropLast())
    }

    private static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
