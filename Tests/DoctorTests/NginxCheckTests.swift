import NginxSyntax
import Testing

@testable import Doctor

/// The checks over what an nginx configuration says of itself: what they find, what they leave alone, and
/// that their patches cure.
@Suite struct NginxCheckTests {
    @Test(arguments: NginxCheckCase.all) func findings(_ example: NginxCheckCase) throws {
        let found = try Self.findings(example)
        let alarms = Set(
            found.filter { $0.severity != .info }.map { "\($0.code.rawValue) \($0.severity.rawValue)" })
        #expect(alarms == example.expected)
        for finding in found {
            #expect(finding.confidence > 0 && finding.confidence < 1)
            #expect(!finding.evidence.isEmpty)
            #expect(
                !finding.title.zh.isEmpty && !finding.explanation.zh.isEmpty
                    && !finding.fix.summary.zh.isEmpty)
        }
    }

    @Test(arguments: NginxCheckCase.all) func patchesCure(_ example: NginxCheckCase) throws {
        let found = try Self.findings(example)
        for finding in found {
            guard let patch = finding.fix.patch else { continue }
            var mended = example
            mended.files = try #require(Self.applied(patch, to: example.files), "\(patch)")
            let left = try Self.findings(mended)
            #expect(
                !left.contains { $0.code == finding.code && $0.severity <= finding.severity },
                "\(finding.code.rawValue) is still there after\n\(patch)")
            let faults = { (all: [Finding]) in all.count { $0.code == .proxyConfigInvalid } }
            #expect(faults(left) <= faults(found), "the patch breaks the configuration\n\(patch)")
        }
    }

    private static func findings(_ example: NginxCheckCase) throws -> [Finding] {
        let files = example.files.sorted { $0.key < $1.key }.map {
            SourceFile(name: $0.key, path: "/files/" + $0.key, bytes: Array($0.value.utf8))
        }
        var subject = try Subject(example.url)
        subject.nginxVersion = example.version
        subject.token = example.token
        subject.isOffline = true
        let evidence = FileEvidence.gather(files, subject: &subject)
        let nginx = try #require(NginxEvidence.gather(files, main: nil, prefix: nil, subject: subject))
        let examination = Examination(subject: subject, nginx: nginx, files: evidence, now: 1_800_000_000)
        return NginxConfigurationChecks.all.flatMap { $0.findings(examination) }
    }

    /// What `patch -p0` makes of the files; nil if a line is not where the patch says.
    static func applied(_ patch: String, to files: [String: String]) -> [String: String]? {
        var files = files
        var name = ""
        var old: [Substring] = []
        var new: [Substring] = []
        var at = 0
        func close() {
            if !name.isEmpty { files[name] = (new + old[at...]).joined(separator: "\n") }
        }
        for line in patch.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("--- ") {
                close()
                name = ""
            } else if line.hasPrefix("+++ ") {
                name = String(line.dropFirst(4))
                old = files[name]?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
                new = []
                at = 0
            } else if line.hasPrefix("@@ -") {
                let numbers = line.dropFirst(4).prefix { $0 != " " }.split(separator: ",")
                guard let start = numbers.first.flatMap({ Int($0) }) else { return nil }
                let first = numbers.count > 1 && numbers[1] == "0" ? start : start - 1
                guard first >= at, first <= old.count else { return nil }
                new += old[at..<first]
                at = first
            } else if line.hasPrefix("+") {
                new.append(line.dropFirst())
            } else if line.hasPrefix("-") || line.hasPrefix(" ") {
                guard at < old.count, old[at] == line.dropFirst() else { return nil }
                if line.hasPrefix(" ") { new.append(old[at]) }
                at += 1
            }
        }
        close()
        return files
    }
}

/// A configuration put together from what the user handed over.
@Suite struct NginxFilesTests {
    private func read(_ files: [String: String], host: String? = nil) -> NginxFiles? {
        NginxFiles.read(
            files.sorted { $0.key < $1.key }.map {
                SourceFile(name: $0.key, path: "/files/" + $0.key, bytes: Array($0.value.utf8))
            }, main: nil, prefix: nil, host: host)
    }

    private func names(_ files: NginxFiles?) -> [String] {
        files.map { files in
            files.configuration.all.filter { $0.name == "server_name" }.map {
                "\($0.value(0) ?? "") \(files.place($0.place).file):\($0.line)"
            }
        } ?? []
    }

    @Test func absoluteIncludesAreFoundByTheirTail() throws {
        let read = try #require(
            self.read([
                "nginx/nginx.conf":
                    "events {}\nhttp {\ninclude /etc/nginx/conf.d/*.conf;\ninclude /etc/nginx/mime.types;\n}\n",
                "nginx/conf.d/a.conf": "server {\nserver_name a;\ninclude snippets/s.conf;\n}\n",
                "nginx/snippets/s.conf": "listen 80;\n", "nginx/conf.d/README": "nothing",
            ]))
        #expect(names(read) == ["a nginx/conf.d/a.conf:2"])
        #expect(read.missing == ["/etc/nginx/mime.types"])
        #expect(read.isPartial)
        #expect(read.configuration.problems.allSatisfy { $0.kind.code == "file-missing" })
    }

    @Test func filesInOneFolder() {
        let read = read([
            "nginx.conf": "events {}\nhttp {\ninclude /etc/nginx/sites-enabled/*;\n}\n",
            "app.conf": "server {\nserver_name b;\n}\n", "client.js": "x",
        ])
        // `sites-enabled/*` is a pattern of any file, so it takes none that is no piece of nginx.
        #expect(names(read) == ["b app.conf:2"])
        #expect(read?.isPartial == false)
    }

    @Test func piecesWithoutAMainFile() {
        let read = read([
            "app.conf": "server {\nserver_name b;\ninclude proxy.inc;\n}\n",
            "proxy.inc": "proxy_http_version 1.1;\n",
        ])
        #expect(names(read) == ["b app.conf:2"])
        #expect(read?.isPartial == true)
        #expect(read?.missing == [])
        #expect(read?.configuration.problems.isEmpty == true)
    }

    @Test func ofTwoMainFilesTheOneWithTheHost() {
        let files = [
            "inner/nginx.conf": "events {}\nhttp {\nserver {\nserver_name inner.example;\n}\n}\n",
            "outer/nginx.conf": "events {}\nhttp {\nserver {\nserver_name outer.example;\nlisten 80;\n}\n}\n",
        ]
        #expect(names(read(files, host: "inner.example")) == ["inner.example inner/nginx.conf:4"])
        #expect(names(read(files)) == ["outer.example outer/nginx.conf:4"])
    }

    @Test func dumps() {
        let read = read([
            "all.txt":
                "# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {\nserver {\nserver_name c;\n}\n}\n\n"
        ])
        #expect(names(read) == ["c /etc/nginx/nginx.conf:4"])
    }

    @Test func nothingOfNginx() {
        #expect(read(["a.js": "let a = 1", "b.txt": "hello"]) == nil)
    }
}
