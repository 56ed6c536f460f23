package import HTTPWire

/// Reads the address as a client would be given it, also when it was put together wrongly.
///
/// A page's `${BASE}:${PORT}/ws` with a variable that is not set gives addresses no URL parser takes; they are the
/// fault to be named, not a reason to refuse the question. So what was most likely meant is examined as well.
package struct AddressReading: Sendable {
    /// What a client dials, of the repaired text where the given one is beyond dialling.
    package let url: URLParts
    package let dialect: Dialect
    package let faults: [URLFault]
    /// Whether the dialect was assumed from `http(s)://` alone: what a page passes to `io()` looks like any page.
    package let isDialectAssumed: Bool

    /// - Throws: ``HTTPWire/URLError`` when nobody could guess what was meant: no scheme, no host.
    package init(_ given: String) throws(URLError) {
        var text = Self.bare(given)
        var faults: [URLFault] = []
        Self.mendVariables(&text, &faults)
        Self.mendScheme(&text, &faults)
        Self.mendAuthority(&text, &faults)
        Self.notePortInPath(text, &faults)
        if let mark = text.firstIndex(of: "#"), text.hasPrefix("ws") {
            faults.append(.undialable("\(URLError.fragment)"))
            text = String(text[..<mark])
        }
        url = try URLParts(text)
        self.faults = faults
        (dialect, isDialectAssumed) = Self.dialect(of: url)
    }

    // MARK: What speaks there

    private static func dialect(of url: URLParts) -> (Dialect, isAssumed: Bool) {
        let path = String(url.target.prefix { $0 != "?" })
        let members = url.target.dropFirst(path.count + 1).split(separator: "&").map(String.init)
        if let version = members.first(where: { $0.hasPrefix("EIO=") }).flatMap({ Int($0.dropFirst(4)) }) {
            let own = ["EIO=", "transport=", "sid=", "t="]
            let rest = members.filter { member in !own.contains { member.hasPrefix($0) } }
            let address = SocketIOAddress(
                enginePath: path, engineVersion: version, query: rest.joined(separator: "&"))
            return (.socketIO(address), false)
        }
        guard url.scheme == .http || url.scheme == .https else {
            return isEngineRoot(path)
                ? (.socketIO(SocketIOAddress(enginePath: path, query: members.joined(separator: "&"))), false)
                : (.webSocket, false)
        }
        if isEngineRoot(path) {
            return (
                .socketIO(SocketIOAddress(enginePath: path, query: members.joined(separator: "&"))), false
            )
        }
        let last = path.split(separator: "/").last ?? ""
        // A file has an extension; nobody passes one to io().
        if last.contains("."), last.last != "." { return (.page, false) }
        // socket.io-client: the path of the address is the namespace, and the engine's path is an option of its own.
        let namespace = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        return (
            .socketIO(SocketIOAddress(namespace: namespace, query: members.joined(separator: "&"))), true
        )
    }

    private static func isEngineRoot(_ path: String) -> Bool {
        path.hasSuffix("/socket.io/") || path.hasSuffix("/socket.io") || path.hasSuffix("/engine.io/")
    }

    // MARK: Mending

    private static func bare(_ text: String) -> String {
        var part = text[...]
        while let first = part.first, first.isWhitespace || "\"'`".contains(first) { part.removeFirst() }
        while let last = part.last, last.isWhitespace || "\"'`;,".contains(last) { part.removeLast() }
        return String(part)
    }

    /// `${HOST}`, `undefined`, `%VITE_HOST%` in place of host or port, with or without a scheme before them.
    private static func mendVariables(_ text: inout String, _ faults: inout [URLFault]) {
        for word in ["undefined", "null", "NaN", "[object Object]"] {
            for (bad, good) in [
                ("://\(word)/", "://localhost/"), ("://\(word):", "://localhost:"), (":\(word)/", "/"),
            ] where text.contains(bad) {
                text.replaceFirst(bad, with: good)
                faults.append(.variableWithoutValue(word))
            }
            for (bad, good) in [("://\(word)", "://localhost"), (":\(word)", "")] where text.hasSuffix(bad) {
                text.removeLast(bad.count)
                text += good
                faults.append(.variableWithoutValue(word))
            }
        }
        // As the first part of the path: what stands there names the service, and no bundler makes up a name like that.
        if let begin = text.firstRange(of: "://"),
            let slash = text[begin.upperBound...].firstIndex(of: "/")
        {
            let first = text[text.index(after: slash)...].prefix { !"/?#".contains($0) }
            if ["undefined", "null", "NaN"].contains(first) {
                faults.append(.variableWithoutValue(String(first)))
            }
        }
        while let open = text.firstRange(of: "${"), let close = text[open.upperBound...].firstIndex(of: "}") {
            let name = String(text[open.lowerBound...close])
            faults.append(.variableWithoutValue(name))
            // In front of everything it stood for scheme and host.
            let standIn = open.lowerBound == text.startIndex ? "ws://localhost" : "localhost"
            let isPort = text[..<open.lowerBound].hasSuffix(":")
            let hasHost =
                text[..<open.lowerBound].contains("://") && !text[..<open.lowerBound].hasSuffix("://")
            text.replaceSubrange(open.lowerBound...close, with: isPort ? "0" : hasHost ? "x" : standIn)
            if isPort { text.replaceFirst(":0", with: "") }
        }
    }

    private static func mendScheme(_ text: inout String, _ faults: inout [URLFault]) {
        let schemes = ["wss", "ws", "https", "http"]
        func leading(_ part: Substring) -> (scheme: String, length: Int, isWhole: Bool)? {
            for scheme in schemes where part.lowercased().hasPrefix(scheme) {
                var rest = part.dropFirst(scheme.count)
                var length = scheme.count
                let hasColon = rest.first == ":"
                if hasColon {
                    rest.removeFirst()
                    length += 1
                }
                var slashes = 0
                while rest.first == "/", slashes < 2 {
                    rest.removeFirst()
                    slashes += 1
                }
                guard hasColon || slashes == 2 else { continue }
                return (scheme, length + slashes, hasColon && slashes == 2)
            }
            return nil
        }
        guard let outer = leading(text[...]) else {
            if text.hasPrefix("//") {
                faults.append(.schemeIncomplete)
                text = "ws:" + text
            }
            return
        }
        if let inner = leading(text.dropFirst(outer.length)) {
            faults.append(.doubleScheme(outer: outer.scheme, inner: inner.scheme))
            let scheme = outer.scheme.hasPrefix("ws") ? outer.scheme : inner.scheme
            text = scheme + "://" + text.dropFirst(outer.length + inner.length)
        } else if !outer.isWhole {
            faults.append(.schemeIncomplete)
            text = outer.scheme + "://" + text.dropFirst(outer.length)
        }
        // Three slashes: the host is empty, and a browser takes the next part for it.
        if let start = text.firstRange(of: ":///") {
            faults.append(.hostMissing)
            text.replaceSubrange(start, with: "://localhost/")
        } else if let start = text.firstRange(of: "://:") {
            faults.append(.hostMissing)
            text.replaceSubrange(start, with: "://localhost:")
        }
    }

    private static func mendAuthority(_ text: inout String, _ faults: inout [URLFault]) {
        guard let start = text.firstRange(of: "://")?.upperBound else { return }
        let end = text[start...].firstIndex { "/?#".contains($0) } ?? text.endIndex
        let authority = String(text[start..<end])
        guard !authority.contains("[") else { return }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 2, parts.dropFirst().allSatisfy({ $0.allSatisfy(\.isNumber) }) {
            faults.append(.doublePort(authority))
            text.replaceSubrange(start..<end, with: "\(parts[0]):\(parts[1])")
        } else if parts.count == 2, parts[1].isEmpty {
            text.replaceSubrange(start..<end, with: parts[0])
        } else if parts.count == 2, UInt16(parts[1]).map({ $0 == 0 }) ?? true {
            faults.append(.undialable("\(URLError.invalidPort(String(parts[1])))"))
            text.replaceSubrange(start..<end, with: parts[0])
        }
    }

    /// `/:8001/ws` and `/ws:8001` are valid paths that nobody means.
    private static func notePortInPath(_ text: String, _ faults: inout [URLFault]) {
        guard let start = text.firstRange(of: "://")?.upperBound,
            let slash = text[start...].firstIndex(of: "/")
        else { return }
        let path = text[slash...].prefix { $0 != "?" && $0 != "#" }
        for segment in path.split(separator: "/") {
            guard let colon = segment.lastIndex(of: ":") else { continue }
            let digits = segment[segment.index(after: colon)...]
            if (2...5).contains(digits.count), let port = Int(digits), (80...65535).contains(port) {
                faults.append(.portInPath(String(segment)))
                return
            }
        }
    }
}

extension String {
    /// Replaces the first occurrence of `part`.
    fileprivate mutating func replaceFirst(_ part: String, with other: String) {
        if let range = firstRange(of: part) { replaceSubrange(range, with: other) }
    }
}
