import Doctor
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
            print(describe(NginxConfiguration.load(main: line, source: NginxDisk())))
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
