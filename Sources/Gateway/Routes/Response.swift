import Bytes
import JSON

/// An HTTP answer, before it is written.
struct Response: Sendable {
    var status: Int
    var fields: [(String, String)]
    var body: [UInt8]

    /// An answer with a JSON body.
    ///
    /// It is the truth of this moment, so nobody may keep it.
    static func json(_ status: Int, _ body: [UInt8], _ fields: [(String, String)] = []) -> Response {
        Response(
            status: status,
            fields: [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store")]
                + fields,
            body: body)
    }

    /// Something is wrong with the request, told as everywhere: a stable code, what happened, what to do.
    static func problem(
        _ status: Int, _ code: String, _ message: String, _ remedy: String, _ fields: [(String, String)] = []
    ) -> Response {
        let body = ByteBuffer()
        var object = JSONObjectWriter(body)
        object.member("code", code)
        object.member("message", message)
        object.member("remedy", remedy)
        object.end()
        return json(status, body.array, fields)
    }

    /// An answer without a body.
    static func empty(_ status: Int, _ fields: [(String, String)]) -> Response {
        Response(status: status, fields: fields, body: [])
    }
}
