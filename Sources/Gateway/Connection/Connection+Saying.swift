import Bytes
import JSON
import PubSub
import WebSocketWire

// What a client of the JSON protocol is told: answers to its commands, some of which come by mail from another loop.
extension Connection {
    func subscribed(_ answer: JoinAnswer, id: [UInt8]) {
        withLoop { loop in
            loop.connectionLog?.subscribed(self, answer.topic)
            eventStream?.joined(answer)
            say(followedBy: answer.past) { buffer in
                id.withUnsafeBytes { loop.subscribedHead.append(answer, id: $0, to: buffer) }
            }
        }
    }

    func unsubscribed(from topic: String, id: [UInt8]) {
        say { buffer in
            id.withUnsafeBytes { SockeyeEncoder.appendUnsubscribed(topic: topic, id: $0, to: buffer) }
        }
    }

    /// What a topic's home had to say.
    func answered(_ answer: TopicAnswer, id: [UInt8]) {
        id.withUnsafeBytes { id in
            switch answer {
            case .published(let topic, let position, let isDuplicate):
                // Told to those who gave an id, since nobody else could tell which message is meant.
                if id.isEmpty { return }
                say {
                    SockeyeEncoder.appendPublished(
                        topic: topic, offset: position.offset, isDuplicate: isDuplicate, id: id, to: $0)
                }
            case .failed(let error), .notJoined(let error): refuse(error, id: id)
            case .message(let message): say { $0.append(message) }
            case .page(let members): say(members, as: .history, id: id)
            case .presence(let members): say(members, as: .presence, id: id)
            case .joined(let answer): subscribed(answer, id: [UInt8](id))
            // Clients of this protocol publish nothing volatile.
            case .passed: break
            }
        }
    }

    private func say(_ members: [UInt8], as type: CommandType, id: UnsafeRawBufferPointer) {
        say { buffer in
            buffer.append(#"{"type":""#)
            buffer.append(type.rawValue)
            buffer.append(#"","#)
            members.withUnsafeBytes { buffer.append($0) }
            SockeyeEncoder.appendEnd(id, to: buffer)
        }
    }

    func refuse(_ error: SockeyeError, id: UnsafeRawBufferPointer) {
        say { SockeyeEncoder.appendError(error, id: id, to: $0) }
    }

    /// Appends one message to the replies.
    ///
    /// What comes by mail finds nobody reading, and sends at once.
    ///
    /// - Parameter frames: whole frames that go with it.
    func say(followedBy frames: [UInt8] = [], _ encode: (ByteBuffer) -> Void) {
        guard phase == .open else { return }
        withLoop { loop in
            encode(loop.work)
            reply(.text, loop.work.bytes, compress: writer != nil)
            loop.work.removeAll(keepingCapacity: LoopState.keptCapacity)
            if !frames.isEmpty { frames.withUnsafeBytes { loop.reply.append($0) } }
            if !isReading { flushReply(on: loop) }
        }
    }
}
