import Glibc

/// Puts the configuration together: defaults, under the file, under the environment, under the flags.
public enum ConfigurationLoader {
    /// Where a value came from.
    public enum Source: Sendable, Equatable, CustomStringConvertible {
        /// Nobody chose.
        case standard
        /// A place in the file, an environment variable or a flag.
        case place(ConfigurationProblem.Place)

        /// In words.
        public var description: String {
            switch self {
            case .standard: "default"
            case .place(let place): place.description
            }
        }
    }

    /// A configuration that is right.
    public struct Loaded: Sendable, Equatable {
        /// What was chosen.
        public var options: Options
        /// Where each option and each group got its value from; those at their default are not in it.
        public var sources: [String: Source]
        /// What works, but hardly as meant.
        public var warnings: [ConfigurationProblem]

        /// Where an option or group, by its name, got its value from.
        public func source(of name: String) -> Source { sources[name] ?? .standard }
    }

    /// Reads and checks everything, and tells of all problems at once rather than of the first.
    ///
    /// - `file`: a path; without one `SOCKEYE_CONFIG` is asked. Relative paths inside it start at its directory.
    /// - `environment`: all variables; those that begin with `SOCKEYE_` and are no option give a warning.
    /// - `flags`: names with dashes and values, in order; a switch has the value `true`. Names that belong to no option
    ///   are left to the caller, who knows the command.
    public static func load(
        file: String?, environment: [String: String], flags: [(name: String, value: String)]
    ) throws(ConfigurationError) -> Loaded {
        var contents: (path: String, bytes: [UInt8])?
        if let path = file ?? environment["SOCKEYE_CONFIG"].flatMap({ $0.isEmpty ? nil : $0 }) {
            do {
                contents = (path, try read(path))
            } catch {
                throw ConfigurationError(problems: [error])
            }
        }
        return try assemble(contents, environment, flags)
    }

    /// Reads and checks a configuration that is already in memory; `path` is what problems call it.
    public static func load(
        contents: [UInt8], path: String, environment: [String: String] = [:],
        flags: [(name: String, value: String)] = []
    ) throws(ConfigurationError) -> Loaded {
        try assemble((path, contents), environment, flags)
    }

    private static func assemble(
        _ file: (path: String, bytes: [UInt8])?, _ environment: [String: String],
        _ flags: [(name: String, value: String)]
    ) throws(ConfigurationError) -> Loaded {
        var assembly = Assembly(home: environment["HOME"])
        if let file { assembly.apply(file: file.path, bytes: file.bytes) }
        assembly.apply(environment: environment)
        assembly.apply(flags: flags)
        return try assembly.finish()
    }

    /// The whole file; at most 1 MiB, which no configuration reaches and a mistaken path may exceed.
    private static func read(_ path: String) throws(ConfigurationProblem) -> [UInt8] {
        func problem(_ message: String, _ hint: String) -> ConfigurationProblem {
            ConfigurationProblem(
                code: .unreadable, place: .file(path, line: 1, column: 1), message: message, hint: hint)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else {
            let why = errno
            throw problem(
                "the file cannot be opened: \(String(cString: strerror(why)))",
                why == ENOENT
                    ? "check --config; 'sockeye config reference' explains every option"
                    : "check its owner and mode")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        let limit = 1 << 20
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 {
                throw problem(
                    "the file cannot be read: \(String(cString: strerror(errno)))", "give a file of TOML")
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            if bytes.count > limit {
                throw problem("the file is longer than 1 MiB", "check --config: is it this file?")
            }
        }
    }
}
