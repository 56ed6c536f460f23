import JSON
import Testing

@testable import Doctor

@Suite("Doctor: reports")
struct ReportTests {
    static func terminal(_ diagnosis: Diagnosis, _ language: Language = .english, columns: Int = 100)
        -> String
    {
        TerminalReport(diagnosis, language: language, columns: columns, style: Style(usesColor: false)).text
    }

    @Test("terminal: picture, finding, evidence, fix, consequence, what is right, what was not used")
    func terminal() {
        let text = Self.terminal(Samples.full)
        #expect(text.hasPrefix("ws://app.example/ws\nbroken\n\n  browser ──✗─▶ nginx"))
        #expect(text.contains("1. error upgrade-headers-missing (sure)"))
        #expect(text.contains("nginx.conf:12:9"))
        #expect(text.contains("\n   Fix\n   repair it\n"))
        #expect(text.contains("   +b\n"))
        #expect(text.contains("└ origin-rejected goes away with upgrade-headers-missing"))
        #expect(text.contains("✓ probe  the name resolves"))
        #expect(text.contains("· nginx 1.22 is assumed"))
        #expect(text.contains("photo.png"))
        #expect(!text.contains("\u{1B}"))
        #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
    }

    @Test("every finding is shown, the folded ones too", arguments: Language.allCases)
    func nothingIsLost(_ language: Language) {
        let orphan = Samples.finding(.closedAfterOpen, consequenceOf: .originRejected)
        let diagnosis = Samples.diagnosis(Samples.full.findings + [orphan])
        for text in [Self.terminal(diagnosis, language), MarkdownReport(diagnosis, language: language).text] {
            for finding in diagnosis.findings { #expect(text.contains(finding.code.rawValue)) }
        }
    }

    @Test("colours come in pairs, and only when asked for")
    func colours() {
        let text = TerminalReport(
            Samples.full, language: .english, columns: 80, style: Style(usesColor: true)
        ).text
        let begun = text.components("\u{1B}[").filter { !$0.hasPrefix("0m") }.count - 1
        let ended = text.components("\u{1B}[0m").count - 1
        #expect(begun > 5 && begun == ended)
    }

    @Test("lines keep within the width, in both languages", arguments: [60, 80, 100])
    func width(_ columns: Int) {
        for language in Language.allCases {
            for line in Self.terminal(Samples.full, language, columns: columns).split(separator: "\n") {
                #expect(TextLayout.width(line) <= columns, "\(line)")
            }
        }
    }

    @Test(
        "masking reaches every text and no member, code or place",
        arguments: ["null", "line", "error", "sure"])
    func masking(_ word: String) throws {
        let diagnosis = Samples.full.masked { $0.replacing(word, with: "***") }
        let text = JSONReport(diagnosis, language: .english).text
        let read = try JSONValue.parse(text)
        #expect(read == JSONReport(diagnosis, language: .english).value)
        #expect(diagnosis.findings.map(\.code) == Samples.full.findings.map(\.code))
        #expect(diagnosis.findings.map(\.place?.line) == Samples.full.findings.map(\.place?.line))
        #expect(
            diagnosis.masked { _ in "*" }.findings.allSatisfy {
                $0.title.en == "*" && $0.fix.summary.zh == "*"
            })
    }

    @Test("what files and peers wrote cannot steer the terminal or the ticket")
    func hostile() {
        let evil = Phrase("a\u{1B}[31mred\u{7}\r\u{202E}x <script>")
        let finding = Finding(
            .originRejected, confidence: 0.9, title: evil, explanation: evil,
            evidence: [Evidence(.log, evil)],
            place: FilePlace(file: "e\u{1B}vil", line: 1), fix: Fix(evil, patch: "+\u{1B}[2J```\n"))
        let diagnosis = Samples.diagnosis([finding], url: "ws://a/\u{1B}]0;x\u{7}")
        let terminal = Self.terminal(diagnosis)
        let markdown = MarkdownReport(diagnosis, language: .english).text
        for text in [terminal, markdown] {
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7F) })
            #expect(!text.contains("\u{202E}"))
        }
        #expect(!markdown.contains(" <script>"))
        // The fence is longer than any run of backticks in it.
        #expect(markdown.contains("````diff"))
    }

    @Test("JSON has every member of the schema, in order")
    func json() throws {
        let text = JSONReport(Samples.full, language: .english).text
        let value = try JSONValue.parse(text)
        #expect(
            value.objectValue?.members.map(\.key) == [
                "url", "verdict", "hops", "findings", "verified", "notes", "files", "unrecognised_files",
                "language",
            ])
        let finding = value["findings"]?.arrayValue?.first
        #expect(finding?["code"]?.stringValue == "upgrade-headers-missing")
        #expect(finding?["confidence"]?.numberValue?.double == 0.95)
        #expect(finding?["location"]?["line"]?.integerValue == 12)
        #expect(finding?["fix"]?["patch"]?.stringValue?.hasSuffix("+b\n") == true)
        #expect(value["findings"]?.arrayValue?[1]["consequence_of"]?.stringValue == "upgrade-headers-missing")
        #expect(value["hops"]?.arrayValue?[1]["state"]?.stringValue == "broken")
        #expect(!text.contains("\n"))
    }

    @Test("Chinese has Chinese words, and none of the English ones of the frame")
    func chinese() {
        let text = Self.terminal(Samples.full, .chinese)
        #expect(text.contains("故障") && text.contains("依据") && text.contains("修复") && text.contains("浏览器"))
        for word in ["broken", "Why", "Fix", "browser", "likely", "Checked"] {
            #expect(!text.contains(word), "\(word)")
        }
    }

    @Test("the report's own words are there in both languages")
    func words() {
        let all =
            Array(Words.verdicts.values) + Array(Words.severities.values) + Array(Words.sources.values)
            + Array(Words.hops.values)
        #expect(Words.verdicts.count == 4 && Words.severities.count == Severity.allCases.count)
        #expect(Words.hops.count == Hop.Kind.allCases.count)
        for phrase in all { #expect(!phrase.en.isEmpty && !phrase.zh.isEmpty) }
    }

    @Test("a long path goes on in the next row")
    func longPath() {
        let hops = (0..<8).map { Hop("station-number-\($0)", .proxy, address: "10.0.0.\($0):8080") }
        let lines = PathDrawing.lines(hops, .english, columns: 60, style: Style(usesColor: false))
        #expect(lines.count > 2)
        for line in lines { #expect(TextLayout.width(line) <= 60, "\(line)") }
        for hop in hops { #expect(lines.contains { $0.contains(hop.name) }) }
    }
}

@Suite("Doctor: text layout")
struct TextLayoutTests {
    @Test("wide characters take two columns")
    func width() {
        #expect(TextLayout.width("abc") == 3)
        #expect(TextLayout.width("握手 ok") == 7)
        #expect(TextLayout.width("e\u{301}") == 1)
    }

    @Test("wraps at blanks and beside wide characters, indents, keeps long words whole")
    func wrap() {
        #expect(
            TextLayout.wrapped("aaaa bbbb cccc dddd eeee ffff", columns: 24, indent: 0)
                == "aaaa bbbb cccc dddd eeee\nffff")
        let chinese = TextLayout.wrapped(String(repeating: "握", count: 30), columns: 24, indent: 2)
        #expect(chinese.split(separator: "\n").allSatisfy { TextLayout.width($0) <= 24 })
        let word = String(repeating: "x", count: 50)
        #expect(TextLayout.wrapped("a \(word) b", columns: 30, indent: 0).contains(word))
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
