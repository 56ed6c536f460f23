/// Brings problems into the order in which nginx would meet them.
///
/// nginx judges a directive when it has read its `;` or `{`, goes into an include at once, and holds the
/// parts against each other when it has read everything.
struct ProblemOrder {
    private let tree: NginxTree
    /// For each file, the places at which its statements begin and their position in the whole, by the first
    /// time it was included.
    private var starts: [[(offset: Int, position: Int)]]
    /// For each file, the position of the `include` that first brought it.
    private var entered: [Int]

    init(_ tree: NginxTree) {
        self.tree = tree
        starts = Array(repeating: [], count: tree.files.count)
        entered = Array(repeating: -1, count: tree.files.count)
        for (position, node) in tree.nodes.enumerated() {
            let file = Int(node.file)
            let offset = NginxDirective(tree: tree, id: position).headRange.lowerBound
            if let last = starts[file].last {
                // A second inclusion begins again at the start of the file.
                guard last.offset < offset else { continue }
            } else {
                entered[file] = Int(node.parent)
            }
            starts[file].append((offset, position))
        }
    }

    /// The problems, sorted; those that are equal are listed once.
    func sorted(_ problems: [NginxProblem]) -> [NginxProblem] {
        let keyed = problems.enumerated().map {
            (key: key($0.element), index: $0.offset, problem: $0.element)
        }
        let ordered = keyed.sorted { ($0.key.0, $0.key.1, $0.index) < ($1.key.0, $1.key.1, $1.index) }
        var result: [NginxProblem] = []
        for entry in ordered where result.last != entry.problem { result.append(entry.problem) }
        return result
    }

    private func key(_ problem: NginxProblem) -> (Int, Int) {
        (stage(problem.kind), position(problem.place))
    }

    /// The position of the statement a place belongs to.
    private func position(_ place: NginxPlace) -> Int {
        guard place.file >= 0, place.file < starts.count else { return -1 }
        let starts = starts[place.file]
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle].offset <= place.range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? starts[low - 1].position : entered[place.file]
    }

    private func stage(_ kind: NginxProblem.Kind) -> Int {
        switch kind {
        case .emptyUpstream, .bufferSizes, .certificateMissing, .duplicateLocation: 1
        case .unknownVariable: 2
        case .undefinedName, .missingSection: 3
        default: 0
        }
    }
}
