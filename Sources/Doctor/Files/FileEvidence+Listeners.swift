extension FileEvidence {
    /// Addresses backends listen on, by their commands and settings.
    var listeners: [(address: ServerProcess.ListenAddress, name: String, place: FilePlace, service: String?)]
    {
        var listeners = processes.compactMap { process in
            process.bind.map {
                (address: $0, name: process.program, place: process.place, service: process.service)
            }
        }
        let names: Set<String> = [
            "port", "serverport", "httpport", "appport", "backendport", "apiport", "wsport", "socketport",
            "listenport", "rocketport", "websocketport", "reverbserverport",
        ]
        for setting in settings where names.contains(setting.bareName) && setting.side != .frontend {
            guard let port = Int(setting.value), (1...65_535).contains(port) else { continue }
            // A database's or cache's port by a name that says so is none of the backend's.
            let low = setting.name.lowercased()
            if ["db", "redis", "postgres", "mysql", "mongo", "smtp", "mail", "cache"].contains(where: {
                low.holds($0)
            }) {
                continue
            }
            listeners.append(
                (
                    ServerProcess.ListenAddress(host: "", port: port), setting.name, setting.place,
                    setting.service
                ))
        }
        listeners += seenListeners.map { seen in
            (seen.address, seen.program.isEmpty ? "the server" : seen.program, seen.place, nil)
        }
        return listeners
    }
}
