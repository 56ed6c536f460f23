import Configuration
import Doctor
import Glibc

/// One run of `sockeye doctor`: examines, shows progress, prints.
struct DoctorRun {
    private var settings: DoctorSettings

    init(_ settings: DoctorSettings) { self.settings = settings }

    func run() async throws -> ExitStatus {
        guard var inquiry = settings.inquiry else { return try await DoctorTour(settings).run() }
        if !inquiry.subject.isOffline, inquiry.subject.nginxVersion == nil {
            let start = ContinuousClock.now
            inquiry.subject.nginxVersion = LocalNginx.find()?.version
            // Asking the binary counts as well.
            inquiry.subject.timeout = max(.milliseconds(1), inquiry.subject.timeout - (.now - start))
        }
        return try await Self.examine(inquiry, settings)
    }

    /// Examines and prints.
    static func examine(_ inquiry: Inquiry, _ settings: DoctorSettings) async throws -> ExitStatus {
        let progress = ProgressLine(isShown: isatty(STDERR_FILENO) == 1, language: settings.language)
        let watchdog = Watchdog(after: inquiry.subject.timeout) {
            progress.clear()
            _exit(print(Reasoning.nothingInTime(inquiry.subject), settings).rawValue)
        }
        let diagnosis: Diagnosis
        do {
            diagnosis = try await Examiner.examine(inquiry) { progress.show($0) }
        } catch {
            progress.clear()
            throw CommandFailure.unavailable(
                "cannot read \(error.path): \(error.reason)",
                hint: "--files wants a folder or file that this user may read")
        }
        // Called already, it prints and ends the process.
        while !watchdog.dismiss() { try await Task.sleep(for: .seconds(1)) }
        progress.clear()
        return print(diagnosis, settings)
    }

    private static func print(_ diagnosis: Diagnosis, _ settings: DoctorSettings) -> ExitStatus {
        Output.write(text(of: diagnosis.masked(settings.mask.apply), settings))
        switch diagnosis.verdict {
        case .healthy: return .healthy
        case .broken, .degraded: return .findings
        case .unknown: return .unavailable
        }
    }

    private static func text(of diagnosis: Diagnosis, _ settings: DoctorSettings) -> String {
        switch settings.form {
        case .json: return JSONReport(diagnosis, language: settings.language).text + "\n"
        case .markdown: return MarkdownReport(diagnosis, language: settings.language).text
        case .terminal:
            let style = Style(usesColor: Output.isTerminal && getenv("NO_COLOR") == nil)
            return TerminalReport(
                diagnosis, language: settings.language, columns: Output.isTerminal ? Output.columns : 100,
                style: style
            ).text
        }
    }
}

extension Output {
    /// The width of the terminal; 80 when it does not say.
    static var columns: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
