import Gateway
import JSON
import Testing

/// Holds docs/protocol.md to the code.
@Suite("docs/protocol.md")
struct DialectDocumentTests {
    private let lines: [Substring]

    init() throws {
        lines = try TextFile.readOwn("docs/protocol.md").split(separator: "\n")
    }

    @Test("every error code and close code has its row, and no other has")
    func codes() {
        let rows = lines.filter { $0.hasPrefix("| `") }.compactMap {
            $0.split(separator: "`").dropFirst().first.map(String.init)
        }
        let codes = Set(ErrorCode.allCases.map(\.rawValue))
        #expect(codes.isSubset(of: rows))
        #expect(
            Set(rows.filter { $0.hasPrefix("TOKEN-") || $0.contains("_") && $0 != "user_id" }).isSubset(
                of: codes))
        let own = lines.filter { $0.hasPrefix("| 3") && !$0.hasPrefix("| 3000") && !$0.hasPrefix("| 3500") }
        #expect(
            own.map { $0.dropFirst(2).prefix(4) }
                == SockeyeCloseCode.allCases.map { Substring("\($0.rawValue)") })
        for (row, code) in zip(own, SockeyeCloseCode.allCases) {
            #expect(row.contains("| yes |") == code.invitesReconnect, "\(row)")
        }
    }

    @Test("what the client sends in the examples is understood, what the server sends is JSON")
    func examples() throws {
        var count = 0
        for line in lines {
            let message = String(line.dropFirst(2))
            if line.hasPrefix("→ ") {
                count += 1
                guard message != "ping" else { continue }
                if case .failure(let error, _) = decode(message) { Issue.record("\(line): \(error)") }
            } else if line.hasPrefix("← ") {
                guard message != "pong" else { continue }
                #expect(try JSONValue.parse(message)["type"]?.stringValue != nil)
            }
        }
        #expect(count >= CommandType.allCases.count)
    }

    @Test("every command has its section, and the limits are those of the code")
    func sections() {
        for type in CommandType.allCases { #expect(lines.contains("### \(type.rawValue)")) }
        let limits = lines.filter { $0.hasPrefix("| ") }
        #expect(limits.contains { $0.hasPrefix("| topic name | \(TopicName.longest) bytes") })
        #expect(limits.contains { $0.hasPrefix("| members of a command | \(SockeyeDecoder.memberLimit) ") })
        #expect(limits.contains { $0.hasPrefix("| `id` | \(SockeyeDecoder.idLimit) bytes") })
        #expect(limits.contains { $0.hasPrefix("| nesting of JSON | \(JSONScanner.defaultDepth) levels") })
    }
}
