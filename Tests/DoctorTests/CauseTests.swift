import Foundation
import Testing

@testable import Doctor

@Suite("Doctor: causes")
struct CauseTests {
    static let pages = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "docs/causes")

    @Test("each has a text in both languages", arguments: CauseCode.allCases)
    func texts(_ code: CauseCode) {
        #expect(CauseText.all[code] != nil)
        for phrase in [code.title, code.summary] {
            #expect(!phrase.en.isEmpty && !phrase.zh.isEmpty)
            #expect(
                phrase.zh.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(phrase.zh)")
            #expect(!phrase.en.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
        }
        #expect(!code.title.en.hasSuffix(".") && !code.title.zh.hasSuffix("。"))
        #expect(code.title.en.count <= 60)
    }

    @Test("each has a page: symptom, why, by hand, fix", arguments: CauseCode.allCases)
    func page(_ code: CauseCode) throws {
        let text = try String(contentsOf: Self.pages.appending(path: "\(code.rawValue).md"), encoding: .utf8)
        #expect(text.hasPrefix("# `\(code.rawValue)`\n"))
        for heading in ["## Symptom", "## Why", "## See it by hand", "## Fix"] {
            #expect(text.contains("\n\(heading)\n"), "\(heading)")
        }
        let first = text.split(separator: "\n\n")[1].replacing("\n", with: " ").replacing("`", with: "")
        #expect(first == code.summary.en, "the page begins with the summary")
    }

    @Test("no page is without its cause, and the index names all")
    func index() throws {
        let known = Set(CauseCode.allCases.map(\.rawValue))
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.pages.path())
        for name in names where name != "README.md" {
            #expect(name.hasSuffix(".md") && known.contains(String(name.dropLast(3))), "\(name)")
        }
        let text = try String(contentsOf: Self.pages.appending(path: "README.md"), encoding: .utf8)
        for code in known { #expect(text.contains("[\(code)](\(code).md)"), "\(code)") }
    }
}
