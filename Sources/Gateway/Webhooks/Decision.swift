import Bytes
import JSON
import Outgoing

/// What a backend that decides has decided.
enum Decision: Sendable {
    /// What it wants beside.
    struct Wishes: Sendable {
        /// Topics that a new connection is subscribed to.
        var subscribe: [String] = []
        /// What is published instead, as JSON text.
        var data: [UInt8]?
    }

    case allowed(Wishes)
    /// No, with a code and words of its own.
    case denied(code: String?, message: String?)
    /// It could not be asked, or did not say; whether that means yes is configured.
    case unknown(code: String, words: String, isAllowed: Bool)

    init(_ result: Result<OutgoingResponse, OutgoingError>) {
        switch result {
        case .failure(let error):
            self = .unknown(code: error.code, words: error.description, isAllowed: false)
        case .success(let response) where !response.head.isSuccess:
            self = .unknown(
                code: "OUT-STATUS", words: "the backend answered \(response.status)", isAllowed: false)
        case .success(let response):
            do throws(Unusable) {
                self = try Self.read(response.body)
            } catch {
                self = .unknown(
                    code: "WEBHOOK-ANSWER", words: "the backend's answer decides nothing: \(error.words)",
                    isAllowed: false)
            }
        }
    }

    private struct Unusable: Error {
        let words: String
    }

    /// `{"allow":true,"subscribe":[…],"data":…}` or `{"allow":false,"code":"…","message":"…"}`.
    private static func read(_ body: [UInt8]) throws(Unusable) -> Decision {
        let parsed: Result<JSONValue, JSONError> = body.withUnsafeBytes { bytes in
            do throws(JSONError) {
                return .success(try JSONValue.parse(bytes))
            } catch {
                return .failure(error)
            }
        }
        guard case .success(let value) = parsed else { throw Unusable(words: "it is not JSON") }
        guard let isAllowed = value["allow"]?.boolValue else {
            throw Unusable(words: "it has no \"allow\" of true or false")
        }
        guard isAllowed else {
            let code = value["code"]?.stringValue.flatMap { isUsable(code: $0) ? $0 : nil }
            return .denied(code: code, message: value["message"]?.stringValue.map { String($0.prefix(500)) })
        }
        var wishes = Wishes()
        for topic in value["subscribe"]?.arrayValue ?? [] {
            guard let name = topic.stringValue, (try? TopicName.check(name)) != nil else {
                throw Unusable(words: "\"subscribe\" is not a list of topics")
            }
            wishes.subscribe.append(name)
        }
        wishes.data = raw("data", in: body)
        return .allowed(wishes)
    }

    /// A member as it was written.
    private static func raw(_ name: StaticString, in body: [UInt8]) -> [UInt8]? {
        body.withUnsafeBytes { bytes in
            guard var scanner = try? JSONScanner(bytes), var hasMore = try? scanner.enterObject() else {
                return nil
            }
            while hasMore {
                guard let key = try? scanner.key(), let value = try? scanner.skipValue() else { return nil }
                if key.equals(name) { return [UInt8](value) }
                hasMore = (try? scanner.endMember()) ?? false
            }
            return nil
        }
    }

    /// Codes go to clients as they are, so they look like codes.
    private static func isUsable(code: String) -> Bool {
        let octets = code.utf8
        return (1...64).contains(octets.count)
            && octets.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
