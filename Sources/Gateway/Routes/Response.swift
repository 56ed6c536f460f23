import Bytes

/// An HTTP answer, before it is written.
struct Response {
    var status: Int
    var fields: [(String, String)]
    var body: [UInt8]
    /// The connection ends after it, whatever the request asked for.
    var closes = false

    /// An answer with a JSON body. It is the truth of this moment, so nobody may keep it.
    static func json(_ status: Int, _ text: String, _ fields: [(String, String)] = []) -> Response {
        Response(
            status: status,
            fields: [("Content-Type", "application/json"), ("Cache-Control", "no-store")] + fields,
            body: Array(text.utf8))
    }

    /// An answer without a body.
    static func empty(_ status: Int, _ fields: [(String, String)]) -> Response {
        Response(status: status, fields: fields, body: [])
    }
}
