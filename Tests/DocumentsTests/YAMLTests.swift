import Documents
import Testing

@Suite("YAML, as libyaml reads it, with places")
struct YAMLTests {
    /// A value found down a path of names, `[n]` for elements, and where it stands.
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let path: [String]
        let value: String?
        let line: Int
        var testDescription: String { path.joined(separator: ".") }
    }

    static let cases: [Case] = [
        Case(text: "a: 1\nb:\n  c: two\n", path: ["b", "c"], value: "two", line: 3),
        Case(text: "a: [x, \"y z\"]\n", path: ["a", "[1]"], value: "y z", line: 1),
        Case(text: "- k: v\n- k: w\n", path: ["[1]", "k"], value: "w", line: 2),
        Case(
            text: "base: &b {x: 1, y: 2}\nsub:\n  <<: *b\n  y: 3\n", path: ["sub", "x"], value: "1", line: 1),
        Case(
            text: "base: &b {x: 1, y: 2}\nsub:\n  <<: *b\n  y: 3\n", path: ["sub", "y"], value: "3", line: 4),
        Case(text: "a: &x one\nb: *x\n", path: ["b"], value: "one", line: 2),
        Case(text: "run: |\n  first\n  second\n", path: ["run"], value: "first\nsecond\n", line: 1),
        Case(text: "{\"a\": {\"b\": [1, 2]}}", path: ["a", "b", "[0]"], value: "1", line: 1),
        Case(text: "{\n\t\"a\": \"é\"\n}", path: ["a"], value: "é", line: 2),
        Case(text: "a: 1\n", path: ["b"], value: nil, line: 0),
        Case(text: "a: *nobody\n", path: ["a"], value: "", line: 1),
    ]

    @Test(arguments: cases)
    func values(_ test: Case) throws {
        let stream = DocumentNode.yaml(Array(test.text.utf8))
        #expect(stream.fault == nil)
        var node = try #require(stream.documents.first)
        for step in test.path {
            let next: DocumentNode?
            if step.hasPrefix("["), let index = Int(step.dropFirst().dropLast()) {
                next = index < node.elements.count ? node.elements[index] : nil
            } else {
                next = node[step]
            }
            guard let next else {
                #expect(test.value == nil)
                return
            }
            node = next
        }
        #expect(node.text == test.value)
        #expect(node.place.line == test.line)
    }

    @Test("documents before the fault are kept")
    func keepsWhatWasRead() {
        let stream = DocumentNode.yaml(Array("a: 1\n---\nb: 2\n---\nc: [1\nd: {{ x }}\n".utf8))
        #expect(stream.documents.count >= 2)
        #expect(stream.documents.first?["a"]?.text == "1")
        #expect(stream.fault != nil)
    }

    @Test("an alias bomb is cut, not followed")
    func aliasBomb() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...12 {
            let names = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(names)]\n"
        }
        let stream = DocumentNode.yaml(Array(text.utf8))
        #expect(stream.fault?.message == "an alias stands for too many nodes")
        #expect(count(stream.documents[0]) < 4 * DocumentNode.mostNodes)
    }

    private func count(_ node: DocumentNode) -> Int {
        node.elements.reduce(1) { $0 + count($1) } + node.members.reduce(0) { $0 + count($1.value) }
    }

    static let hostile: [String: [UInt8]] = [
        "open brackets": Array(repeating: UInt8(ascii: "["), count: 100_000),
        "an anchor around its alias": Array(String(repeating: "a: &x {b: *x}\n", count: 1000).utf8),
        "sequences in sequences": Array(String(repeating: "- ", count: 5000).utf8),
        "a mark of UTF-16 alone": [0xFF, 0xFE, 0x00],
        "no UTF-8": [0x80, 0x80],
        "a NUL": Array("a: \u{0}b".utf8),
        "nothing": [],
        "a version to come": Array("%YAML 9.9\n---\na".utf8),
        "an alias in its anchor": Array("&a [*a]".utf8),
        "a key that is a mapping": Array("? {a: b}\n: c\n".utf8),
        "a merge of nothing": Array("<<: *x".utf8),
    ]

    @Test("hostile bytes give a fault or a tree, never a trap", arguments: hostile.keys.sorted())
    func hostileBytes(_ name: String) {
        let stream = DocumentNode.yaml(Self.hostile[name] ?? [])
        #expect(stream.documents.count <= 1)
    }
}
