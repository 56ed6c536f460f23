import Bytes
import Testing

@testable import NginxSyntax

/// What holds for every input, whatever its bytes.
@Suite struct TreeLawTests {
    /// Pieces of configurations that mean something to the reader, put together at random.
    static let pieces: [String] = [
        "server", "location", "/", " ", "  ", "\n", "\r\n", "\t", ";", "{", "}", "#", "\"", "'", "\\", "$",
        "${", "a", "proxy_pass",
        "http://a/b", "include", "*.conf", "x_by_lua_block", "--", "[[", "]]", "[=[", "]=]", ")", "(", "~",
        "\u{FEFF}", "é",
        "map", "if", "# c\n", "\\\"", "\0", "http", "events",
    ]

    static func text(_ random: inout SplitMix64) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            if Int.random(in: 0..<20, using: &random) == 0 {
                bytes.append(UInt8.random(in: 0...255, using: &random))
            } else {
                bytes += pieces.randomElement(using: &random).map { Array($0.utf8) } ?? []
            }
        }
        return bytes
    }

    @Test func everyByteIsKept() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(seed: seed)
        for round in 0..<3000 {
            let bytes = Self.text(&random)
            let read = NginxConfiguration.load(
                main: "/c/nginx.conf",
                source: NginxMemorySource(["/c/nginx.conf": bytes, "/c/a.conf": Array("a b;".utf8)]))
            let failure = Self.failure(of: read, bytes)
            #expect(failure == nil, "seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))")
            if failure != nil { return }
        }
    }

    @Test func aPrefixOfAConfigurationIsReadToItsEnd() {
        let whole = Array(RefusalTests.cases.map(\.text).joined(separator: "\n").utf8)
        for end in stride(from: 0, to: whole.count, by: 3) {
            let bytes = Array(whole[..<end])
            let read = NginxConfiguration.load(main: "c", source: NginxMemorySource(["c": bytes]))
            #expect(Self.failure(of: read, bytes) == nil)
        }
    }

    /// What does not hold, in words; nil if all does.
    static func failure(of read: NginxConfiguration, _ bytes: [UInt8]) -> String? {
        guard let file = read.files.first else { return "there is no main file" }
        var at = 0
        var printed: [UInt8] = []
        for piece in file.pieces {
            if piece.range.lowerBound != at { return "a gap or an overlap at \(at)" }
            if piece.range.isEmpty { return "an empty piece at \(at)" }
            at = piece.range.upperBound
            printed += file.bytes(in: piece.range)
        }
        if printed != bytes { return "the pieces print something else" }
        for directive in read.all {
            let source = directive.source
            if directive.range.upperBound > source.bytes.count {
                return "\(directive.name) goes beyond the file"
            }
            for word in directive.arguments {
                let place = source.lineAndColumn(at: word.range.lowerBound)
                if place != (word.line, word.column) {
                    return "\(word.text) is said to be at \(word.line):\(word.column)"
                }
                if String(decoding: source.value(of: word), as: UTF8.self) != word.text {
                    return "value of \(word.text)"
                }
            }
            if let parent = directive.parent, !parent.descendants.contains(where: { $0 == directive }) {
                return "\(directive.name) is not inside its parent"
            }
        }
        for problem in read.problems {
            let place = read.files[problem.place.file].lineAndColumn(at: problem.place.range.lowerBound)
            if place != (problem.place.line, problem.place.column) {
                return
                    "\(problem.kind) is said to be at \(problem.place.line):\(problem.place.column), not \(place)"
            }
        }
        return nil
    }
}
