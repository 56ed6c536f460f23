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
