/// A port of the host that Docker passes on to a port of a container at which nothing listens.
///
/// Docker's own proxy takes the connection, so it is not refused but reset: the port looks open from outside.
enum PublishedPort {
    typealias Listener = (
        address: ServerProcess.ListenAddress, name: String, place: FilePlace, service: String?
    )

    static func leadsNowhere(
        _ target: NginxView.Target, _ listeners: [Listener], _ examination: Examination
    ) -> Finding? {
        guard HostName.isPrivate(target.host) else { return nil }
        let backends = examination.files.services.filter { !$0.isProxy && !$0.usesHostNetwork }
        guard
            let service = backends.first(where: { $0.ports.contains { $0.published == target.port } }),
            let port = service.ports.first(where: { $0.published == target.port })
        else { return nil }
        // A log names no service: where there is one backend only, it is that one's.
        let own = listeners.filter { $0.service == service.name || $0.service == nil && backends.count == 1 }
        let heard = Set(own.compactMap(\.address.port))
        guard heard.count == 1, let listener = own.first, let actual = heard.first, actual != port.container,
            !service.exposed.contains(port.container)
        else { return nil }
        let reset = examination.files.events(.upstreamReset).first {
            $0.upstream?.holds(":\(target.port)/") == true
                || $0.upstream?.hasSuffix(":\(target.port)") == true
        }
        var evidence = [
            Evidence.file(
                "port \(target.port) of the host leads to \(port.container) of \(service.name)",
                "宿主机端口 \(target.port) 对应 \(service.name) 的 \(port.container)", at: port.place),
            .file(
                "\(listener.name) listens on \(actual)", "\(listener.name) 监听 \(actual)", at: listener.place),
        ]
        if let reset { evidence.append(.log(reset)) }
        // A program may listen on more ports than are told; a connection that is reset says that it does not.
        return BackendPortCheck().finding(
            target, service.ports.first { $0.container == actual }?.published ?? actual, evidence,
            reset == nil ? 0.4 : 0.88, reset == nil ? .info : .error)
    }
}
