/// Names of header fields that a proxy writes anew: Go's standard library writes `Sec-Websocket-Key`.
struct HeaderCaseCheck: Check {
    /// Whether a recording shows 400 for the other spelling, and 101 for the usual one or words that miss the field.
    private func isRefusedAsWritten(_ examination: Examination) -> Bool {
        let responses = examination.files.responses
        guard responses.contains(where: { [400, 426].contains($0.status) }) else { return false }
        let isUsualTaken =
            responses.contains { $0.status == 101 }
            && examination.files.requests.contains {
                $0.fields.contains { $0.name.hasPrefix("Sec-WebSocket-") }
            }
        return isUsualTaken
            || responses.contains { $0.status >= 400 && $0.body.lowercased().holds("sec-websocket-") }
    }

    func findings(_ examination: Examination) -> [Finding] {
        let seen = examination.files.requests.first { request in
            request.fields.contains {
                $0.name.lowercased().hasPrefix("sec-websocket-") && !$0.name.hasPrefix("Sec-WebSocket-")
            }
        }
        let goProxy: (String, FilePlace)? =
            examination.files.caddy.compactMap { caddy in
                caddy.all("reverse_proxy").first.map { ("Caddy", $0.place) }
            }.first
            ?? examination.files.routes.first { $0.proxy == .traefik }.map { ("Traefik", $0.place) }
        guard seen != nil || goProxy != nil else { return [] }
        // Field names are case-insensitive (RFC 9110 §5.1): only a refusal makes a fault of it.
        let refusal = examination.probes?.symptoms.first { symptom, _ in
            if case .handshakeStatus(400) = symptom { true } else { false }
        }?.value
        let isFault =
            goProxy != nil && refusal != nil
            || seen != nil
                && (!examination.files.events(.upgradeMissing, .handshakeFieldMissing).isEmpty
                    || isRefusedAsWritten(examination))
        var evidence: [Evidence] = []
        if let seen,
            let field = seen.fields.first(where: { $0.name.lowercased().hasPrefix("sec-websocket-") })
        {
            evidence.append(
                .file("the backend got the field \(field.name)", "后端收到的字段为 \(field.name)", at: field.place))
        }
        if let goProxy {
            evidence.append(
                .file(
                    "\(goProxy.0) passes the handshake on; it is written in Go, whose HTTP library spells it Sec-Websocket-Key",
                    "\(goProxy.0) 转发握手；它用 Go 编写，其 HTTP 库会写成 Sec-Websocket-Key", at: goProxy.1))
        }
        if let refusal { evidence.append(refusal) }
        return [
            Finding(
                .headerCaseAltered, isFault ? .error : .info, confidence: isFault ? 0.7 : 0.3,
                title: say("the proxy changes the spelling of header names", "代理改变了头名称的大小写"),
                explanation: say(
                    "Names of fields are case-insensitive, so servers that follow RFC 9110 do not notice. Firmware and hand-written servers that compare bytes refuse the handshake with 400.",
                    "字段名不区分大小写，遵循 RFC 9110 的服务器不会受影响。按字节比较的固件和手写服务器会以 400 拒绝握手。"),
                evidence: evidence, place: goProxy?.1 ?? seen?.place,
                fix: Fix(
                    "put a proxy that keeps the spelling before this backend (nginx, HAProxy), or mend the backend to compare without case",
                    "在该后端前使用保留大小写的代理（nginx、HAProxy），或修改后端使其不区分大小写"))
        ]
    }
}
