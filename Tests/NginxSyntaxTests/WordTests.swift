import Testing

@testable import NginxSyntax

/// Words as `ngx_conf_read_token` of nginx 1.22 reads them.
@Suite struct WordTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let words: [[String]]
        var testDescription: String { text }

        init(_ text: String, _ words: [String]...) {
            self.text = text
            self.words = words
        }
    }

    static let cases: [Case] = [
        Case("a;", ["a"]),
        Case("a b  c\td\r\ne;", ["a", "b", "c", "d", "e"]),
        Case("a 'b c' \"d e\";", ["a", "b c", "d e"]),
        Case("a '';", ["a", ""]),
        Case("a b'c d';", ["a", "b'c", "d'"]),
        Case("a b\"c;", ["a", "b\"c"]),
        Case("a 'it\\'s';", ["a", "it's"]),
        Case("a 'x\"y' \"x'y\";", ["a", "x\"y", "x'y"]),
        Case("a \\;;", ["a", "\\;"]),
        Case("a b\\ c;", ["a", "b\\ c"]),
        Case("a \\$x \\. \\d+ \\\\;", ["a", "\\$x", "\\.", "\\d+", "\\"]),
        Case("a '\\t\\r\\n';", ["a", "\t\r\n"]),
        Case("a ${x}y;", ["a", "${x}y"]),
        Case("a x${y}z ${a}${b};", ["a", "x${y}z", "${a}${b}"]),
        Case("a b#c # d\n;", ["a", "b#c"]),
        Case("# a;\nb;", ["b"]),
        Case("a b}c;", ["a", "b}c"]),
        Case("a '{;}';", ["a", "{;}"]),
        Case("if ($a = \"b\") { c; }", ["if", "($a", "=", "b", ")"], ["c"]),
        Case("a \"b\"{ c; }", ["a", "b"], ["c"]),
        Case("a{b c;}", ["a"], ["b", "c"]),
        Case("a \"${x}\";", ["a", "${x}"]),
        Case("a \"$\";", ["a", "$"]),
        Case("a $ b;", ["a", "$", "b"]),
        Case("a \"multi\nline\";", ["a", "multi\nline"]),
        Case("location ~ ^/x{2,3}$ { b; }", ["location", "~", "^/x"], ["2,3}$"], ["b"]),
        Case("location ~ \"^/x{2,3}$\" { b; }", ["location", "~", "^/x{2,3}$"], ["b"]),
        Case("a é 中;", ["a", "é", "中"]),
    ]

    @Test(arguments: cases) func words(_ example: Case) {
        let read = NginxConfiguration.parse(example.text)
        let found = read.all.map { [$0.name] + $0.values }
        #expect(found == example.words)
    }

    @Test func places() {
        let read = NginxConfiguration.parse("a;\n  b c\n 'd'{\n\te;\n}\n")
        let places = read.all.map { "\($0.line):\($0.place.column)" }
        #expect(places == ["1:1", "2:3", "4:2"])
        let words = read.root[1].arguments
        #expect(words.map { "\($0.line):\($0.column)" } == ["2:5", "3:2"])
        #expect(read.root[1].range == 5..<20)
        #expect(read.root[1].headRange == 5..<14)
        #expect(read.root[1].bodyRange == 14..<19)
        #expect(read.root[1].block.first?.parent == read.root[1])
    }
}
