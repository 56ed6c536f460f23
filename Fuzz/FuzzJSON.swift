#if FUZZING
    import Bytes
    import Gateway
    import JSON
    import PubSub

    /// JSON texts and Sockeye's commands: nothing may trap, skipping and parsing agree, what was read
    /// survives writing.
    func fuzzJSON(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        let input = UnsafeRawBufferPointer(start: data, count: count)
        let skipped = skip(input)
        do throws(JSONError) {
            let value = try JSONValue.parse(input)
            precondition(skipped == nil, "parsed, but not skipped: \(String(describing: skipped))")
            let again = try JSONValue.parse(value.text)
            precondition(again == value, "a value changed when it was written and read again")
        } catch {
            if case .duplicateKey = error {
                precondition(skipped == nil || skipped?.offset ?? 0 >= error.offset, "found too late")
            } else {
                precondition(skipped == error, "skipping and parsing disagree: \(error)")
            }
        }
        // A promise of UTF-8 that is not kept may give wrong text, and nothing worse.
        exercise(SockeyeDecoder.decode(input, isValidUTF8: true), in: input)
        exercise(SockeyeDecoder.decode(input, isValidUTF8: false), in: input)
        return 0
    }

    private let openRights = try? TopicRights([.open])

    private func skip(_ input: UnsafeRawBufferPointer) -> JSONError? {
        do throws(JSONError) {
            var scanner = try JSONScanner(input)
            _ = try scanner.skipValue()
            try scanner.finish()
            return nil
        } catch {
            return error
        }
    }

    /// Every slice lies in the message, and every answer is JSON.
    private func exercise(_ decoding: SockeyeDecoding, in input: UnsafeRawBufferPointer) {
        let answer = ByteBuffer()
        switch decoding {
        case .command(.auth(let token, let id)):
            precondition(lies(token.raw, in: input))
            SockeyeEncoder.appendAuthenticated(user: token.string, expiresAt: nil, id: id, to: answer)
        case .command(.call(let name, let data, let id)):
            precondition(lies(name.raw, in: input))
            if let data { precondition(lies(data, in: input)) }
            SockeyeEncoder.appendPong(id: id, to: answer)
        case .command(.cancel(let stream, let id)), .command(.resume(let stream, _, let id)):
            precondition(lies(stream.raw, in: input))
            SockeyeEncoder.appendPong(id: id, to: answer)
        case .command(.ping(let id)), .command(.inbox(_, let id)), .command(.markRead(_, let id)):
            SockeyeEncoder.appendPong(id: id, to: answer)
        case .command(.publish(let topic, let data, let key, _)):
            precondition(lies(topic.raw, in: input) && lies(data, in: input))
            if let key { precondition(lies(key.raw, in: input)) }
            SockeyeEncoder.appendMessage(topic: topic.string, offset: 1, data: data, to: answer)
        case .command(.subscribe(let topic, _, let id)), .command(.unsubscribe(let topic, let id)),
            .command(.history(let topic, _, let id)), .command(.presence(let topic, let id)):
            precondition(lies(topic.raw, in: input) && topic.decodedCount <= TopicName.longest)
            _ = openRights?.allows(.all, on: topic.string, for: .nobody)
            SockeyeEncoder.appendUnsubscribed(topic: topic.string, id: id, to: answer)
        case .failure(let error, let id):
            SockeyeEncoder.appendError(error, id: id, to: answer)
        }
        guard UTF8Checker.isValid(input) else { return }
        let error = skip(answer.bytes)
        precondition(error == nil, "an answer is not JSON: \(String(describing: error))")
    }

    private func lies(_ slice: UnsafeRawBufferPointer, in input: UnsafeRawBufferPointer) -> Bool {
        guard let start = slice.baseAddress, let base = input.baseAddress else { return slice.isEmpty }
        return start >= base && start + slice.count <= base + input.count
    }
#endif
