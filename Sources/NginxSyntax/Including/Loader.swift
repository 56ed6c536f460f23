/// Reads the main file and puts included files in the place of their `include`.
struct Loader<Source: NginxFileSource> {
    let source: Source
    let prefix: String
    let limits: NginxLimits
    var files: [NginxFile] = []
    var nodes: [NginxTree.Node] = []
    var problems: [NginxProblem] = []

    /// Index in `files` by path; -1 for one that could not be read.
    private var known: [String: Int] = [:]
    private var totalSize = 0
    private var includes = 0
    /// The files being read, the main one first: a file in here must not be included again.
    private var chain: [Int] = []
    private var stopped = false

    init(source: Source, prefix: String, limits: NginxLimits) {
        self.source = source
        self.prefix = prefix
        self.limits = limits
    }

    mutating func load(main: String) {
        let nowhere = NginxPlace(file: 0, line: 1, column: 1, range: 0..<0)
        guard let file = open(main, from: nowhere) else {
            // The configuration has a main file even then, so that places can name it.
            files.append(
                NginxFile(
                    path: main, bytes: [], problems: [], statements: [], words: [], comments: [],
                    lineStarts: [0]))
            return
        }
        place(file, under: -1, depth: 0)
    }

    mutating func finish() -> NginxTree { NginxTree(files: files, prefix: prefix, nodes: nodes) }

    /// The index of a file, read now or before; nil with a problem when it cannot be had.
    private mutating func open(_ path: String, from place: NginxPlace) -> Int? {
        if let index = known[path], index >= 0 { return index }
        let room = min(limits.fileSize, limits.totalSize - totalSize)
        switch source.read(path, limit: max(0, room)) {
        case .success(let bytes) where bytes.count <= room:
            totalSize += bytes.count
            let index = files.count
            files.append(FileReader.read(bytes, path: path, file: index, limits: limits))
            known[path] = index
            report(contentsOf: files[index].problems)
            return index
        case .success: report(.fileTooLarge(path: path, limit: room), at: place)
        case .failure(.tooLarge): report(.fileTooLarge(path: path, limit: room), at: place)
        case .failure(.notFound): report(.fileMissing(path: path), at: place)
        case .failure(.isDirectory):
            report(.fileUnreadable(path: path, reason: "it is a directory"), at: place)
        case .failure(.permissionDenied):
            report(.fileUnreadable(path: path, reason: "permission denied"), at: place)
        case .failure(.failed(let reason)): report(.fileUnreadable(path: path, reason: reason), at: place)
        }
        known[path] = -1
        return nil
    }

    /// Puts the statements of a file under a node.
    ///
    /// Recursion is as deep as files include each other.
    private mutating func place(_ file: Int, under parent: Int, depth: Int) {
        chain.append(file)
        defer { chain.removeLast() }
        /// Open blocks of this file: the statement that ends each, and its node.
        var open: [(end: Int32, node: Int)] = []
        let statements = files[file].statements
        for index in statements.indices {
            guard !stopped else { break }
            if nodes.count & NginxLimits.patience == 0, limits.isOver() {
                stopped = true
                break
            }
            while let block = open.last, index >= block.end { close(open.removeLast().node) }
            guard nodes.count < limits.directives else {
                report(.tooManyDirectives(limit: limits.directives), at: self.head(file, index))
                stopped = true
                break
            }
            guard depth + open.count < limits.depth else {
                report(.nestingTooDeep(limit: limits.depth), at: self.head(file, index))
                stopped = true
                break
            }
            let node = nodes.count
            let above = open.last?.node ?? parent
            nodes.append(
                NginxTree.Node(
                    file: Int32(file), statement: Int32(index), parent: Int32(above), next: Int32(node + 1),
                    isInclude: false))
            let statement = statements[index]
            if statement.ending == .block {
                open.append((statement.next, node))
            } else if isInclude(statement, in: file) {
                nodes[node].isInclude = true
                include(statement, index, in: file, node: node, depth: depth + open.count)
                close(node)
            }
        }
        while let block = open.popLast() { close(block.node) }
    }

    private mutating func close(_ node: Int) { nodes[node].next = Int32(nodes.count) }

    /// In blocks whose lines are no directives (`map`, `geo`, `types`) it is one as well if it has one
    /// argument.
    private func isInclude(_ statement: NginxFile.Statement, in file: Int) -> Bool {
        statement.wordCount == 2 && statement.ending != .foreignBlock
            && files[file].words[Int(statement.firstWord)].text == "include"
    }

    private mutating func include(
        _ statement: NginxFile.Statement, _ index: Int, in file: Int, node: Int, depth: Int
    ) {
        let here = head(file, index)
        let path = NginxPath.resolved(files[file].words[Int(statement.firstWord) + 1].text, prefix: prefix)
        guard chain.count < limits.includeDepth else {
            return report(.includesTooDeep(limit: limits.includeDepth), at: here)
        }
        for path in NginxGlob.isPattern(path) ? source.expand(path) : [path] {
            includes += 1
            guard includes <= limits.includes else {
                report(.tooManyIncludes(limit: limits.includes), at: here)
                stopped = true
                return
            }
            if let known = known[path], let start = chain.firstIndex(of: known) {
                let loop = chain[start...].map { files[$0].path } + [path]
                report(.includeLoop(chain: loop), at: here)
            } else if let opened = open(path, from: here) {
                place(opened, under: node, depth: depth)
            }
            guard !stopped else { return }
        }
    }

    private func head(_ file: Int, _ statement: Int) -> NginxPlace {
        let statement = files[file].statements[statement]
        guard statement.wordCount > 0 else {
            let offset = Int(statement.opening)
            let (line, column) = files[file].lineAndColumn(at: offset)
            return NginxPlace(file: file, line: line, column: column, range: offset..<(offset + 1))
        }
        let word = files[file].words[Int(statement.firstWord)]
        return NginxPlace(
            file: file, line: word.line, column: word.column,
            range: word.range.lowerBound..<max(word.range.upperBound, Int(statement.opening)))
    }

    private mutating func report(_ kind: NginxProblem.Kind, at place: NginxPlace) {
        report(contentsOf: [NginxProblem(kind, at: place)])
    }

    private mutating func report(contentsOf more: [NginxProblem]) {
        // One more, which says that there are too many.
        let room = limits.problems + 1 - problems.count
        problems += more.prefix(max(0, room))
    }
}
