import HTTPWire

/// What several checks ask about the client.
extension Examination {
    /// The page's origin as it was given; nil: not known.
    var page: WebOrigin? { subject.pageOrigin.flatMap { WebOrigin($0) } }

    /// The page's origin, or a page beside the socket.
    var likelyPage: WebOrigin? { page ?? WebOrigin(subject.assumedOrigin) }

    /// The origin of the address itself, in `http` or `https`.
    var target: WebOrigin? { WebOrigin(subject.url.origin) }

    /// Whether Socket.IO is spoken, as far as is known.
    var isSocketIO: Bool {
        if case .socketIO(let address) = subject.dialect {
            return !subject.isDialectAssumed || address.enginePath != "/socket.io/" || files.speaksSocketIO
        }
        return false
    }

    /// Whether anything that is reached is public, so that loopback in a client's address is wrong.
    var isPublic: Bool {
        guard let host = (page ?? target)?.host else { return false }
        return !HostName.isPrivate(host)
    }

    /// The value of a build variable; nil: none of the files sets it.
    func buildVariable(_ name: String) -> String? {
        (files.settings.last { $0.name == name && $0.side == .frontend } ?? files.setting(name))?.value
    }

    /// Places where a page opens a socket, with the address a browser dials; nil: not all of it is known.
    var dialled: [(dial: SocketDial, address: String?)] {
        files.dials.map { dial in
            (dial, dial.address?.text(page: likelyPage) { buildVariable($0) })
        }
    }
}

extension FileEvidence {
    /// Whether any file speaks Socket.IO: a script, a server, a dependency, a log.
    var speaksSocketIO: Bool {
        dials.contains { $0.library == .socketIO } || servers.contains { $0.library == .socketIO }
            || packages.contains { list in
                ["socket.io", "socket.io-client", "python-socketio", "flask-socketio", "engine.io"].contains {
                    list[$0] != nil
                }
            } || accesses.contains { $0.query.hasPrefix("EIO=") || $0.query.holds("&EIO=") }
            || consoleLines.contains { $0.text.holds("EIO=") }
            || !events(.sessionUnknown, .namespaceUnknown, .unsupportedEngineVersion).isEmpty
            || nginx?.proxiedPrefixes.contains { $0.prefix.hasPrefix("/socket.io") } == true
    }
}
