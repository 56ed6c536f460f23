import Bytes

/// Where the path breaks, seen by asking the same at several points of it.
package struct HopComparison: Equatable, Sendable {
    /// The innermost point at which the handshake still works; nil: at none.
    package let works: String?
    /// The point next to it, further out, at which it does not; nil: it works everywhere that was asked.
    package let breaks: String?
    /// What came there instead.
    package let words: Phrase?
    /// Fields of the two answers that differ: `Server: uvicorn` against `Server: nginx`.
    package let differences: [String]

    /// Compares what was seen from the backend outward; nil: there is nothing to compare.
    ///
    /// - Parameter hops: the innermost first, the public path last.
    package init?(_ hops: [HopEvidence]) {
        guard hops.count > 1 else { return nil }
        let firstBroken = hops.firstIndex { $0.handshake?.isUpgraded != true }
        guard let firstBroken else {
            works = hops.last?.name
            breaks = nil
            words = nil
            differences = []
            return
        }
        let broken = hops[firstBroken]
        breaks = broken.name
        works = firstBroken > 0 ? hops[firstBroken - 1].name : nil
        words = broken.outcomeInWords
        differences = firstBroken > 0 ? Self.differences(hops[firstBroken - 1], broken) : []
    }

    private static func differences(_ good: HopEvidence, _ bad: HopEvidence) -> [String] {
        guard let one = good.handshake?.exchange.answer, let other = bad.handshake?.exchange.answer else {
            return []
        }
        var found: [String] = []
        if one.status != other.status { found.append("\(one.status) → \(other.status)") }
        for name in ["Server", "Via", "Upgrade", "Connection", "Sec-WebSocket-Accept", "Location"] {
            let (left, right) = (one[name], other[name])
            guard (left == nil) != (right == nil) || (left != right && name != "Sec-WebSocket-Accept") else {
                continue
            }
            let words = { (value: String?) in value.map { Excerpt.line($0.pathOnly, limit: 60) } ?? "–" }
            found.append("\(name): \(words(left)) → \(words(right))")
        }
        return found
    }
}

extension HopEvidence {
    /// What came of the handshake here, in half a line.
    package var outcomeInWords: Phrase {
        if let handshake { return handshake.words }
        if let fault = tls?.fault {
            return Phrase(en: "TLS failed: \(fault.words)", zh: "TLS 失败：\(fault.words)")
        }
        if case .failed(let words) = lookup { return Phrase(en: words, zh: "无法解析主机名：\(words)") }
        return addresses.first?.fault?.words ?? ConnectFault.noAddress.words
    }
}

extension ConnectFault {
    /// In half a line.
    package var words: Phrase {
        switch self {
        case .refused: Phrase(en: "connection refused: nobody listens there", zh: "连接被拒绝：该端口无人监听")
        case .filtered:
            Phrase(en: "no answer: filtered by a firewall, or the machine is off", zh: "无应答：被防火墙过滤或主机未运行")
        case .failed(let number):
            Phrase(en: "connecting failed (errno \(number))", zh: "连接失败（errno \(number)）")
        case .noAddress: Phrase(en: "the name has no address", zh: "主机名没有地址")
        case .outOfTime: Phrase(en: "there was no time left", zh: "时间已用尽")
        }
    }
}

extension HandshakeAttempt {
    /// In half a line.
    package var words: Phrase {
        switch verdict {
        case .upgraded: Phrase(en: "101, the WebSocket is open", zh: "101，WebSocket 已打开")
        case .invalid(_, let words):
            Phrase(en: "101, but \(words)", zh: "返回 101，但无效：\(words)")
        case .refused: exchange.outcome.words
        }
    }
}

extension HTTPOutcome {
    /// In half a line.
    package var words: Phrase {
        switch self {
        case .answered(let answer): answer.words
        case .malformed(_, let words, let status):
            Phrase(
                en: "\(status.map { "\($0), " } ?? "")an answer that breaks the rules of HTTP: \(words)",
                zh: "\(status.map { "\($0)，" } ?? "")应答不符合 HTTP 规则：\(words)")
        case .foreign(let bytes):
            switch PortSpeech(firstBytes: bytes) {
            case .http2: Phrase(en: "HTTP/2 frames in answer to HTTP/1.1", zh: "对 HTTP/1.1 请求返回了 HTTP/2 帧")
            case .tls: Phrase(en: "a TLS record in answer to plain HTTP", zh: "对明文 HTTP 请求返回了 TLS 记录")
            default: Phrase(en: "bytes that are no HTTP", zh: "返回的不是 HTTP")
            }
        case .closed(let received, let end):
            switch (received, end) {
            case (0, .reset): Phrase(en: "the connection was reset without an answer", zh: "连接被重置，没有应答")
            case (0, _): Phrase(en: "the connection was closed without an answer", zh: "连接被关闭，没有应答")
            default: Phrase(en: "the connection ended inside the answer", zh: "应答未完成时连接已结束")
            }
        case .silent(0): Phrase(en: "no answer in time", zh: "规定时间内没有应答")
        case .silent(let received):
            Phrase(en: "no whole answer in time, only \(received) bytes", zh: "规定时间内应答不完整，仅 \(received) 字节")
        case .unreachable(let fault): fault.words
        case .tlsFailed(let fault): Phrase(en: "TLS failed: \(fault.words)", zh: "TLS 失败：\(fault.words)")
        }
    }
}
