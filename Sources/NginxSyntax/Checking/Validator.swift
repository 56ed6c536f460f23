/// Holds the directives of a configuration against the table, as nginx does while it reads them.
///
/// nginx stops at the first fault; here each is found, and a directive that is refused still gives its block
/// a context, so that what is inside is judged too.
struct Validator {
    let tree: NginxTree
    let limits: NginxLimits
    let table = DirectiveTable.shared
    /// Context of the block of each node; of an `include`, that of the block it stands in.
    var contexts: [NginxContext] = []
    /// What the main level is: a file may be a piece of a configuration, as those in `conf.d` are.
    let root: NginxContext
    var found: [NginxProblem] = []
    /// Directives that may stand once, by the block they were seen in.
    private var seen: [Key: Int32] = [:]

    private struct Key: Hashable {
        let block: Int32
        let name: String
    }

    init(_ tree: NginxTree, limits: NginxLimits) {
        self.tree = tree
        self.limits = limits
        root = Fragment.context(of: tree)
    }

    mutating func run() {
        contexts.reserveCapacity(tree.nodes.count)
        for id in tree.nodes.indices {
            if isOver(at: id) { return skip() }
            let directive = NginxDirective(tree: tree, id: id)
            let parent = Int(tree.nodes[id].parent)
            let context = parent < 0 ? root : contexts[parent]
            contexts.append(directive.isInclude ? context : judge(directive, in: context))
        }
        checkSections()
        checkTogether()
    }

    /// Leaves what was not judged yet; every block has a context all the same.
    mutating func skip() {
        contexts += [NginxContext](repeating: .unknown, count: tree.nodes.count - contexts.count)
    }

    /// Whether the time is up, asked at every few thousandth node.
    func isOver(at id: Int) -> Bool { id & NginxLimits.patience == 0 && limits.isOver() }

    mutating func report(_ kind: NginxProblem.Kind, _ place: NginxPlace, other: NginxPlace? = nil) {
        guard found.count < limits.problems else { return }
        found.append(NginxProblem(kind, at: place, other: other))
    }

    /// Judges one directive, and gives the context of its block.
    private mutating func judge(_ directive: NginxDirective, in context: NginxContext) -> NginxContext {
        let name = directive.name
        switch context {
        case .unknown: return .unknown
        case .entries:
            judgeEntry(directive)
            return .entries
        default: break
        }
        let rules = table.rules(name)
        guard !rules.isEmpty else {
            // A block without a name was reported by the reader.
            if !name.isEmpty, !table.isForeign(name) {
                report(.unknownDirective(name: name), directive.place)
            }
            return .unknown
        }
        let allowed = rules.filter { $0.contexts.contains(ContextSet(context)) }
        guard let first = allowed.first else {
            report(
                .misplacedDirective(name: name, context: context, allowed: table.contexts(of: name)),
                directive.place)
            return Self.inner(name, in: context, entries: rules.contains { $0.kind == .entries })
        }
        judge(directive, by: allowed, first: first)
        return Self.inner(name, in: context, entries: first.kind == .entries)
    }

    private mutating func judge(
        _ directive: NginxDirective, by allowed: [DirectiveRule], first: DirectiveRule
    ) {
        let name = directive.name
        let takesBlock = first.kind.takesBlock
        switch directive.ending {
        case .semicolon where takesBlock: return report(.missingBlock(name: name), directive.place)
        case .block where !takesBlock, .foreignBlock where !takesBlock:
            return report(.unexpectedBlock(name: name), directive.place)
        case .missing: return
        default: break
        }
        let count = directive.argumentCount
        guard let rule = allowed.first(where: { $0.takes(count) }) else {
            return report(
                .wrongArgumentCount(name: name, count: count, expected: first.written), directive.place)
        }
        if rule.kind.isSingle {
            let key = Key(block: Int32(directive.parent?.id ?? -1), name: name)
            if let earlier = seen[key] {
                report(
                    .duplicateDirective(name: name), directive.place,
                    other: NginxDirective(tree: tree, id: Int(earlier)).place)
                return
            }
            seen[key] = Int32(directive.id)
        }
        judgeValues(directive, rule.kind)
    }

    /// What stands in the block of a directive.
    private static func inner(_ name: String, in context: NginxContext, entries: Bool) -> NginxContext {
        if entries { return .entries }
        switch name {
        case "events": return .events
        case "http": return .http
        case "mail": return .mail
        case "stream": return .stream
        case "server":
            switch context {
            case .stream, .streamServer: return .streamServer
            case .mail, .mailServer: return .mailServer
            default: return .server
            }
        case "upstream": return context == .stream || context == .streamServer ? .streamUpstream : .upstream
        case "location": return .location
        case "if": return context == .server || context == .serverIf ? .serverIf : .locationIf
        case "limit_except": return .limitExcept
        default: return .unknown
        }
    }

    private mutating func checkSections() {
        guard root == .main, !tree.nodes.isEmpty else { return }
        let names = Set(tree.children(of: -1, in: tree).map(\.name))
        if !names.contains("events") {
            let end = tree.files[0].bytes.count
            let (line, column) = tree.files[0].lineAndColumn(at: end)
            report(
                .missingSection(name: "events"),
                NginxPlace(file: 0, line: line, column: column, range: end..<end))
        }
    }
}

/// Pieces of configurations, as people keep them in `conf.d` and `sites-enabled` and hand them over alone.
enum Fragment {
    /// What the main level of a tree is.
    ///
    /// `main` if it has a section of the main level or anything else only that level allows; otherwise the
    /// outermost level that allows what most of its directives need.
    static func context(of tree: NginxTree) -> NginxContext {
        let table = DirectiveTable.shared
        var votes: [NginxContext: Int] = [:]
        for directive in tree.children(of: -1, in: tree) {
            let contexts =
                directive.ending == .missing
                ? []
                : table.rules(directive.name).filter {
                    $0.kind.takesBlock == (directive.ending != .semicolon)
                }.reduce(into: ContextSet()) { $0.formUnion($1.contexts) }
            if contexts == ContextSet(.main) { return .main }
            for context in candidates where contexts.contains(ContextSet(context)) {
                votes[context, default: 0] += 1
            }
        }
        guard let most = votes.values.max() else { return .main }
        return candidates.first { votes[$0] == most } ?? .main
    }

    /// From outside to inside; `main` first, since a tie means that nothing speaks against a whole
    /// configuration.
    private static let candidates: [NginxContext] = [
        .main, .http, .server, .location, .upstream, .stream, .streamServer,
    ]
}
