import Glibc

/// The command line: finds the command, runs it, and turns its end into words and an exit status.
@main
struct Sockeye {
    static func main() async {
        // A reader that goes away ends the writing, not the process.
        signal(SIGPIPE, SIG_IGN)
        exit(await run(Array(CommandLine.arguments.dropFirst()), environment: Environment.current()).rawValue)
    }

    private static func run(_ words: [String], environment: [String: String]) async -> ExitStatus {
        do {
            switch try Invocation.parse(words, environment: environment) {
            case .help(let path, let command):
                Output.write(Help.text(of: command, path: path))
                return .healthy
            case .run(let invocation):
                return try await invocation.command.run(invocation)
            }
        } catch let failure as CommandFailure {
            Talk.error(failure.message, hint: failure.hint)
            return failure.status
        } catch {
            Talk.error("\(error)")
            return .unavailable
        }
    }
}

enum Environment {
    /// The variables of this process; of a name that is there twice, the first.
    static func current() -> [String: String] {
        var result: [String: String] = [:]
        var next = unsafe environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "="), result[String(text[..<equals])] == nil {
                result[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            next += 1
        }
        return result
    }
}
