import Foundation

/// Runs the lines of a transcript.
struct Player {
    let directory: URL
    private var environment: [String: String]
    private var input: String?
    private var output = ""
    private var errors = ""
    private var status: Int32 = 0
    /// Whether a line has looked at the status already.
    private var isJudged = true

    /// The built program: beside the test bundle, whose path is the first argument of the test process.
    static let program: URL = {
        let bundle = URL(
            filePath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appending(path: "sockeye")
    }()

    init(directory: URL) {
        self.directory = directory
        environment = ["HOME": directory.path(), "PATH": "/usr/bin:/bin"]
    }

    /// What does not hold, in words.
    mutating func play(_ words: [String]) throws -> [String] {
        let isNegated = words.first == "!"
        var words = isNegated ? Array(words.dropFirst()) : words
        let verb = words.isEmpty ? "" : words.removeFirst()
        switch (verb, words.count) {
        case ("exec", 1...):
            let faults = finish()
            try run(words)
            return faults
        case ("stdin", 1): input = words[0]
        case ("env", 1):
            let parts = words[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            environment[String(parts[0])] = parts.count == 2 ? String(parts[1]) : nil
        case ("save", 1): try output.write(to: file(words[0]), atomically: false, encoding: .utf8)
        case ("status", 1):
            isJudged = true
            return Int32(words[0]) == status ? [] : ["status \(status)", transcript]
        case ("stdout", 1), ("stderr", 1):
            let regex = try Regex(words[0]).anchorsMatchLineEndings()
            let found = (verb == "stdout" ? output : errors).firstMatch(of: regex) != nil
            return found != isNegated ? [] : [transcript]
        case ("cmp", 2):
            let got = words[0] == "stdout" ? output : errors
            let want = try String(contentsOf: file(words[1]), encoding: .utf8)
            return got == want ? [] : ["wanted:", want, transcript]
        case ("mode", 2):
            let mode =
                try FileManager.default.attributesOfItem(atPath: file(words[0]).path())[.posixPermissions]
                as? Int
            let text = String(mode ?? 0, radix: 8)
            return text == words[1] ? [] : ["mode \(text)"]
        default: return ["no line of a transcript looks like this"]
        }
        return []
    }

    /// A status nobody asked about must be 0.
    mutating func finish() -> [String] {
        defer { isJudged = true }
        return isJudged || status == 0 ? [] : ["status \(status), and no line says so", transcript]
    }

    private mutating func run(_ words: [String]) throws {
        let process = Process()
        process.executableURL = words[0] == "sockeye" ? Self.program : URL(filePath: "/bin/" + words[0])
        process.arguments = Array(words.dropFirst())
        process.environment = environment
        process.currentDirectoryURL = directory
        // Files instead of pipes: nothing has to read while the program runs.
        let names = ["stdout", "stderr"].map { file(".\($0)") }
        for name in names { try Data().write(to: name) }
        let handles = try names.map { try FileHandle(forWritingTo: $0) }
        process.standardOutput = handles[0]
        process.standardError = handles[1]
        let source = try input.map { try FileHandle(forReadingFrom: file($0)) } ?? .nullDevice
        process.standardInput = source
        input = nil
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        isJudged = false
        output = try String(contentsOf: names[0], encoding: .utf8)
        errors = try String(contentsOf: names[1], encoding: .utf8)
        for handle in handles { try handle.close() }
    }

    private func file(_ name: String) -> URL { directory.appending(path: name) }

    private var transcript: String { "stdout:\n\(output)stderr:\n\(errors)" }
}
