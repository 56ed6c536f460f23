public import JSON
public import PubSub
public import Tokens

/// Why a command is not carried out; what an `error` message is made of.
///
/// What a client sent is quoted in excerpts of at most 64 bytes, tokens never.
public enum SockeyeError: Error, Equatable, Sendable {
    /// This endpoint takes tokens with the handshake only.
    case authenticationElsewhere
    /// Something other than `auth` or `ping` came before authentication.
    case authenticationRequired
    /// The backend that decides could not be asked, or did not decide.
    case backendUnavailable
    /// A binary message, where JSON text is spoken.
    case binaryMessage
    /// The topic's name holds control characters.
    case controlCharacterInTopic
    /// The data of a publication is too long; counts are bytes.
    case dataTooLong(count: Int, limit: Int)
    /// The team's backend said no, with what it had to say about it.
    case denied(code: String?, message: String?)
    /// A member appears twice.
    case duplicateMember(String)
    /// The topic's name is empty.
    case emptyTopic
    /// The server is being stopped.
    case goingAway
    /// The id is too long to be echoed; counts are bytes of its JSON text.
    case idTooLong(count: Int, limit: Int)
    /// The inbox could not be read or changed; why.
    case inboxFailed(String)
    /// The message is not strict JSON.
    case json(JSONError)
    /// The topic keeps no keys, or the key has no bytes or too many.
    case keyRefused(PublishRefusal)
    /// A member the command needs is not there; no type means that the type itself is missing.
    case missingMember(String, of: CommandType?)
    /// A member that must be a string is something else.
    case notAString(String, of: CommandType?)
    /// The message is JSON but not an object.
    case notAnObject
    /// A token for another user came on an authenticated connection.
    case otherUser
    /// The right to do it is not given.
    case notAllowed(CommandType, topic: String)
    /// A position that is not one of the topic's: of another epoch, or ahead of it.
    case positionUnknown(RecoveryRefusal)
    /// The topic keeps no presence.
    case presenceNotKept(String)
    /// One connection, user or address does it too often; for how many milliseconds it must wait.
    case rateLimited(String, wait: UInt64)
    /// A stream has no such piece yet; its last one.
    case streamPosition(Int, last: Int)
    /// What must be stored could not be; whether it was is unknown when `isUnknown`.
    case storeFailed(String, isUnknown: Bool)
    /// The token is refused.
    case token(TokenError)
    /// The user has as many answers of a call under way as he may.
    case tooManyCalls(String, limit: Int)
    /// The command has more members than any command.
    case tooManyMembers(limit: Int)
    /// The connection has as many subscriptions as it may.
    case tooManySubscriptions(limit: Int)
    /// The topic's name is too long; counts are bytes.
    case topicTooLong(count: Int, limit: Int)
    /// There is no call of this name.
    case unknownCall(String)
    /// There is no such stream for this user.
    case unknownStream
    /// The type names no command; the one that was probably meant.
    case unknownType(String, nearest: CommandType?)
    /// The id is neither a number nor a string.
    case wrongID
    /// A member has a value of the wrong kind.
    case wrongMember(String, expected: String)
    /// The path names another user than the token.
    case wrongPathUser

    /// The longest quotation of what a client sent, in bytes.
    static let excerptLimit = 64

    /// The stable code a client can act on.
    public var code: ErrorCode {
        switch self {
        case .authenticationElsewhere: .authenticationElsewhere
        case .authenticationRequired: .authenticationRequired
        case .backendUnavailable: .backendUnavailable
        case .binaryMessage: .binaryMessage
        case .controlCharacterInTopic: .topicControlCharacter
        case .dataTooLong: .dataTooLong
        case .denied: .denied
        case .duplicateMember: .duplicateMember
        case .emptyTopic: .topicEmpty
        case .goingAway: .goingAway
        case .idTooLong: .idTooLong
        case .inboxFailed: .storeUnavailable
        case .json(.duplicateKey): .duplicateMember
        case .json: .malformedJSON
        case .keyRefused(.storeBehind): .storeUnavailable
        case .keyRefused: .keyRefused
        case .missingMember: .missingMember
        case .notAString, .wrongID, .wrongMember: .wrongMemberType
        case .notAllowed: .topicForbidden
        case .notAnObject: .notAnObject
        case .otherUser: .otherUser
        case .positionUnknown: .positionUnknown
        case .presenceNotKept: .presenceNotKept
        case .rateLimited: .rateLimited
        case .storeFailed: .storeUnavailable
        case .streamPosition: .positionUnknown
        case .token(let error): ErrorCode(error)
        case .tooManyCalls: .tooManyCalls
        case .tooManyMembers: .tooManyMembers
        case .tooManySubscriptions: .tooManySubscriptions
        case .topicTooLong: .topicTooLong
        case .unknownCall: .callUnknown
        case .unknownStream: .streamUnknown
        case .unknownType: .unknownType
        case .wrongPathUser: .pathUser
        }
    }
}

