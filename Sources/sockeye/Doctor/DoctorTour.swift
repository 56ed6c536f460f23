import Doctor
import Glibc

/// `sockeye doctor` without a URL: shows what is on this machine, and asks before it dials anything.
struct DoctorTour {
    private var settings: DoctorSettings

    init(_ settings: DoctorSettings) { self.settings = settings }

    func run() async throws -> ExitStatus {
        let machine = LocalMachine.look()
        for line in lines(machine) { Talk.line(line.printable) }
        let candidates = machine.candidates
        guard let first = candidates.first else {
            throw CommandFailure.unavailable(
                say("no WebSocket address was found here", "在此处未找到 WebSocket 地址"),
                hint: say(
                    "give the address the page dials: sockeye doctor wss://app.example/ws",
                    "请给出页面连接的地址：sockeye doctor wss://app.example/ws"))
        }
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            // Nobody can be asked: files are read, nothing is dialled.
            return try await examine(first, machine, dials: false)
        }
        var worst = ExitStatus.healthy
        for candidate in candidates.prefix(8) {
            let answer = ask(candidate.printable)
            if answer == "q" { break }
            let status = try await examine(candidate, machine, dials: answer == "y")
            worst = max(worst, status)
        }
        return worst
    }

    private func examine(
        _ address: String, _ machine: LocalMachine, dials: Bool
    ) async throws -> ExitStatus {
        var settings = settings
        guard let subject = try? Subject(address) else {
            throw CommandFailure.unavailable("'\(address)' is no address")
        }
        var inquiry = try settings.inquiry(about: subject)
        if !dials { inquiry.subject.isOffline = true }
        inquiry.subject.nginxVersion = inquiry.subject.nginxVersion ?? machine.nginx?.version
        inquiry.files = machine.nginxFiles + machine.files
        return try await DoctorRun.examine(inquiry, settings)
    }

    // MARK: Words

    private func say(_ en: String, _ zh: String) -> String { settings.language == .english ? en : zh }

    private func lines(_ machine: LocalMachine) -> [String] {
        var lines: [String] = [say("Found on this machine:", "在这台机器上找到：")]
        if let nginx = machine.nginx {
            lines.append("  nginx \(nginx.version), \(nginx.path)")
        }
        if !machine.nginxFiles.isEmpty {
            let count = machine.nginxFiles.count
            lines.append("  " + say("its configuration: \(count) files", "其配置：\(count) 个文件"))
        }
        if !machine.programs.isEmpty {
            lines.append("  " + say("running: ", "正在运行：") + machine.programs.joined(separator: ", "))
        }
        let ports = machine.listeners.map { listener in
            "\(listener.address):\(listener.port)" + (listener.program.map { " (\($0))" } ?? "")
        }
        if !ports.isEmpty {
            lines.append("  " + say("listening: ", "监听：") + ports.prefix(24).joined(separator: ", "))
        }
        if !machine.files.isEmpty {
            lines.append(
                "  " + say("files: ", "文件：") + machine.files.prefix(24).map(\.name).joined(separator: ", "))
        }
        let candidates = machine.candidates
        if !candidates.isEmpty {
            lines.append("  " + say("addresses: ", "地址：") + candidates.prefix(8).joined(separator: ", "))
        }
        if lines.count == 1 { lines.append("  " + say("nothing that a handshake passes", "没有任何握手会经过的内容")) }
        return lines
    }

    /// `y`, `n` or `q`.
    private func ask(_ address: String) -> Character {
        FileOutput.write(
            "\n"
                + say(
                    "Dial \(address) and look? Nothing is changed. [y: dial, n: files only, q: stop] ",
                    "连接 \(address) 并检查？不会更改任何内容。[y：连接，n：只读文件，q：停止] "), to: STDERR_FILENO)
        guard let line = readLine(), let first = line.lowercased().first else { return "q" }
        return first
    }
}

extension ExitStatus: Comparable {
    static func < (left: ExitStatus, right: ExitStatus) -> Bool { left.rawValue < right.rawValue }
}
