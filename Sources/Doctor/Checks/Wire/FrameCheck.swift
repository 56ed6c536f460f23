import Bytes

/// After the 101: frames that break the protocol, a subprotocol that was not echoed, a server that closes at once.
struct FrameCheck: Check {
    func findings(_ examination: Examination) -> [Finding] {
        guard let path = examination.probes?.path, path.handshake?.isUpgraded == true else { return [] }
        return [corrupt(path), subprotocol(path), closed(path, examination)].compactMap { $0 }
    }

    private func corrupt(_ path: HopEvidence) -> Finding? {
        var evidence: [Evidence] = []
        var isCompression = false
        if case .violated(let code, let words, let first)? = path.conversation?.end, code.hasPrefix("WS-") {
            isCompression = first.map { $0 & 0x40 != 0 } ?? false
            evidence.append(.seen("without compression agreed on: \(words)", "未协商压缩时：\(words)"))
        }
        if case .violated(let code, let words, _)? = path.conversation?.endAfterGreeting,
            code.hasPrefix("WS-")
        {
            evidence.append(.seen("without compression agreed on: \(words)", "未协商压缩时：\(words)"))
        }
        if case .violated(let code, let words, _)? = path.compressed?.conversation?.end, code.hasPrefix("WS-")
        {
            isCompression = true
            evidence.append(
                .seen("with permessage-deflate offered: \(words)", "提供 permessage-deflate 时：\(words)"))
        }
        guard !evidence.isEmpty else { return nil }
        return Finding(
            .compressionCorruptFrame, confidence: isCompression ? 0.95 : 0.8,
            title: Phrase(en: "frames arrive that break the protocol", zh: "收到违反协议的帧"),
            explanation: Phrase(
                en:
                    "A frame with RSV1 set, or one that does not inflate, means that one side compresses and the other did not agree to it: an extension taken over by hand, or a hop that changes the negotiation (RFC 7692 §6).",
                zh: "带 RSV1 位或无法解压的帧说明一方在压缩而另一方没有同意：手工写入的扩展字段，或途中有组件改动了协商（RFC 7692 §6）。"),
            evidence: evidence,
            fix: Fix(
                en:
                    "Switch compression off on the server and see that it works; then let the library negotiate it, not a header written by hand.",
                zh: "先在服务器上关闭压缩确认可用，然后由程序库协商，而不是手工写头部。"))
    }

    private func subprotocol(_ path: HopEvidence) -> Finding? {
        guard let attempt = path.handshake, !attempt.request.subprotocols.isEmpty,
            case .upgraded(nil, _) = attempt.verdict
        else { return nil }
        let offered = attempt.request.subprotocols.joined(separator: ", ")
        return Finding(
            .subprotocolNotEchoed, confidence: 0.95,
            title: Phrase(
                en: "the server does not take up a subprotocol", zh: "服务器没有选择子协议"),
            explanation: Phrase(
                en:
                    "The page offers \(offered), and the 101 names none: Chrome then fails the connection (“Sent non-empty 'Sec-WebSocket-Protocol' header but no response was received”).",
                zh: "页面提供了 \(offered)，而 101 应答中没有选择，Chrome 会因此断开连接。"),
            evidence: [.handshake(attempt)],
            fix: Fix(
                en:
                    "Let the server answer with Sec-WebSocket-Protocol and one of the values offered; or offer none.",
                zh: "让服务器在应答中返回所提供值之一的 Sec-WebSocket-Protocol，或客户端不提供。"))
    }

    private func closed(_ path: HopEvidence, _ examination: Examination) -> Finding? {
        guard let conversation = path.conversation, conversation.isEndedByServer else { return nil }
        if case .violated = conversation.end { return nil }
        let seen: Evidence
        switch conversation.end {
        case .closed(let code, let reason):
            let words = reason.isEmpty ? "" : " “\(Excerpt.line(reason, limit: 123))”"
            let number = code.map { "\($0)" } ?? "–"
            seen = .seen(
                "close \(number)\(words) \(conversation.age.short) after the 101",
                "101 之后 \(conversation.age.short) 关闭：\(number)\(words)")
        default:
            seen = .seen(
                "the connection was lost \(conversation.age.short) after the 101",
                "101 之后 \(conversation.age.short) 连接丢失")
        }
        if examination.subject.firstMessage != nil { return firstMessage(conversation, seen) }
        // A code of the application's own, and nobody told the doctor the page's token: then this is what it should do.
        var isPolicy = false
        if case .closed(let code?, _) = conversation.end {
            isPolicy = code == 1008 || (3_000...4_999).contains(code)
        }
        if isPolicy, !examination.subject.hasCredentials { return nil }
        return Finding(
            .closedAfterOpen, confidence: 0.8,
            title: Phrase(en: "the server closes right after the handshake", zh: "握手成功后服务器立即关闭连接"),
            explanation: Phrase(
                en:
                    "The path works, and the application does not want this client: a refused token, an error in the handler of new connections, or a first message it waits for.",
                zh: "路径正常，但应用不接受该客户端：token 被拒绝、连接处理函数出错，或在等待第一条消息。"),
            evidence: [seen],
            fix: Fix(
                en:
                    "Look into the application's log at this moment; give the token and the first message of the page (--token, --auth, --first-message) and look again.",
                zh: "查看应用此刻的日志；用 --token、--auth、--first-message 提供页面的 token 和第一条消息后再检查。"))
    }

    /// The server closes after what the client says first, though codes of its own are meant for that.
    private func firstMessage(_ conversation: Conversation, _ seen: Evidence) -> Finding? {
        guard case .closed(let code, let reason) = conversation.end, let code else { return nil }
        // 1000 … 1001 is an ordinary goodbye; a policy, a refusal or a code of the application's own is an answer.
        guard code == 1008 || code == 1003 || code == 1007 || (3_000...4_999).contains(code) else {
            return nil
        }
        if let heard = Complaint.heard(in: reason), heard != .tokenRefused, heard != .tokenMissing {
            return nil
        }
        return Finding(
            .authMessageTypeMismatch, confidence: 0.7,
            title: Phrase(
                en: "the server refuses the client's first message", zh: "服务器拒绝客户端的第一条消息"),
            explanation: Phrase(
                en:
                    "The connection opens, the client says its first message, and the server closes with a code of its own: the message has another type or form than the server expects, or its token is refused.",
                zh: "连接已打开，客户端发送第一条消息后服务器以自定义代码关闭：消息的类型或格式与服务器期望的不同，或其中的 token 被拒绝。"),
            evidence: [seen],
            fix: Fix(
                en:
                    "Compare the first message with what the server reads: the name of its type and of each member, letter by letter.",
                zh: "将第一条消息与服务器读取的内容逐字比较：类型名和每个成员名。"))
    }
}
