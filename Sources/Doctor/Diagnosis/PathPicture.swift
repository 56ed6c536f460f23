/// The stations between browser and application, as far as anything says what they are.
enum PathPicture {
    /// The hops of all evidence in order, with the state the findings give them.
    static func hops(of examination: Examination, findings: [Finding]) -> [Hop] {
        var hops = [Hop("browser", .browser)]
        for hop in examination.files.hops + (examination.nginx?.hops ?? []) + (examination.probes?.hops ?? [])
        {
            if let known = hops.firstIndex(where: { $0.name == hop.name }) {
                hops[known].address = hops[known].address ?? hop.address
                hops[known].place = hops[known].place ?? hop.place
                if hops[known].state == .unknown { hops[known].state = hop.state }
            } else {
                hops.append(hop)
            }
        }
        if !hops.contains(where: { $0.kind == .backend }) { hops.append(Hop("backend", .backend)) }
        hops = hops.enumerated().sorted {
            let (one, other) = (rank($0.element.kind), rank($1.element.kind))
            return one == other ? $0.offset < $1.offset : one < other
        }.map(\.element)
        mark(&hops, findings)
        if examination.probes?.symptoms[.upgraded] != nil {
            for index in hops.indices where hops[index].state == .unknown { hops[index].state = .passes }
        }
        return hops
    }

    /// From the browser inward.
    private static func rank(_ kind: Hop.Kind) -> Int {
        switch kind {
        case .browser: 0
        case .network: 1
        case .cdn: 2
        case .tunnel: 3
        case .balancer: 4
        case .proxy: 5
        case .backend: 6
        }
    }

    private static func mark(_ hops: inout [Hop], _ findings: [Finding]) {
        var isFirst = true
        for finding in findings where finding.severity == .error && finding.confidence >= Reasoning.floor {
            guard let index = place(of: finding, in: hops) else { continue }
            if isFirst {
                hops[index].state = .broken
                for before in 0..<index where hops[before].state == .unknown { hops[before].state = .passes }
            } else if hops[index].state != .broken {
                hops[index].state = .suspect
            }
            isFirst = false
        }
    }

    /// Where a finding belongs: by the name it gives, by the file, else by what its stage usually means.
    static func place(of finding: Finding, in hops: [Hop]) -> Int? {
        if let name = finding.hop, let index = hops.firstIndex(where: { $0.name == name }) { return index }
        if let file = finding.place?.file, let index = hops.lastIndex(where: { $0.place?.file == file }) {
            return index
        }
        func innermost(_ kinds: [Hop.Kind]) -> Int? { hops.lastIndex { kinds.contains($0.kind) } }
        switch finding.code.stage {
        case .client: return innermost([.browser])
        case .network: return hops.count > 1 ? 1 : nil
        case .routing, .admission, .reach, .forwarding, .time, .remark:
            return innermost([.proxy, .balancer, .tunnel, .cdn])
        case .backend, .session: return innermost([.backend])
        }
    }
}
