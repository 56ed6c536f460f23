import Bytes
import JSON
import PubSub

extension Response {
    /// What a topic's home had to say, over HTTP.
    init(_ answer: TopicAnswer) {
        switch answer {
        case .published(let topic, let position, let isDuplicate):
            let body = ByteBuffer()
            var object = JSONObjectWriter(body)
            object.member("topic", topic)
            object.member("epoch", position.epoch.description)
            object.member("offset", Int64(clamping: position.offset))
            if isDuplicate { object.member("duplicate", true) }
            object.end()
            self = .json(200, body.array)
        case .passed(let topic):
            let body = ByteBuffer()
            var object = JSONObjectWriter(body)
            object.member("topic", topic)
            object.end()
            self = .json(200, body.array)
        case .message(let message): self = .json(200, message)
        case .page(let members), .presence(let members):
            self = .json(200, Array("{".utf8) + members + Array("}".utf8))
        case .failed(let error), .notJoined(let error): self = .failure(error)
        // No request subscribes.
        case .joined: self = .empty(204, [])
        }
    }

    /// A command that was not carried out.
    static func failure(_ error: SockeyeError) -> Response {
        let status =
            switch error.code {
            case .topicForbidden: 403
            case .storeUnavailable: 503
            case .keyRefused, .positionUnknown, .presenceNotKept: 409
            case .dataTooLong: 413
            case .rateLimited: 429
            default: 400
            }
        var fields: [(String, String)] = []
        if case .rateLimited(_, let wait) = error { fields = [("Retry-After", "\((wait &+ 999) / 1000)")] }
        return .problem(status, error.code.rawValue, error.description, error.remedy, fields)
    }
}
