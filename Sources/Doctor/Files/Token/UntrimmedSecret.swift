/// A program that reads a secret from a file and uses what it read as it is, the line end included.
package struct UntrimmedSecret: Equatable, Sendable {
    /// The line, shortened.
    package let text: String
    package let place: FilePlace

    /// In the source of a client that dials a socket; nil: none, or something in the file trims.
    static func find(in file: SourceFile) -> UntrimmedSecret? {
        let lines = file.lines.prefix(20_000)
        guard lines.contains(where: { SentHeaderName.dials($0.text) }),
            !lines.contains(where: { line in trims.contains { line.text.holds($0) } })
        else { return nil }
        for line in lines where line.text.utf8.count < 1000 {
            let low = line.text.lowercased()
            guard reads.contains(where: { line.text.holds($0) }),
                ["token", "secret", "jwt", "api_key", "apikey", "api-key", "credential"].contains(where: {
                    low.holds($0)
                })
            else { continue }
            return UntrimmedSecret(
                text: Masking.excerpt(line.text.trimmed, 120), place: file.place(line.number))
        }
        return nil
    }

    /// Go, Python, Node, Ruby, PHP, Java, Kotlin, C#, Rust.
    private static let reads = [
        "os.ReadFile(", "ioutil.ReadFile(", ".read()", ".read_text(", "readFileSync(", "readFile(",
        "File.read(",
        "file_get_contents(", "Files.readString(", ".readText(", "File.ReadAllText(", "read_to_string(",
    ]
    private static let trims = [
        "trim", "Trim", "strip(", ".chomp", "strings.Fields", ".split()", "splitlines",
    ]
}
