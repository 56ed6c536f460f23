import Testing

/// Rules about the text of the sources that no compiler flag enforces.
@Suite("House rules")
struct HouseRulesTests {
    /// A file above this holds more than one idea; 300 is what to aim at.
    static let longestFile = 500

    @Test("no file of the sources imports Foundation", arguments: SourceTree.files)
    func noFoundation(_ file: SourceFile) {
        let found = file.imports.filter { $0.module.hasPrefix("Foundation") }
        #expect(found.isEmpty, "it costs 6 to 58 MB in the static binary, and its JSON 2 us per message")
    }

    @Test("no file is longer than 500 lines", arguments: SourceTree.files + SourceTree.testFiles)
    func fileLength(_ file: SourceFile) {
        #expect(file.lines.count <= Self.longestFile + 1)
    }

    @Test("nothing is left for later", arguments: SourceTree.files + SourceTree.testFiles)
    func noLeftovers(_ file: SourceFile) {
        // Spelled so that this file does not find itself.
        let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK"]
        for (number, line) in file.lines.enumerated() {
            let marks = words.filter(line.contains)
            #expect(marks.isEmpty, "\(file.testDescription):\(number + 1): \(line)")
        }
    }

    /// What comes from the network, a file or a flag must never stop the process.
    @Test("the sources have no forced try and no deliberate crash", arguments: SourceTree.files)
    func noTraps(_ file: SourceFile) {
        for (number, line) in file.lines.enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("//") { continue }
            let traps = ["try!", "as!", "fatalError(", "unimplemented"].filter(line.contains)
            #expect(traps.isEmpty, "\(file.testDescription):\(number + 1): \(line)")
        }
    }

    /// What needs no import to reach the world: the standard library's clocks, randomness, output and tasks.
    @Test(
        "sans-IO rooms take time and randomness as arguments",
        arguments: SourceTree.files.filter { House.sansIO.contains($0.room) })
    func sansIOFilesAskForNothing(_ file: SourceFile) {
        let worldly = [
            "print(", "readLine(", "ContinuousClock", "SuspendingClock", "SystemRandomNumberGenerator",
            "Task {", "Task.",
            " async ", "await ", ".shuffled()", ".randomElement()",
        ]
        for (number, line) in file.lines.enumerated() {
            if line.drop(while: { $0 == " " }).hasPrefix("//") { continue }
            let found = worldly.filter(line.contains)
            let isDrawing = line.contains(".random(in:") && !line.contains("using:")
            #expect(found.isEmpty && !isDrawing, "\(file.testDescription):\(number + 1): \(line)")
        }
    }

    @Test("an unchecked conformance to Sendable says why it holds", arguments: SourceTree.files)
    func uncheckedSendableIsProved(_ file: SourceFile) {
        for (number, line) in file.lines.enumerated() where line.contains("@unchecked Sendable") {
            let above = file.lines[max(0, number - 12)..<number]
            let proved = above.contains { $0.contains("//") } || line.contains("//")
            #expect(proved, "\(file.testDescription):\(number + 1) has no comment that proves it")
        }
    }

    @Test("the parser of import lines knows every form")
    func importForms() {
        let file = SourceFile(
            room: "X", path: "x.swift",
            lines: [
                "import A", "public import B", "@preconcurrency import C", "internal import struct D.E",
                "  import F.G // why", "// import H", "important()", "@testable @_spi(X) package import I",
            ])
        #expect(file.imports.map(\.module) == ["A", "B", "C", "D", "F", "I"])
        #expect(file.imports.map(\.line) == [1, 2, 3, 4, 5, 8])
    }
}
