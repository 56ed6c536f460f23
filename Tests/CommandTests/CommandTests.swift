import Bytes
import Foundation
import Testing

@testable import sockeye

@Suite("Command line")
struct CommandTests {
    @Test("goes as written", arguments: Transcript.all)
    func transcript(_ transcript: Transcript) throws {
        try transcript.play()
    }

    @Test("there are transcripts")
    func transcriptsAreFound() {
        #expect(Transcript.all.count >= 8)
    }

    /// Every command with the words that lead to it.
    static let commands: [(path: String, command: Command)] = {
        func all(_ command: Command, _ path: String) -> [(path: String, command: Command)] {
            [(path, command)] + command.subcommands.flatMap { all($0, path + " " + $0.name) }
        }
        return all(CommandTable.root, "sockeye")
    }()

    @Test(
        "every command explains itself, with an example that it understands", arguments: commands.map(\.path))
    func help(_ path: String) throws {
        let command = try #require(Self.commands.first { $0.path == path }?.command)
        let text = Help.text(of: command, path: path)
        #expect(text.contains("Usage: \(path)"))
        #expect(!command.description.isEmpty && !command.examples.isEmpty)
        for line in text.split(separator: "\n") where !line.hasPrefix("  $ ") {
            #expect(line.count <= 80, "\(line)")
        }
        for example in command.examples {
            // What the shell does before and behind the program is not ours.
            for part in example.line.split(separator: "|") {
                let words = part.prefix { $0 != ">" && $0 != "&" }.split(separator: " ").map(String.init)
                guard words.first == "sockeye", !part.contains("'"), !part.contains("$(") else { continue }
                #expect(throws: Never.self, "\(part)") {
                    _ = try Invocation.parse(Array(words.dropFirst()), environment: [:])
                }
            }
        }
    }

    @Test("a summary is half a line: lower case, no full stop", arguments: commands.map(\.path))
    func summaries(_ path: String) throws {
        let command = try #require(Self.commands.first { $0.path == path }?.command)
        for text in [command.summary] + command.allFlags.map(\.summary) + command.arguments.map(\.summary) {
            #expect(!text.hasSuffix(".") && !text.isEmpty, "\(text)")
        }
        let names = command.allFlags.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.hasPrefix("--") && $0 == $0.lowercased() })
    }

    @Test("every command and flag is in the completions of every shell", arguments: commands.map(\.path))
    func completions(_ path: String) throws {
        let command = try #require(Self.commands.first { $0.path == path }?.command)
        for flag in command.allFlags {
            #expect(Completions.bash.contains(flag.name))
            #expect(Completions.zsh.contains(flag.name))
            #expect(Completions.fish.contains("-l \(flag.name.dropFirst(2))"))
        }
        for shell in [Completions.bash, Completions.zsh, Completions.fish] {
            #expect(shell.contains(command.name))
        }
    }

    @Test("words on the command line never stop the process")
    func hostileWords() {
        let words = [
            "", "-", "--", "--=", "-h", "--help", "--json", "--json=1", "serve", "--listen", "token", "mint",
            "é", "\u{0}", "config",
        ]
        let seed = UInt64.random(in: 0 ... .max)
        // A line that stops the process leaves no other trace.
        print("hostile words: seed \(seed)")
        var random = SplitMix64(seed: seed)
        for _ in 0..<5000 {
            let count = Int.random(in: 0..<16, using: &random)
            let line = (0..<count).compactMap { _ in words.randomElement(using: &random) }
            _ = try? Invocation.parse(line, environment: [:])
        }
    }
}
