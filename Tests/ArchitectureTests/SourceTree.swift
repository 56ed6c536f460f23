import Foundation
import Testing

/// One Swift file below `Sources/`, as text.
struct SourceFile: CustomTestStringConvertible, Sendable {
    /// The folder of `Sources/` it lies in.
    let room: String
    /// Its path relative to that folder.
    let path: String
    let lines: [String]

    var testDescription: String { "\(room)/\(path)" }

    /// The modules its `import` lines name, with the line number of each.
    ///
    /// Attributes and access levels before `import` and a kind or a member after it do not matter:
    /// `@preconcurrency internal import struct Foo.Bar` imports `Foo`.
    var imports: [(module: String, line: Int)] {
        lines.enumerated().compactMap { number, line in
            var words = line.split(separator: " ")[...]
            while let word = words.first, word.hasPrefix("@") || Self.levels.contains(word) {
                words.removeFirst()
            }
            guard words.popFirst() == "import" else { return nil }
            if let kind = words.first, Self.kinds.contains(kind) { words.removeFirst() }
            guard let module = words.first?.split(whereSeparator: { ".;/".contains($0) }).first
            else { return nil }
            return (String(module), number + 1)
        }
    }

    private static let levels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<Substring> = [
        "class", "enum", "func", "let", "protocol", "struct", "typealias", "var",
    ]
}

/// The files of the repository that the tests look at.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below `Sources/`, in the order of their paths.
    static let files: [SourceFile] = read(below: "Sources")

    /// Every Swift file below the tests and the fuzz targets: the folder takes the place of the room.
    static let testFiles: [SourceFile] = read(below: "Tests") + read(below: "Fuzz")

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private static func read(below folder: String) -> [SourceFile] {
        let base = root.appendingPathComponent(folder)
        let found = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String } ?? []
        return found.filter { $0.hasSuffix(".swift") }.sorted().compactMap { path in
            let url = base.appendingPathComponent(path)
            guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
            var parts = path.split(separator: "/").map(String.init)
            let room = parts.count > 1 ? parts.removeFirst() : folder
            let lines = text.components(separatedBy: "\n")
            return SourceFile(room: room, path: parts.joined(separator: "/"), lines: lines)
        }
    }
}
