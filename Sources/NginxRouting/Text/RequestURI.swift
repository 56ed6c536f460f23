/// A request target as nginx sees it: the path normalised, the rest untouched (`ngx_http_parse_uri` and
/// `ngx_http_parse_complex_uri`).
struct RequestURI: Equatable {
    /// The path with escapes decoded, dot segments resolved and, if asked for, runs of slashes merged: `$uri`.
    var path: ByteString
    /// What follows the first `?`, without it: `$args`.
    var arguments: ByteString
    /// As it came: `$request_uri`.
    var unparsed: ByteString
    /// Whether the path held an escape.
    var isQuoted = false
    /// Whether the path held a `+`, written so or escaped with a capital B.
    var hasPlus = false

    /// Why nginx answers a target with 400.
    enum Refusal: Equatable {
        /// It does not begin with `/`.
        case noSlash
        /// A control octet or a blank stands in it.
        case control
        /// `%` without two digits, or `%00`.
        case badEscape
        /// `..` above the root.
        case aboveRoot
    }

    /// Takes a target of origin form apart.
    static func parse(_ target: ByteString, mergeSlashes: Bool) -> Result<RequestURI, Failure> {
        guard target.bytes.first == 0x2F else { return .failure(Failure(refusal: .noSlash)) }
        if target.bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F }) {
            return .failure(Failure(refusal: .control))
        }
        var uri = RequestURI(path: "", arguments: "", unparsed: target)
        guard uri.needsNormalisation else {
            uri.split()
            return .success(uri)
        }
        if let refusal = uri.normalise(mergeSlashes: mergeSlashes) {
            return .failure(Failure(refusal: refusal))
        }
        return .success(uri)
    }

    struct Failure: Error, Equatable { var refusal: Refusal }

    /// Whether anything before the query asks for the slow way; also notes `+`, as far as nginx looks.
    private var needsNormalisation: Bool {
        mutating get {
            var afterSlash = false
            for octet in unparsed.bytes {
                switch octet {
                case 0x2F where afterSlash: return true
                case 0x2E where afterSlash: return true
                case 0x25, 0x23: return true
                case 0x3F: return unparsed.bytes.contains(0x23)
                case 0x2B: hasPlus = true
                default: break
                }
                // After a plus nginx stays in its state "behind a slash", so "/+." is looked at as well.
                if octet != 0x2B { afterSlash = octet == 0x2F }
            }
            return false
        }
    }

    private mutating func split() {
        let mark = unparsed.index(of: 0x3F) ?? unparsed.count
        path = unparsed[0..<mark]
        arguments = unparsed.dropping(mark + 1)
    }

    private enum State { case usual, slash, dot, dotDot }

    private mutating func normalise(mergeSlashes: Bool) -> Refusal? {
        let bytes = unparsed.bytes
        var out: [UInt8] = []
        var state = State.usual
        var at = 0
        var end: Int?

        func up() -> Bool {
            // "/a/b/.." stands in `out`: back to the slash before "b".
            var cut = out.count - 4
            while cut >= 0, out[cut] != 0x2F { cut -= 1 }
            guard cut >= 0 else { return false }
            out.removeLast(out.count - cut - 1)
            return true
        }

        while at < bytes.count, end == nil {
            var octet = bytes[at]
            var isLiteral = false
            var next = at + 1
            if octet == 0x25 {
                isQuoted = true
                guard at + 2 < bytes.count, let high = Escaping.value(bytes[at + 1]),
                    let low = Escaping.value(bytes[at + 2])
                else { return .badEscape }
                octet = high << 4 | low
                if octet == 0 { return .badEscape }
                next = at + 3
                let lastIsLetter = bytes[at + 2] > 0x39
                // Decoded %, # and ? are text; everything else is looked at again, a decoded slash or dot too.
                isLiteral = octet == 0x25 || octet == 0x23 || octet == 0x3F
                if octet == 0x2B, lastIsLetter { hasPlus = true }
            }
            if isLiteral {
                out.append(octet)
                state = .usual
                at = next
                continue
            }
            if octet == 0x2B { hasPlus = true }
            if octet == 0x3F || octet == 0x23 {
                if state == .dot { out.removeLast() }
                if state == .dotDot, !up() { return .aboveRoot }
                state = .usual
                end = octet == 0x3F ? next : bytes.count
                at = next
                if octet == 0x3F { arguments = unparsed.dropping(next) }
                break
            }
            switch (state, octet) {
            case (.usual, 0x2F):
                out.append(octet)
                state = .slash
            case (.slash, 0x2F):
                if !mergeSlashes { out.append(octet) }
            case (.slash, 0x2E):
                out.append(octet)
                state = .dot
            case (.dot, 0x2F):
                out.removeLast()
                state = .slash
            case (.dot, 0x2E):
                out.append(octet)
                state = .dotDot
            case (.dotDot, 0x2F):
                guard up() else { return .aboveRoot }
                state = .slash
            default:
                out.append(octet)
                state = .usual
            }
            at = next
        }
        if end == nil {
            if state == .dot { out.removeLast() }
            if state == .dotDot, !up() { return .aboveRoot }
        }
        path = ByteString(out)
        if let hash = arguments.index(of: 0x23) { arguments = arguments[0..<hash] }
        return nil
    }
}
