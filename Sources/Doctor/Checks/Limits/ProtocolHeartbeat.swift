/// Heartbeats that a protocol or a server sends by itself, though no file of the deployment says so.
///
/// They keep a connection alive below a short idle time. Each is the default of its reference implementation; where a file
/// sets another interval that one counts (``IdleTimeCheck/heartbeat(in:)``).
struct ProtocolHeartbeat {
    /// The interval, in seconds.
    let seconds: Double
    /// Whose it is, and what tells that it is spoken here.
    let evidence: Evidence

    /// The quickest one of what the files show to be in use; nil: nothing is known to beat.
    static func quickest(in examination: Examination) -> ProtocolHeartbeat? {
        var found: [ProtocolHeartbeat] = []
        let written = Set(examination.files.heartbeats.map { $0.name.lowercased().filter { $0 != "_" } })
        if case .socketIO(let address) = examination.subject.dialect, examination.isSocketIO,
            !written.contains("pinginterval")
        {
            let version = address.engineVersion
            found.append(
                ProtocolHeartbeat(
                    seconds: 25,
                    evidence: .known(
                        "Engine.IO \(version) pings every 25 s unless told otherwise (pingInterval)",
                        "Engine.IO \(version) 默认每 25 秒 ping 一次 (pingInterval)")))
        }
        for row in rows where row.settledBy.isDisjoint(with: written) {
            guard let place = row.place(in: examination.files, examination.subject.path) else { continue }
            let time = duration(row.seconds)
            found.append(
                ProtocolHeartbeat(
                    seconds: row.seconds,
                    evidence: .file(
                        "\(row.name) sends something every \(time) by itself",
                        "\(row.name) 默认每 \(time) 发送一次心跳",
                        at: place)))
        }
        return found.min { $0.seconds < $1.seconds }
    }

    // MARK: Protocols

    private struct Row {
        let name: String
        let seconds: Double
        /// Libraries by which a page dials.
        var libraries: Set<SocketDial.Library> = []
        /// Packages without which the protocol is not spoken.
        var packages: [String] = []
        /// Parts of settings' names, in small letters.
        var settings: [String] = []
        /// Programs that beat whatever application they serve, unless a flag stops them.
        var programs: Set<String> = []
        /// Beginnings of the path under which the protocol is served, for what serves other sockets as well.
        var paths: [String] = []
        /// Options, in small letters, by which the one side that beats is told another interval.
        var settledBy: Set<String> = []

        func place(in files: FileEvidence, _ path: String) -> FilePlace? {
            if !paths.isEmpty, !paths.contains(where: { path.hasPrefix($0) }) { return nil }
            if let dial = files.dials.first(where: { libraries.contains($0.library) }) { return dial.place }
            for list in files.packages {
                if let package = packages.lazy.compactMap({ list[$0] }).first { return package.place }
            }
            if let setting = files.settings.first(where: { setting in
                settings.contains { setting.name.lowercased().holds($0) }
            }) {
                return setting.place
            }
            return files.processes.first { process in
                programs.contains(process.program)
                    && process.flag("--ws-ping-interval", "--websocket-ping-interval", "--ping-interval")
                        == nil
            }?.place
        }
    }

    private static let rows = [
        // ActionCable::Server::Connections::BEAT_INTERVAL.
        Row(
            name: "Action Cable", seconds: 3, libraries: [.actionCable],
            packages: ["actioncable", "@rails/actioncable", "@anycable/web"],
            settings: ["action_cable."]),
        // HubOptions.KeepAliveInterval, and the client's keepAliveIntervalInMilliseconds.
        Row(
            name: "SignalR", seconds: 15, libraries: [.signalR],
            packages: ["@microsoft/signalr", "microsoft.aspnetcore.signalr"]),
        // ws_ping_interval of uvicorn, --ping-interval of Daphne.
        Row(name: "uvicorn", seconds: 20, programs: ["uvicorn"]),
        Row(name: "Daphne", seconds: 20, programs: ["daphne"]),
        // Spring's SockJS and sockjs-node send "h" so often; the rest speaks raw sockets beside them.
        Row(name: "SockJS", seconds: 25, libraries: [.sockJS]),
        // heartbeatIntervalMs of phoenix.js.
        Row(
            name: "Phoenix", seconds: 30, libraries: [.phoenix], packages: ["phoenix", "phoenix_live_view"],
            settledBy: ["heartbeatintervalms"]),
        // activity_timeout that Reverb tells its clients, who ping after so much silence.
        Row(
            name: "Laravel Reverb", seconds: 30, packages: ["laravel/reverb"], settings: ["reverb_"],
            paths: ["/app/"]),
    ]
}
