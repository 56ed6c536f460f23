extension Validator {
    /// The sizes of `proxy_buffers` and its companions must fit together; nginx checks that for each
    /// location.
    ///
    /// The trap: `proxy_buffer_size 64k` alone. Twice that may be busy, which is more than the eight default
    /// buffers of one memory page hold, so the configuration does not load.
    mutating func checkBuffers() {
        for family in ["proxy", "fastcgi", "uwsgi", "scgi"] {
            let names = ["buffer_size", "buffers", "busy_buffers_size"].map { "\(family)_\($0)" }
            var checked: Set<Int> = []
            for id in tree.nodes.indices {
                if isOver(at: id) { return }
                let directive = NginxDirective(tree: tree, id: id)
                guard names.contains(directive.name), let block = directive.parent,
                    ["http", "server", "location"].contains(block.name), checked.insert(block.id).inserted
                else { continue }
                checkBuffers(in: block, names)
            }
        }
    }

    private mutating func checkBuffers(in block: NginxDirective, _ names: [String]) {
        let own = names.map { effective($0, in: block) }
        let page = 4096
        let header = own[0]?.value(0).flatMap { NginxValue.bytes($0) } ?? page
        let count = own[1]?.value(0).flatMap(NginxValue.number) ?? 8
        let size = own[1]?.value(1).flatMap { NginxValue.bytes($0) } ?? page
        guard count < 1 << 20, size < 1 << 40, header < 1 << 40 else { return }
        let largest = max(header, size)
        let busy = own[2]?.value(0).flatMap { NginxValue.bytes($0) } ?? 2 * largest
        guard let decisive = (own[0] ?? own[1] ?? own[2]) else { return }
        if count < 2 {
            report(
                .bufferSizes(directive: names[1], value: count, minimum: 2, maximum: nil),
                (own[1] ?? decisive).place)
        } else if busy < largest {
            report(
                .bufferSizes(directive: names[2], value: busy, minimum: largest, maximum: nil),
                (own[2] ?? decisive).place)
        } else if busy > (count - 1) * size {
            report(
                .bufferSizes(directive: names[2], value: busy, minimum: nil, maximum: (count - 1) * size),
                (own[2] ?? decisive).place)
        }
    }

    /// The directive that is in force in a block: its own or the nearest outer one's.
    private func effective(_ name: String, in block: NginxDirective) -> NginxDirective? {
        var next: NginxDirective? = block
        while let block = next {
            if let own = block.last(name) { return own }
            next = block.parent
        }
        return nil
    }
}
