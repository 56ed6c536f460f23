import Documents

/// Routes of Istio's `VirtualService`: it passes upgrades on by itself (`websocketUpgrade` of the first releases means nothing any more).
enum IstioReader {
    static func routes(_ object: DocumentNode, _ file: SourceFile) -> [ProxyRoute] {
        guard object["apiVersion"]?.text?.hasPrefix("networking.istio.io/") == true else { return [] }
        let hosts = (object[["spec", "hosts"]]?.texts ?? []).filter { $0 != "*" }
        return (object["spec"]?["http"]?.elements ?? []).flatMap { node -> [ProxyRoute] in
            var route = ProxyRoute(.istio, at: file.place(of: node))
            route.name = object[["metadata", "name"]]?.text ?? ""
            route.hosts = hosts
            route.servers = (node["route"]?.elements ?? []).compactMap { $0[["destination", "host"]]?.text }
            if let seconds = node["timeout"]?.text.flatMap({ TimeText.seconds($0) }), seconds > 0 {
                route.answerTimeout = (seconds, file.place(of: "timeout", in: node))
            }
            let origins = (node[["corsPolicy", "allowOrigins"]]?.elements ?? []).map { $0["exact"]?.text }
            // Prefixes and patterns admit what nobody can list.
            if !origins.isEmpty, !origins.contains(nil) { route.corsOrigins = origins.compactMap(\.self) }
            let matches = node["match"]?.elements ?? []
            guard !matches.isEmpty else { return [route] }
            return matches.compactMap { match in
                guard let uri = match["uri"] else { return route }
                guard let path = uri["prefix"]?.text ?? uri["exact"]?.text else { return nil }
                var one = route
                one.path = path
                one.isExact = uri["exact"] != nil
                return one
            }
        }
    }
}
