import Testing

@testable import NginxSyntax

/// Changes leave the rest as it is, and look as if the file's author had made them.
@Suite struct EditTests {
    static let text = """
        events {}
        http {
          server {  # main
            listen 80;
            location /ws {
              proxy_pass http://b; # backend
            }
            location /empty { }
            location /one { root /a; index b; }
          }
        }

        """

    private func read() -> NginxConfiguration { NginxConfiguration.parse(Self.text) }

    private func location(_ read: NginxConfiguration, _ path: String) throws -> NginxDirective {
        try #require(read.all.first { $0.name == "location" && $0.value(0) == path })
    }

    @Test func insertAtTheEndOfABlock() throws {
        let read = read()
        var patch = NginxPatch(read)
        let made1 = patch.insert(
            ["proxy_http_version 1.1;", "proxy_set_header A b;"], .endOf(try location(read, "/ws")))
        #expect(made1)
        #expect(
            String(decoding: patch.bytes(of: 0), as: UTF8.self)
                == Self.text.replacing(
                    "# backend\n",
                    with: "# backend\n      proxy_http_version 1.1;\n      proxy_set_header A b;\n"))
        #expect(
            patch.unifiedDiff() == """
                --- nginx.conf
                +++ nginx.conf
                @@ -4,6 +4,8 @@
                     listen 80;
                     location /ws {
                       proxy_pass http://b; # backend
                +      proxy_http_version 1.1;
                +      proxy_set_header A b;
                     }
                     location /empty { }
                     location /one { root /a; index b; }

                """)
    }

    @Test func insertIntoAnEmptyBlock() throws {
        let read = read()
        var patch = NginxPatch(read)
        let made2 = patch.insert(["root /x;"], .startOf(try location(read, "/empty")))
        #expect(made2)
        #expect(
            String(decoding: patch.bytes(of: 0), as: UTF8.self)
                == Self.text.replacing("/empty { }", with: "/empty {\n      root /x;\n    }"))
    }

    @Test func insertIntoALine() throws {
        let read = read()
        var patch = NginxPatch(read)
        let made3 = patch.insert(["etag on;"], .endOf(try location(read, "/one")))
        #expect(made3)
        #expect(
            String(decoding: patch.bytes(of: 0), as: UTF8.self)
                == Self.text.replacing("index b;", with: "index b; etag on;"))
    }

    @Test func insertABlockBefore() throws {
        let read = read()
        var patch = NginxPatch(read)
        let lines = ["map $http_upgrade $c {", "    default upgrade;", "    '' close;", "}", ""]
        let made4 = patch.insert(lines, .startOf(read.root[1]))
        #expect(made4)
        #expect(
            String(decoding: patch.bytes(of: 0), as: UTF8.self)
                == Self.text.replacing(
                    "  server {",
                    with: "  map $http_upgrade $c {\n    default upgrade;\n    '' close;\n  }\n\n  server {"))
    }

    @Test func replaceAndRemove() throws {
        let read = read()
        var patch = NginxPatch(read)
        let ws = try location(read, "/ws")
        let pass = ws.block[0]
        let made5 = patch.replace(try #require(pass.arguments.first), of: pass, with: "http://c:1")
        #expect(made5)
        let made6 = patch.remove(try #require(read.all.first { $0.name == "listen" }))
        #expect(made6)
        let made7 = patch.remove(try #require(read.all.first { $0.name == "index" }))
        #expect(made7)
        #expect(
            String(decoding: patch.bytes(of: 0), as: UTF8.self)
                == Self.text.replacing("http://b", with: "http://c:1").replacing("    listen 80;\n", with: "")
                .replacing(" index b;", with: ""))
        let second = patch.remove(ws)
        #expect(!second, "it holds another change")
    }

    @Test func lineEndsAndTabsOfTheFile() {
        let read = NginxConfiguration.parse("events {}\r\nhttp {\r\n\tgzip on;\r\n\tserver {\r\n\t}\r\n}")
        var patch = NginxPatch(read)
        let made8 = patch.insert(["location / {", "    root /a;", "}"], .endOf(read.root[1].block[1]))
        #expect(made8)
        #expect(
            String(decoding: patch.bytes(of: 0), as: UTF8.self)
                == "events {}\r\nhttp {\r\n\tgzip on;\r\n\tserver {\r\n\t\tlocation / {\r\n\t\t\troot /a;\r\n\t\t}\r\n\t}\r\n}"
        )
    }

    @Test func everyDirectiveCanBeChangedAndTheDiffMakesTheResult() throws {
        for example in RefusalTests.cases {
            let read = NginxConfiguration.parse(example.text)
            for directive in read.all {
                for action in 0..<5 {
                    var patch = NginxPatch(read)
                    switch action {
                    case 0: patch.remove(directive)
                    case 1: patch.insert(["x y;"], .before(directive))
                    case 2: patch.insert(["x y;", "z;"], .after(directive))
                    case 3: patch.insert(["x y;"], .endOf(directive))
                    default: patch.replace(directive, with: ["x {", "    y;", "}"])
                    }
                    let old = Self.lines(example.text)
                    // Whether the last line has an end is told by a line of its own, which is left out here.
                    let new = Self.lines(String(decoding: patch.bytes(of: 0), as: UTF8.self)).filter {
                        $0 != ""
                    }
                    let diff = patch.unifiedDiff()
                    let made = Self.applied(diff, to: old)?.filter { $0 != "" }
                    #expect(made == new, "\(action) \(directive.name)\n\(diff)")
                }
            }
        }
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The lines a unified diff makes of others; lines without an end come as they are.
    static func applied(_ diff: String, to old: [String]) -> [String]? {
        var result: [String] = []
        var at = 0
        for line in lines(diff).dropFirst(2).dropLast() {
            if line.hasPrefix("@@") {
                guard
                    let numbers = line.split(separator: " ").dropFirst().first?.dropFirst().split(
                        separator: ","),
                    let start = numbers.first.flatMap({ Int($0) })
                else { return nil }
                let first = numbers.count > 1 && numbers[1] == "0" ? start : start - 1
                guard first >= at, first <= old.count else { return nil }
                result += old[at..<first]
                at = first
            } else if line.hasPrefix("+") {
                result.append(String(line.dropFirst()))
            } else if line.hasPrefix("\\") {
                continue
            } else {
                guard at < old.count, old[at] == line.dropFirst() else { return nil }
                if line.hasPrefix(" ") { result.append(old[at]) }
                at += 1
            }
        }
        return result + old[at...]
    }
}
