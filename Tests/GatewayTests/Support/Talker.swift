import Foundation
import JSON
import Testing

/// A client that speaks Sockeye's JSON protocol, one message at a time.
struct Talker {
    let client: TestClient

    init(_ client: TestClient) {
        self.client = client
    }

    /// A message from the server.
    struct Heard {
        let text: String

        func string(_ name: String) -> String? {
            if case .string(let text)? = value(name) { text } else { nil }
        }

        func integer(_ name: String) -> Int? {
            if case .number(let number)? = value(name) { Int(number.text) } else { nil }
        }

        /// Every number that stands behind a member of that name, at any depth, in order.
        func numbers(_ name: String) -> [Int] {
            text.components(separatedBy: "\"\(name)\":").dropFirst().compactMap {
                Int($0.prefix { $0.isNumber })
            }
        }

        private func value(_ name: String) -> JSONValue? {
            guard case .object(let object)? = try? JSONValue.parse(text) else { return nil }
            return object.members.first { $0.key == name }?.value
        }
    }

    func say(_ text: String) {
        client.send(text)
    }

    func hear() throws -> Heard {
        guard case .text(let text) = try client.next() else { throw NotText() }
        return Heard(text: text)
    }

    func ask(_ text: String) throws -> Heard {
        say(text)
        return try hear()
    }

    struct NotText: Error {}
}

/// A directory that is gone with its owner.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sockeye-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
