/// A stream of server-sent events as it came, and as it left the backend where that could be asked.
package struct StreamEvidence: Sendable {
    /// By the public path.
    package let exchange: HTTPExchange
    /// From the backend's own address, at the same time; nil: it was not asked.
    package var direct: HTTPExchange?

    package init(_ exchange: HTTPExchange, direct: HTTPExchange? = nil) {
        self.exchange = exchange
        self.direct = direct
    }

    /// Whether somebody on the way keeps events back.
    package var isKeptBack: Bool { exchange.isDeliveredTogether || isBehind }

    /// Whether the backend's events flow, and a second later none of them has come by the path.
    package var isBehind: Bool {
        guard let flow = direct?.answer?.flow else { return false }
        return exchange.answer?.chunks.isEmpty ?? exchange.outcome.isSilence
            && exchange.elapsed >= flow + Self.grace * 0.9
    }

    /// What a proxy that passes events on needs at most for it.
    static let grace: Duration = .seconds(1)

    /// In half a line.
    package var words: Phrase {
        if isBehind {
            return Phrase(
                en:
                    "the backend's events flow, and \(exchange.elapsed.short) later none had come by the path",
                zh: "后端的事件在持续发送，而 \(exchange.elapsed.short) 后经由该路径一个也没有到达")
        }
        return Phrase(en: "pieces of the stream arrived together", zh: "流的各片段一起到达")
    }
}

extension HTTPAnswer {
    /// When it was clear that pieces come as they are made: the second of two that are 100 ms apart; nil: it is not.
    var flow: Duration? {
        guard mediaType == "text/event-stream", let first = chunks.first else { return nil }
        return chunks.first { $0.at - first.at >= .milliseconds(100) }?.at
    }
}

extension HTTPExchange {
    /// Whether a stream of several events came in one piece, late: somebody kept it back.
    ///
    /// Two events or more that arrive at the same moment, after more than a second of silence, were not made at that moment.
    package var isDeliveredTogether: Bool {
        guard let answer, answer.mediaType == "text/event-stream", let first = answer.chunks.first else {
            return false
        }
        let events = answer.text.split(separator: "\n\n").count
        return answer.chunks.count <= max(1, events / 4) && events >= 3 && first.at > .seconds(1)
    }
}

extension HTTPOutcome {
    /// Whether nothing came, and the connection stood.
    var isSilence: Bool {
        if case .silent(0) = self { true } else { false }
    }
}
