/// Variables by which the source of a server chooses the port it listens on.
enum PortVariable {
    /// What stands before the variable's name, in Node, Python, Go, Ruby and Rust.
    private static let readers = [
        "process.env.", "process.env[", "os.environ[", "os.environ.get(", "os.getenv(", "os.Getenv(", "ENV[",
        "ENV.fetch(",
        "env::var(", "env(",
    ]
    /// What only a server does.
    private static let servers = ["listen(", "ListenAndServe", ".run(", ".bind(", "serve(", "Serve("]

    /// Names that hold the word PORT and are read in a source that listens.
    static func names(in file: SourceFile) -> Set<String> {
        let lines = file.lines.prefix(5000).filter { $0.text.utf8.count < 1000 }
        guard lines.contains(where: { line in servers.contains { line.text.holds($0) } }) else { return [] }
        var names: Set<String> = []
        for line in lines where line.text.holds("PORT") && names.count < 10 {
            for reader in readers {
                guard let rest = line.text.after(reader) else { continue }
                let name = String(
                    rest.drop { "\"'".contains($0) }.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
                if name.holds("PORT") { names.insert(name) }
            }
        }
        return names
    }
}
