/// What expressions stand for, once their parts are read.
extension ScriptParser {
    /// `a ? b : c`: told apart by the page's protocol, or the variable that `a` asks for.
    func choice(_ condition: ArraySlice<ScriptToken>, _ left: ScriptValue, _ right: ScriptValue)
        -> ScriptValue
    {
        let strings = condition.compactMap(\.string)
        let asksProtocol = condition.contains {
            $0.name == "protocol" || $0.name == "isSecureContext" || $0.name == "origin"
        }
        guard asksProtocol, left.pieces.count == 1, right.pieces.count == 1 else {
            return left == right ? left : .unknown("")
        }
        let isNegated = condition.contains { $0.isMark("!==") || $0.isMark("!=") || $0.isMark("!") }
        let isPlainTest = strings.contains { $0 == "http:" || $0 == "http" }
        let (secure, plain) = isNegated != isPlainTest ? (right, left) : (left, right)
        return .text([.secure(secure.pieces[0], else: plain.pieces[0])])
    }

    static func join(_ pieces: [TextPiece]) -> [TextPiece] {
        var joined: [TextPiece] = []
        for piece in pieces {
            if case .literal(let right) = piece, case .literal(let left)? = joined.last {
                joined[joined.count - 1] = .literal(left + right)
            } else {
                joined.append(piece)
            }
        }
        return joined
    }

    func meaning(_ chain: [String]) -> ScriptValue {
        if let at = chain.lastIndex(of: "location"), at + 1 < chain.count,
            let part = TextPiece.Location(rawValue: chain[at + 1])
        {
            return .text([.location(part)])
        }
        if let at = chain.lastIndex(of: "env"), at + 1 < chain.count,
            chain.first == "import" || chain.first == "process"
        {
            return .text([.environment(chain[at + 1], fallback: nil)])
        }
        if chain.count == 1, let value = constants[chain[0]] { return value }
        if chain.count > 1, let value = constants[chain.joined(separator: ".")] { return value }
        if chain.count == 2, let value = constants[chain[0]]?[chain[1]] { return value }
        return .unknown(chain.joined(separator: "."))
    }

    static func replaced(_ value: ScriptValue, _ pattern: String, _ new: String) -> ScriptValue {
        let isStart = pattern.hasPrefix("^")
        let old = isStart ? String(pattern.dropFirst()) : pattern
        guard !old.isEmpty, case .text(let pieces) = value else { return value }
        return .text(
            pieces.map { piece in
                switch piece {
                case .literal(let text):
                    guard let before = text.before(old), let after = text.after(old),
                        !isStart || before.isEmpty
                    else { return piece }
                    return .literal(before + new + after)
                // `location.origin.replace(/^http/, 'ws')` and `.protocol` alike: the scheme follows the page's.
                case .location(let part) where old == "http" && new == "ws":
                    guard part == .protocol else { return .unknown("location.\(part.rawValue)") }
                    return .secure(.literal("wss:"), else: .literal("ws:"))
                default: return piece
                }
            })
    }
}
