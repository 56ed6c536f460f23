/// Why a request to the HTTP API is refused before anything is done.
///
/// What was sent is quoted in excerpts of at most 64 bytes.
enum APIError: Error, Equatable {
    /// There is no connection of this id any more.
    case connectionUnknown(String)
    /// A parameter of the query appears twice.
    case duplicateParameter(String)
    /// There is no socket of this id any more.
    case socketUnknown(String)
    /// Not exactly one of several members is there.
    case notExactlyOne([String])
    /// A parameter that must be there is not.
    case missingParameter(String)
    /// Something that commands over WebSockets are refused for too.
    case dialect(SockeyeError)
    /// A token that cannot be made.
    case token(code: String, words: String, remedy: String)
    /// The token to be revoked has no id that it could be told by.
    case tokenWithoutID
    /// A member nobody knows; the one that was probably meant.
    case unknownMember(String, nearest: String?)
    /// A parameter nobody knows; the one that was probably meant.
    case unknownParameter(String, nearest: String?)
    /// A parameter has a value of the wrong kind.
    case wrongParameter(String, expected: String)

    /// The codes that no command over WebSockets is refused with; docs/http-api.md lists them.
    enum Code: String, CaseIterable {
        case connectionUnknown = "connection_unknown"
        case duplicateParameter = "duplicate_parameter"
        case missingParameter = "missing_parameter"
        case notExactlyOne = "not_exactly_one"
        case socketUnknown = "socket_unknown"
        case tokenWithoutID = "token_without_id"
        case unknownMember = "unknown_member"
        case unknownParameter = "unknown_parameter"
        case wrongParameter = "wrong_parameter"
    }

    /// The answer.
    var response: Response {
        switch self {
        case .connectionUnknown(let id):
            .problem(
                404, Code.connectionUnknown.rawValue, "there is no connection \"\(id)\"",
                "GET /api/v1/connections tells those that are open")
        case .socketUnknown(let id):
            .problem(
                404, Code.socketUnknown.rawValue, "there is no socket \"\(id)\"",
                "a socket's id is told to its client at connect, and to webhooks")
        case .duplicateParameter(let name):
            .problem(
                400, Code.duplicateParameter.rawValue, "the parameter \"\(name)\" appears twice",
                "give every parameter once")
        case .notExactlyOne(let names):
            .problem(
                400, Code.notExactlyOne.rawValue, "exactly one of \(Self.list(names)) must be there",
                "send one of them and leave out the others")
        case .missingParameter(let name):
            .problem(
                400, Code.missingParameter.rawValue, "the parameter \"\(name)\" is missing",
                "add ?\(name)=… to the URL")
        case .dialect(let error): .failure(error)
        case .token(let code, let words, let remedy): .problem(400, code, words, remedy)
        case .tokenWithoutID:
            .problem(
                409, Code.tokenWithoutID.rawValue,
                "the token has no id (jti), so it cannot be told from the others of its user",
                "revoke all of them: send the user instead")
        case .unknownMember(let name, let nearest):
            .problem(
                400, Code.unknownMember.rawValue, "the member \"\(name)\" means nothing here",
                nearest.map { "did you mean \"\($0)\"?" } ?? "leave it out; openapi.json tells the members")
        case .unknownParameter(let name, let nearest):
            .problem(
                400, Code.unknownParameter.rawValue, "the parameter \"\(name)\" means nothing here",
                nearest.map { "did you mean \"\($0)\"?" } ?? "leave it out; openapi.json tells the parameters"
            )
        case .wrongParameter(let name, let expected):
            .problem(
                400, Code.wrongParameter.rawValue, "the parameter \"\(name)\" is not \(expected)",
                "give \(name) as \(expected)")
        }
    }

    private static func list(_ names: [String]) -> String {
        names.map { "\"\($0)\"" }.joined(separator: ", ")
    }
}