extension SockeyeError {
    /// The code as the wire has it: a backend's own where it gave one.
    var wireCode: String {
        if case .denied(let code?, _) = self { code } else { code.rawValue }
    }
}

extension SockeyeError: CustomStringConvertible {
    /// What is wrong, in words.
    public var description: String {
        switch self {
        case .authenticationElsewhere: "this endpoint takes no token in a message"
        case .authenticationRequired: "this connection is not authenticated yet"
        case .backendUnavailable: "the backend that decides about this could not be asked"
        case .binaryMessage: "a binary message was sent where JSON text is spoken"
        case .controlCharacterInTopic: "the topic's name holds a control character"
        case .dataTooLong(let count, let limit): "the data has \(count) bytes, more than the \(limit) allowed"
        case .denied(_, let message?): message
        case .denied(_, nil): "the backend said no"
        case .duplicateMember(let name): "the member \"\(name)\" appears twice"
        case .emptyTopic: "the topic's name is empty"
        case .goingAway: "the server is shutting down"
        case .idTooLong(let count, let limit): "the id has \(count) bytes, more than the \(limit) allowed"
        case .inboxFailed(let why): "the inbox cannot be used: \(why)"
        case .json(let error): "the message is not strict JSON: \(error)"
        case .keyRefused(.keyNotKept): "the topic keeps no publication keys"
        case .keyRefused(.keyLength): "a publication key has 1 to \(StreamPolicy.Keys.longest) bytes"
        case .keyRefused(.storeBehind): "too much waits to be stored"
        case .missingMember(let name, let type?): "\"\(type.rawValue)\" needs the member \"\(name)\""
        case .missingMember(let name, nil): "the member \"\(name)\" is missing"
        case .notAString(let name, _): "the member \"\(name)\" is not a string"
        case .notAnObject: "the message is JSON but not an object"
        case .notAllowed(let type, let topic): "no right to \(type.deed) \"\(topic)\""
        case .otherUser: "the token is for another user than this connection has"
        case .positionUnknown(let reason): "the position is not one of the topic's (\(reason.rawValue))"
        case .presenceNotKept(let topic): "it is not kept who is there on \"\(topic)\""
        case .rateLimited(let subject, let wait):
            "too much at once for one \(subject): this may be done again in \(wait) ms"
        case .storeFailed(let why, let isUnknown):
            isUnknown ? "it is unknown whether the message was stored: \(why)" : "not stored: \(why)"
        case .streamPosition(let offset, let last):
            "the stream has no piece \(offset) yet; its last is \(last)"
        case .token(let error): error.description
        case .tooManyCalls(let name, let limit):
            "\(limit) answers of \"\(name)\" are under way for this user, the most there may be"
        case .tooManyMembers(let limit): "the command has more than \(limit) members"
        case .tooManySubscriptions(let limit):
            "this connection has \(limit) subscriptions, the most it may have"
        case .topicTooLong(let count, let limit):
            "the topic's name has \(count) bytes, more than the \(limit) allowed"
        case .unknownCall(let name): "there is no call \"\(name)\""
        case .unknownStream: "this user has no such stream, or it is not kept any more"
        case .unknownType(let found, let nearest?):
            "unknown type \"\(found)\": expected \"\(nearest.rawValue)\""
        case .unknownType(let found, nil):
            "unknown type \"\(found)\": expected one of \(Self.allTypes)"
        case .wrongID: "the member \"id\" is neither a number nor a string"
        case .wrongMember(let name, let expected): "the member \"\(name)\" is not \(expected)"
        case .wrongPathUser: "the path names another user than the token"
        }
    }

