#if FUZZING
    import Bytes
    import HTTPWire

    /// Request and response heads, chunked bodies, targets and URLs: nothing may trap, and no split may
    /// change a result.
    ///
    /// The first byte says where the rest is cut in two; the rest is read as a request, a response, a body
    /// and a URL.
    func fuzzHead(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
        guard count > 0 else { return 0 }
        let input = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
        let cut = input.isEmpty ? 0 : Int(data[0]) * input.count / 255
        let request = readRequest(input, cut: input.count)
        precondition(request == readRequest(input, cut: cut), "the split at \(cut) changed the request")
        precondition(
            readResponse(input, cut: input.count) == readResponse(input, cut: cut),
            "the split changed the response")
        precondition(
            readBody(input, cut: input.count) == readBody(input, cut: cut), "the split changed the body")
        if case .success(let head?) = request { exercise(head) }
        if let url = try? URLParts(String(decoding: input, as: UTF8.self)) {
            precondition(
                (try? URLParts(url.description)) == url, "a URL changed when it was written and read again")
        }
        return 0
    }

    private func readRequest(_ input: UnsafeRawBufferPointer, cut: Int) -> Result<RequestHead?, HTTPError> {
        var parser = RequestParser()
        do throws(HTTPError) {
            if let first = try parser.parse(UnsafeRawBufferPointer(rebasing: input[..<cut])) {
                return .success(first.head)
            }
            return .success(try parser.parse(input)?.head)
        } catch { return .failure(error) }
    }

    private func readResponse(_ input: UnsafeRawBufferPointer, cut: Int) -> Result<ResponseHead?, HTTPError> {
        var parser = ResponseParser()
        do throws(HTTPError) {
            if let first = try parser.parse(UnsafeRawBufferPointer(rebasing: input[..<cut])) {
                return .success(first.head)
            }
            return .success(try parser.parse(input)?.head)
        } catch { return .failure(error) }
    }

    private func readBody(_ input: UnsafeRawBufferPointer, cut: Int) -> Result<[UInt8], HTTPError> {
        var body: [UInt8] = []
        do throws(HTTPError) {
            var reader = try BodyReader(.chunked, limits: HTTPLimits(body: 4_096))
            for part in [input[..<cut], input[cut...]] {
                _ = try reader.read(UnsafeRawBufferPointer(rebasing: part)) { body += $0 }
            }
            return .success(body)
        } catch { return .failure(error) }
    }

    /// Everything that is computed from a head on demand.
    private func exercise(_ head: RequestHead) {
        precondition(head.hasPath(head.path), "a path is not itself")
        _ = head.pathSegments
        // A name that is not UTF-8 was changed when it was read.
        for (name, value) in head.queryItems where !name.unicodeScalars.contains("\u{FFFD}") {
            precondition(head.query(name) != nil, "\(name)=\(value) was lost")
        }
        for (name, _) in head.fields {
            precondition(head.fields[name] != nil, "the field \(name) was lost")
            _ = head.fields.elements(of: name)
        }
        let isAttempt = Handshake.isAttempt(head)
        if case .accepted(let accepted) = Handshake.validate(head) {
            precondition(isAttempt, "accepted, but no attempt")
            _ = accepted.offeredProtocols + accepted.extensions
            let buffer = ByteBuffer()
            precondition(
                Handshake.appendResponse(accepted, subprotocol: accepted.offeredProtocols.first, to: buffer))
        }
    }
#endif
