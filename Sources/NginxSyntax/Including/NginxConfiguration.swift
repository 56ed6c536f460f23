/// A configuration as nginx sees it: the main file, and in it whatever it includes.
///
/// A value; copies share their storage. Everything that is wrong with it is in `problems`, the tree holds
/// what could be read nevertheless.
package struct NginxConfiguration: Sendable {
    /// The files in the order in which they were first included, the main file at 0.
    package var files: [NginxFile] { tree.files }
    /// The prefix of relative paths: the folder of the main file unless given otherwise; ends in a slash, or
    /// is empty.
    package var prefix: String { tree.prefix }
    /// What nginx would refuse, and what could not be read, in the order in which nginx would meet it.
    ///
    /// The first one is what `nginx -t` reports.
    package let problems: [NginxProblem]

    /// What the main level is: `main`, or for a piece of a configuration (a file of `conf.d`, a vhost, a
    /// snippet) the block it would be included in.
    package let context: NginxContext

    /// Context of each directive's block, by its id.
    let contexts: [NginxContext]
    let tree: NginxTree

    /// Where a directive stands.
    package func context(of directive: NginxDirective) -> NginxContext {
        let parent = directive.id < tree.nodes.count ? Int(tree.nodes[directive.id].parent) : -1
        return parent >= 0 && parent < contexts.count ? contexts[parent] : context
    }

    /// The directives of the main level; those of included files in place of the `include`.
    package var root: [NginxDirective] { tree.children(of: -1, in: self.tree) }

    /// Every directive, each before those of its block, in the order in which nginx reads them.
    package var all: NginxDirectives { NginxDirectives(tree: tree, range: 0..<tree.nodes.count) }

    /// Reads a configuration.
    ///
    /// `prefix` is where relative paths begin: nil means the folder of `main`, which is what nginx does.
    /// Nothing throws: a main file that cannot be read is a problem of an empty configuration. Where `isJudged` is false, the
    /// directives are not held against the table, and `problems` holds only what the reader met: enough to see what a file is.
    package static func load(
        main: String, prefix: String? = nil, source: some NginxFileSource,
        limits: NginxLimits = NginxLimits(),
        isJudged: Bool = true
    ) -> NginxConfiguration {
        var loader = Loader(
            source: source, prefix: prefix ?? NginxPath.directory(of: main), limits: limits)
        loader.load(main: main)
        let tree = loader.finish()
        var validator = Validator(tree, limits: limits)
        if isJudged { validator.run() } else { validator.skip() }
        let problems = ProblemOrder(tree).sorted(loader.problems + validator.found)
        return NginxConfiguration(
            problems: problems, context: validator.root, contexts: validator.contexts, tree: tree)
    }

    /// Reads a configuration that is one text without files beside it.
    package static func parse(_ text: String, path: String = "nginx.conf") -> NginxConfiguration {
        load(main: path, source: NginxMemorySource([path: text]))
    }

    /// The path and position of a place, as one would print it.
    package func path(of place: NginxPlace) -> String {
        place.file >= 0 && place.file < files.count ? files[place.file].path : ""
    }
}

/// The storage behind a configuration and the directives that look into it.
///
/// Never changed after it was made.
final class NginxTree: Sendable {
    let files: [NginxFile]
    let prefix: String
    let nodes: [Node]

    /// A statement of a file, at the place in the whole where an include put it.
    struct Node: Sendable {
        var file: Int32
        var statement: Int32
        /// The node of the block or of the `include` it stands in; -1 at the top.
        var parent: Int32
        /// The first node that is not inside this one.
        var next: Int32
        var isInclude: Bool
    }

    init(files: [NginxFile], prefix: String, nodes: [Node]) {
        self.files = files
        self.prefix = prefix
        self.nodes = nodes
    }

    /// The directives right inside a node (-1: the top), with includes replaced by what they include.
    func children(of parent: Int, in tree: NginxTree) -> [NginxDirective] {
        var found: [NginxDirective] = []
        var at = parent + 1
        let end = parent < 0 ? nodes.count : Int(nodes[parent].next)
        while at < end {
            if nodes[at].isInclude {
                at += 1
            } else {
                found.append(NginxDirective(tree: tree, id: at))
                at = Int(nodes[at].next)
            }
        }
        return found
    }
}