    /// What the client can do about it.
    public var remedy: String {
        switch self {
        case .authenticationElsewhere:
            "send the token with the handshake: in the query, Authorization or the subprotocol"
        case .authenticationRequired: "first send \(CommandType.auth.example)"
        case .backendUnavailable: "try again in a moment; the server's log tells more"
        case .binaryMessage: "send commands as text messages"
        case .controlCharacterInTopic: "leave out U+0000 to U+001F and U+007F to U+009F"
        case .dataTooLong: "send less, or a reference to where the data can be fetched"
        case .denied: "ask whoever runs the application"
        case .duplicateMember: "give every member once"
        case .emptyTopic: "name the topic in 1 to \(TopicName.longest) bytes"
        case .goingAway: "come back, and call again"
        case .idTooLong: "use a number or a short string"
        case .inboxFailed: "try again in a moment; the server's log tells more"
        case .json(let error): error.remedy
        case .keyRefused(.keyNotKept):
            "leave the key out, or set keys for the topic in the server's configuration"
        case .keyRefused(.keyLength): "use a UUID, for example"
        case .keyRefused(.storeBehind): "publish again in a moment"
        case .missingMember(_, let type?), .notAString(_, let type?): "send \(type.example)"
        case .missingMember(_, nil), .notAString(_, nil):
            "send an object such as \(CommandType.subscribe.example)"
        case .notAnObject: "send an object such as \(CommandType.subscribe.example)"
        case .notAllowed: "the server's configuration must give the right ([[right]])"
        case .otherUser: "open another connection for another user"
        case .positionUnknown: "ask without since, or subscribe to learn where the topic stands"
        case .presenceNotKept: "set presence = true for the topic in the server's configuration"
        case .rateLimited:
            "send it again after retry_after_ms; the server's configuration sets the limit ([[rate]])"
        case .storeFailed: "publish again, with the same key so that it cannot be published twice"
        case .streamPosition: "resume from the last piece that was seen"
        case .token(let error): error.remedy
        case .tooManyCalls: "wait for one of them to end, or cancel it"
        case .tooManyMembers: "send only the members the command has"
        case .tooManySubscriptions: "unsubscribe from topics no longer needed, or use broader topics"
        case .topicTooLong: "use a shorter name"
        case .unknownCall: "the server's configuration names the calls there are ([[call]])"
        case .unknownStream: "call again"
        case .unknownType(_, let nearest?): "send \(nearest.example)"
        case .unknownType(_, nil): "see docs/protocol.md for the commands"
        case .wrongMember(let name, let expected): "give \(name) as \(expected)"
        case .wrongPathUser: "dial the path of the token's own user"
        case .wrongID: "use a number or a string of at most \(SockeyeDecoder.idLimit) bytes, or leave it out"
        }
    }

    private static var allTypes: String {
        CommandType.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
    }
}

extension ErrorCode {
    /// The code for a refused token: that of the token's error.
    init(_ error: TokenError) {
        self =
            switch error {
            case .badSignature: .tokenSignature
            case .cannotSign: .tokenSign
            case .criticalHeader: .tokenCritical
            case .duplicateClaim: .tokenDuplicate
            case .expired: .tokenExpired
            case .malformed: .tokenMalformed
            case .missingClaim: .tokenClaimMissing
            case .notYetValid: .tokenNotYet
            case .refusedByBackend: .tokenRefused
            case .revoked: .tokenRevoked
            case .tooLong: .tokenLength
            case .tooLongLived: .tokenLifetime
            case .unchecked: .tokenUnchecked
            case .unknownKey: .tokenKey
            case .unknownToken: .tokenUnknown
            case .unsupportedAlgorithm: .tokenAlgorithm
            case .unusableUser: .tokenUser
            case .userDisabled: .tokenUserDisabled
            case .wrongAudience: .tokenAudience
            case .wrongClaimType: .tokenClaimType
            case .wrongClaimValue: .tokenClaimValue
            case .wrongIssuer: .tokenIssuer
            case .wrongType: .tokenType
            }
    }
}
