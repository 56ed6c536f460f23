import HTTPWire

@testable import Doctor

/// Files and addresses for tests of the checks, and what the checks make of them.
enum Bench {
    /// 2026-06-01T00:00:00Z.
    static let now: Int64 = 1_780_272_000

    static func file(_ name: String, _ text: String) -> SourceFile {
        SourceFile(name: name, path: "/" + name, bytes: Array(text.utf8))
    }

    static func evidence(_ files: KeyValuePairs<String, String>) -> FileEvidence {
        FileEvidence(files.map { file($0.key, $0.value) })
    }

    /// The examination of an address with these files beside it; nginx is read as the program does.
    static func examination(
        _ url: String, _ files: [(String, String)], page: String? = nil, message: String? = nil,
        console: String? = nil
    ) throws -> Examination {
        var subject = try Subject(url)
        subject.pageOrigin = page
        subject.firstMessage = message
        subject.consoleText = console
        subject.isOffline = true
        let sources = files.map { file($0.0, $0.1) }
        var evidence = FileEvidence.gather(sources, subject: &subject)
        let nginx = NginxEvidence.gather(sources, main: nil, prefix: nil, subject: subject)
        evidence.nginx = nginx.map { NginxView($0) }
        return Examination(subject: subject, nginx: nginx, files: evidence, now: now)
    }

    /// Errors and warnings of all file checks, as codes, and mentions in parentheses; each once, in the order
    /// of their names.
    static func codes(
        _ url: String, _ files: [(String, String)], page: String? = nil, message: String? = nil,
        console: String? = nil
    ) throws -> [String] {
        let examination = try examination(url, files, page: page, message: message, console: console)
        let findings = FileChecks.all.flatMap { $0.findings(examination) }
        return Set(findings.map { $0.severity == .info ? "(\($0.code.rawValue))" : $0.code.rawValue })
            .sorted()
    }

    /// A minimal nginx in front of a backend.
    static func nginx(
        _ location: String = "/", pass: String = "http://127.0.0.1:3000", server: String = "",
        more: String = ""
    ) -> String {
        """
        events {}
        http {
            server {
                listen 80;
                server_name app.example;
                \(server)
                location \(location) {
                    proxy_pass \(pass);
                    proxy_http_version 1.1;
                    proxy_set_header Host $http_host;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection "upgrade";
                    proxy_read_timeout 1h;
                    \(more)
                }
            }
        }
        """
    }
}
