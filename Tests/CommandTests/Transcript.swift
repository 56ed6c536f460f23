import Foundation
import Testing

/// A test of the command line, written as what happens in a shell.
///
/// A transcript is a script, then files, each behind a line `-- NAME --`. The script runs in a directory of its own that holds
/// those files, with `HOME` there and no other variable but `PATH`; relative paths therefore mean that directory.
///
/// ```
/// # A comment says what is tested and why.
/// exec sockeye config check --config s.toml   the program, words parted by blanks, '…' keeps blanks
/// stdin tok                                   before exec: the file its standard input comes from
/// env SOCKEYE_LOOPS=2                         before exec: a variable for everything that follows
/// save tok                                    keep standard output of the last exec as a file
/// status 2                                    exit status of the last exec; without a line it must be 0
/// stdout 'regex', stderr 'regex'              it is somewhere in there; ! before it: it is nowhere
/// ! stdout .                                  nothing was printed
/// cmp stdout want.txt                         it is exactly this file
/// mode state/signing-secret 600               the permissions of a file
/// ```
struct Transcript: CustomTestStringConvertible, Sendable {
    let name: String
    let lines: [String]
    let files: [(name: String, text: String)]

    var testDescription: String { name }

    /// Every transcript there is.
    static let all: [Transcript] = {
        let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transcripts")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path())) ?? []
        return names.sorted().filter { $0.hasSuffix(".txt") }.map { name in
            let text = (try? String(contentsOf: directory.appending(path: name), encoding: .utf8)) ?? ""
            return Transcript(name: name, text: text)
        }
    }()

    init(name: String, text: String) {
        self.name = name
        var lines: [String] = []
        var files: [(name: String, text: String)] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("-- "), line.hasSuffix(" --") {
                files.append((String(line.dropFirst(3).dropLast(3)), ""))
            } else if files.isEmpty {
                lines.append(String(line))
            } else {
                files[files.count - 1].text += line + "\n"
            }
        }
        // The last line of the text ends in a line feed, which split gives an empty line for.
        for index in files.indices where files[index].text.hasSuffix("\n\n") || index == files.count - 1 {
            files[index].text.removeLast()
        }
        self.lines = lines
        self.files = files
    }

    /// Plays the script; every line that does not hold is an issue with its number.
    func play() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "sockeye-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        for file in files {
            let url = directory.appending(path: file.name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try file.text.write(to: url, atomically: false, encoding: .utf8)
        }
        var player = Player(directory: directory)
        for (index, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            for fault in try player.play(Self.words(line)) {
                Issue.record("\(name):\(index + 1): \(line)\n\(fault)")
            }
        }
        for fault in player.finish() { Issue.record("\(name): the last exec\n\(fault)") }
    }

    /// Words of a line; single quotes keep blanks.
    static func words(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in line {
            if character == "'" {
                isQuoted.toggle()
                word = word ?? ""
            } else if character == " ", !isQuoted {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return words
    }
}
