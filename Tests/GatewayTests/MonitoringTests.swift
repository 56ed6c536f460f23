import Foundation
import JSON
import Testing

@testable import Gateway

/// The dashboard and the alert rules speak of what exists.
@Suite("docs/grafana, docs/prometheus") struct MonitoringTests {
    static let files = ["docs/grafana/sockeye.json", "docs/prometheus/alerts.yml"]

    @Test(arguments: files) func `every metric is one of docs/metrics.md, and has the labels used`(
        _ file: String
    ) throws {
        var labels: [String: String] = [:]
        for row in try TextFile.readOwn("docs/metrics.md").split(separator: "\n")
        where row.hasPrefix("| `sockeye_") {
            let cells = row.split(separator: "|").map { $0.filter { $0 != "`" && $0 != " " } }
            labels[cells[0]] = cells.count > 3 ? cells[2] : ""
        }
        let text = try TextFile.readOwn(file).replacing("\\\"", with: "\"")
        var used: Set<String> = []
        for match in text.matches(of: #/\b(sockeye_[a-z_]+[a-z])(?:\{([^}]*)\})?/#) {
            let name = String(match.output.1)
            let family = ["_bucket", "_sum", "_count"].reduce(name) {
                labels[$0] == nil && $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0
            }
            let known = try #require(labels[family], "\(file): there is no \(name)")
            used.insert(family)
            for label in (match.output.2 ?? "").split(separator: ",") {
                let label = String(label.prefix { $0 != "=" })
                #expect(
                    ["job", "instance"].contains(label) || known.contains(label), "\(file): \(name){\(label)}"
                )
            }
        }
        #expect(used.count >= 5)
    }

    @Test func `the codes that raise an alert exist`() throws {
        let closes = [1006] + SockeyeCloseCode.allCases.map { Int($0.rawValue) }
        let codes = RefusalCode.allCases.map(\.rawValue) + closes.map { "\($0)" }
        let matches = try TextFile.readOwn(Self.files[1]).matches(of: #/code="([^"]+)"/#)
        #expect(matches.count >= 3)
        for match in matches { #expect(codes.contains(String(match.output.1))) }
    }

    @Test func `the dashboard is JSON, and no two panels are in one place`() throws {
        guard case .object(let root) = try JSONValue.parse(try TextFile.readOwn(Self.files[0])),
            case .array(let panels)? = root.members.first(where: { $0.key == "panels" })?.value
        else {
            Issue.record("it has no panels")
            return
        }
        let places = panels.map { "\($0["gridPos"].map { "\($0)" } ?? "")" }
        #expect(panels.count >= 12 && Set(places).count == panels.count)
    }
}
