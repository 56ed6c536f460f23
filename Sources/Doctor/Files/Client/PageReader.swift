/// What a page (HTML, Vue, Svelte, Astro) holds: scripts, and the content security policy of its head.
enum PageReader {
    /// The contents of its script elements, with the line each begins on.
    static func scripts(_ file: SourceFile) -> [(bytes: [UInt8], line: Int)] {
        var scripts: [(bytes: [UInt8], line: Int)] = []
        let bytes = file.bytes
        var at = 0
        var line = 1
        while let start = find("<script", in: bytes, from: at), scripts.count < 200 {
            guard let open = bytes[start...].firstIndex(of: UInt8(ascii: ">")) else { break }
            let end = find("</script", in: bytes, from: open) ?? bytes.count
            line += bytes[at...open].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
            scripts.append((Array(bytes[(open + 1)..<max(open + 1, end)]), line))
            line += bytes[(open + 1)..<max(open + 1, end)].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
            at = max(open + 1, end)
        }
        return scripts
    }

    /// The policy of a `<meta http-equiv="Content-Security-Policy">`, with its line.
    static func policy(_ file: SourceFile) -> (text: String, line: Int)? {
        for line in file.lines where line.text.lowercased().holds("content-security-policy") {
            let rest = line.text.after("content=\"") ?? line.text.after("content='")
            if let text = rest.map({ $0.before("\"") ?? $0 }) { return (text, line.number) }
        }
        return nil
    }

    /// The version of Socket.IO's client that a page loads: `https://cdn.socket.io/2.3.0/socket.io.min.js`,
    /// `socket.io/4.7.5/socket.io.js`, `socket.io-client@2`.
    static func socketIOClient(_ file: SourceFile) -> PackageList.Package? {
        for line in file.lines where line.text.holds("socket.io") && line.text.holds("<script") {
            let words = line.text.split { "\"' /@-".contains($0) }
            // Of `socket.io-1.7.4.min.js` the figures count.
            let version = words.lazy.map { word -> Substring in
                let figures = word.prefix { $0.isNumber || $0 == "." }
                if figures == word { return figures }
                return figures.contains(".") && figures.last == "." ? figures.dropLast() : ""
            }.first { $0.first?.isNumber == true }
            if let version {
                return PackageList.Package(
                    name: "socket.io-client", extras: [], version: String(version),
                    place: file.place(line.number))
            }
        }
        return nil
    }

    private static func find(_ text: String, in bytes: [UInt8], from start: Int) -> Int? {
        let needle = Array(text.utf8)
        guard bytes.count >= needle.count, start <= bytes.count - needle.count else { return nil }
        for at in start...(bytes.count - needle.count) where bytes[at] | 0x20 == needle[0] | 0x20 {
            if needle.indices.allSatisfy({
                bytes[at + $0] == needle[$0] || bytes[at + $0] | 0x20 == needle[$0]
            }) {
                return at
            }
        }
        return nil
    }
}
