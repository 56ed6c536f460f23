import Glibc
import JSON
import NginxSyntax

/// Reads the configurations named on standard input, one path a line, and prints for each what NginxSyntax
/// makes of it: a line of JSON with the directives in order and the problems.
///
/// For tests that compare it with other readers.
@main struct NginxReader {
    static func main() {
        while let line = readLine() {
            print(describe(NginxConfiguration.load(main: line, source: Disk())))
            fflush(nil)
        }
    }

    private static func describe(_ configuration: NginxConfiguration) -> String {
        var directives: [JSONValue] = []
        for directive in configuration.all {
            let arguments = directive.values.map { JSONValue.string($0) }
            directives.append(
                .array([
                    .integer(Int64(directive.enclosing.count)), .string(directive.name), .array(arguments),
                    .integer(Int64(directive.line)), .string(directive.source.path),
                ]))
        }
        let problems = configuration.problems.map { problem in
            JSONValue.array([
                .string(problem.kind.code), .string(configuration.path(of: problem.place)),
                .integer(Int64(problem.place.line)), .string("\(problem.kind)"),
            ])
        }
        return JSONValue.object(["directives": .array(directives), "problems": .array(problems)]).text
    }
}

/// The file system, as nginx looks at it.
private struct Disk: NginxFileSource {
    func read(_ path: String, limit: Int) -> Result<[UInt8], NginxReadError> {
        guard let file = fopen(path, "r") else {
            return .failure(
                errno == ENOENT ? .notFound : errno == EACCES ? .permissionDenied : .failed("\(errno)"))
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[..<count]
            if bytes.count > limit { return .failure(.tooLarge) }
        }
        return ferror(file) == 0
            ? .success(bytes) : .failure(errno == EISDIR ? .isDirectory : .failed("\(errno)"))
    }

    func expand(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0, let paths = result.gl_pathv else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }
}
