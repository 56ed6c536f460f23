public import Bytes
public import HTTPWire
import JSON

/// The answer to the client.
extension Refusal {
    /// Appends the HTTP answer with its JSON body.
    ///
    /// Nothing is appended where no HTTP can be answered (`status` is 0).
    /// - Parameters:
    ///   - keepAlive: whether the connection goes on; false for what the HTTP parser refused.
    ///   - allowedOrigin: the page's origin if it may connect: then its script may read the answer, which it could not
    ///     learn from the WebSocket itself.
    public func appendAnswer(
        keepAlive: Bool, version: HTTPVersion = .http11, omitBody: Bool = false, allowedOrigin: String? = nil,
        to buffer: ByteBuffer
    ) {
        guard status > 0 else { return }
        var all = fields
        all.append(("Content-Type", "application/json; charset=utf-8"))
        all.append(("Cache-Control", "no-store"))
        all.append(("X-Content-Type-Options", "nosniff"))
        if let allowedOrigin {
            all.append(("Access-Control-Allow-Origin", allowedOrigin))
            all.append(("Vary", "Origin"))
        }
        let body = ByteBuffer(capacity: 1_024)
        appendJSON(to: body)
        ResponseWriter.append(
            status: status, fields: all, body: body.bytes, keepAlive: keepAlive, version: version,
            omitBody: omitBody,
            to: buffer)
    }

    /// Appends the body: one JSON object on one line.
    ///
    /// Members: `code`, `status`, `message`, `remedy`; where they apply `missing`, `problems`, `suspectedHop` {`name`,
    /// `words`, `evidence`}, `nginx`, `nearestPath`, `origin` {`received`, `normalized`}. What only the operator may know,
    /// the configured origins, is in the log and in the list of refusals.
    public func appendJSON(to buffer: ByteBuffer) {
        var object = JSONObjectWriter(buffer)
        appendMembers(to: &object, forOperator: false)
        object.end()
    }

    func appendMembers(to object: inout JSONObjectWriter, forOperator: Bool) {
        object.member("code", code)
        object.member("status", Int64(status))
        object.member("message", message)
        object.member("remedy", remedy)
        if !missing.isEmpty { object.member("missing", missing) }
        if !problems.isEmpty { object.member("problems", problems) }
        if let suspect {
            object.member("suspectedHop") { hop in
                hop.member("name", suspect.name)
                hop.member("words", suspect.words)
                hop.member("evidence", suspect.evidence)
            }
        }
        if !nginx.isEmpty { object.member("nginx", nginx) }
        object.member("nearestPath", nearestPath)
        if let origin {
            object.member("origin") { inputs in
                inputs.member("received", origin.received)
                inputs.member("normalized", origin.normalized)
                guard forOperator || origin.profile == "development" else { return }
                inputs.member("allowed", origin.allowed)
                inputs.member("ownLoopbackPorts", origin.ownLoopbackPorts)
                inputs.member("profile", origin.profile)
            }
        }
    }
}
