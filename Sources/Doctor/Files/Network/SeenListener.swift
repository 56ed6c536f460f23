/// An address a program is seen to listen on.
package struct SeenListener: Equatable, Sendable {
    package let address: ServerProcess.ListenAddress
    /// The program, when the line names it.
    package let program: String
    package let place: FilePlace
    /// Whether it says that it speaks TLS there.
    package var isSecure = false

    /// Out of `ss -ltnp`, `netstat -ltnp` or `lsof -i`, line by line.
    static func sockets(_ file: SourceFile) -> [SeenListener] {
        file.lines.prefix(5000).compactMap { line in
            guard line.text.holds("LISTEN") else { return nil }
            let words = line.text.split { $0 == " " || $0 == "\t" }.map(String.init)
            // The local address is the first word with a port; the peer's has a star for it.
            let addresses = words.filter { $0.contains(":") }.compactMap { ServerProcess.ListenAddress($0) }
            guard let address = addresses.first(where: { $0.port != nil }) else { return nil }
            let program = line.text.between("((\"", "\"") ?? words.last.flatMap { $0.after("/") } ?? ""
            return SeenListener(address: address, program: program, place: file.place(line.number))
        }
    }

    /// Out of a line of a log by which a server says where it listens.
    static func announced(_ line: String, at place: FilePlace) -> SeenListener? {
        let low = line.lowercased()
        guard LogSignatures.announcements.contains(where: { low.holds($0) })
        else { return nil }
        let isSecure = low.holds("secure server") && !low.holds("insecure")
        let words = line.split { " \t,()'\"".contains($0) }.map(String.init)
        for (index, word) in words.enumerated() {
            let bare = word.hasSuffix(".") ? String(word.dropLast()) : word
            if let rest = bare.after("://"),
                let address = ServerProcess.ListenAddress(
                    rest.hasPrefix("localhost") || rest.contains(":") ? rest : rest + ":80")
            {
                return SeenListener(
                    address: address, program: "", place: place,
                    isSecure: isSecure || bare.lowercased().hasPrefix("https://"))
            }
            if bare.lowercased() == "port", index + 1 < words.count,
                let port = Int(words[index + 1].filter(\.isNumber)), (1...65_535).contains(port)
            {
                return SeenListener(
                    address: ServerProcess.ListenAddress(host: "", port: port), program: "", place: place)
            }
            if bare.contains(":"), let address = ServerProcess.ListenAddress(bare), address.port != nil,
                !bare.hasPrefix(":") || index > 0,
                bare.filter({ $0 == ":" }).count == 1 || bare.hasPrefix("[") || bare.hasPrefix("::"),
                address.host.isEmpty || HostName.isPrivate(address.host)
            {
                // A time of day is no address.
                guard !bare.hasPrefix("0") || address.host == "0.0.0.0", Int(address.host) == nil else {
                    continue
                }
                return SeenListener(address: address, program: "", place: place, isSecure: isSecure)
            }
        }
        return nil
    }
}

/// Containers that `docker run` commands start.
enum DockerRun {
    /// The container of a command; nil: the words hold no `docker run`.
    static func container(_ words: [String], at place: FilePlace) -> (
        service: ContainerService, settings: [Setting]
    )? {
        guard
            let start = words.firstIndex(where: {
                $0 == "docker" || $0 == "podman" || $0.hasSuffix("/docker")
            }), start + 1 < words.count, words[start + 1] == "run" || words[start + 1] == "create"
        else { return nil }
        var service = ContainerService(name: "", place: place)
        var environment: [(String, String)] = []
        var at = start + 2
        while at < words.count {
            var flag = words[at]
            at += 1
            guard flag.hasPrefix("-") else {
                service.image = flag
                break
            }
            var value: String?
            if let cut = flag.firstIndex(of: "="), flag.hasPrefix("--") {
                value = String(flag[flag.index(after: cut)...])
                flag = String(flag[..<cut])
            } else if !switches.contains(flag), at < words.count {
                value = words[at]
                at += 1
            }
            switch flag {
            case "--name": service.containerName = value
            case "-p", "--publish":
                if let port = value.flatMap({ ComposeReader.port($0, place) }) { service.ports.append(port) }
            case "--network", "--net":
                service.usesHostNetwork = value == "host"
                service.networks = [value ?? "bridge"]
            case "--add-host":
                if let text = value, let name = text.before(":") {
                    service.extraHosts[name] = text.after(":") ?? ""
                }
            case "-v", "--volume", "--mount": service.volumes.append(value ?? "")
            case "-e", "--env":
                if let text = value, let name = text.before("=") {
                    environment.append((name, text.after("=") ?? ""))
                }
            default: break
            }
        }
        let name = service.containerName ?? service.image
        guard !service.image.isEmpty else { return nil }
        var named = ContainerService(name: name, place: place)
        named.image = service.image
        named.containerName = service.containerName
        named.ports = service.ports
        named.networks = service.networks
        named.usesHostNetwork = service.usesHostNetwork
        named.extraHosts = service.extraHosts
        named.volumes = service.volumes
        return (named, environment.map { Setting($0.0, $0.1, at: place, service: name) })
    }

    /// Flags that take no value.
    private static let switches: Set<String> = [
        "-d", "--detach", "-i", "-t", "-it", "-ti", "-dit", "-itd", "-td", "--rm", "--init", "--privileged",
        "-P", "--publish-all", "--read-only", "-dt", "-di",
    ]
}

extension SourceFile {
    /// Its lines as commands: those that end in a backslash go on in the next.
    var commands: [NumberedLine] {
        var commands: [NumberedLine] = []
        var pending: NumberedLine?
        for line in lines.prefix(5000) {
            let text = (pending?.text ?? "") + line.text.trimmed
            let number = pending?.number ?? line.number
            if text.hasSuffix("\\") {
                pending = NumberedLine(number: number, text: String(text.dropLast()) + " ")
            } else {
                pending = nil
                if !text.isEmpty { commands.append(NumberedLine(number: number, text: text)) }
            }
        }
        if let pending { commands.append(pending) }
        return commands
    }
}
