/// The codes of `error` messages.
///
/// They never change their meaning; new ones may be added. A refused token has the code it has everywhere, in
/// HTTP answers and on the command line too: `TokenError.code`.
public enum ErrorCode: String, CaseIterable, Sendable {
    // What a client sent cannot be read.
    /// A binary message, where text is spoken.
    case binaryMessage = "binary_message"
    /// Not strict JSON.
    case malformedJSON = "malformed_json"
    /// JSON, but not an object.
    case notAnObject = "not_an_object"
    /// A member appears twice.
    case duplicateMember = "duplicate_member"
    /// More members than any command has.
    case tooManyMembers = "too_many_members"
    /// The member `type` names no command.
    case unknownType = "unknown_type"
    /// A member the command needs is not there.
    case missingMember = "missing_member"
    /// A member has a value of the wrong JSON type.
    case wrongMemberType = "wrong_member_type"
    /// The member `id` is too long to be echoed.
    case idTooLong = "id_too_long"
    /// The topic's name is empty.
    case topicEmpty = "topic_empty"
    /// The topic's name is too long.
    case topicTooLong = "topic_too_long"
    /// The topic's name holds control characters.
    case topicControlCharacter = "topic_control_character"

    // It is understood, but not allowed.
    /// The endpoint takes tokens with the handshake only (`authentication` without `message`).
    case authenticationElsewhere = "authentication_elsewhere"
    /// Nothing but `auth` and `ping` is heard before authentication.
    case authenticationRequired = "authentication_required"
    /// A connection keeps its user for life.
    case otherUser = "other_user"
    /// The right to do this with the topic is not given.
    case topicForbidden = "topic_forbidden"
    /// The path names another user than the token.
    case pathUser = "path_user"
    /// The topic keeps no publication keys, or this one is none.
    case keyRefused = "key_refused"
    /// The position is not one of the topic's.
    case positionUnknown = "position_unknown"
    /// It is not kept who is there.
    case presenceNotKept = "presence_not_kept"
    /// The connection has as many subscriptions as it may.
    case tooManySubscriptions = "too_many_subscriptions"
    /// The data is longer than a publication may be.
    case dataTooLong = "data_too_long"

    /// One connection, user or address does it too often.
    case rateLimited = "rate_limited"

    /// The team's backend said no, and gave no code of its own.
    case denied = "denied"

    // Calls of backends, and their answers.
    /// There is no call of this name.
    case callUnknown = "call_unknown"
    /// The user has as many answers of this call under way as he may.
    case tooManyCalls = "too_many_calls"
    /// There is no such stream, not any more, or it is another user's.
    case streamUnknown = "stream_unknown"
    /// The answer, or a piece of it, is longer than allowed.
    case streamTooLong = "stream_too_long"
    /// The backend could not be reached, or broke off.
    case backendUnavailable = "backend_unavailable"
    /// The backend did not answer in time.
    case backendTimeout = "backend_timeout"
    /// The backend answered with something that is no answer.
    case backendFailed = "backend_failed"
    /// The server is being stopped.
    case goingAway = "going_away"

    /// What must be stored could not be.
    case storeUnavailable = "store_unavailable"

    // The token is refused: the codes of `TokenError`.
    /// Signed by an algorithm there is no key for.
    case tokenAlgorithm = "TOKEN-ALGORITHM"
    /// Meant for another audience.
    case tokenAudience = "TOKEN-AUDIENCE"
    /// A claim is missing.
    case tokenClaimMissing = "TOKEN-CLAIM-MISSING"
    /// A claim has a value of the wrong JSON type.
    case tokenClaimType = "TOKEN-CLAIM-TYPE"
    /// A claim has another value than it must have.
    case tokenClaimValue = "TOKEN-CLAIM-VALUE"
    /// It demands unknown extensions.
    case tokenCritical = "TOKEN-CRITICAL"
    /// A claim appears twice.
    case tokenDuplicate = "TOKEN-DUPLICATE"
    /// It has ended.
    case tokenExpired = "TOKEN-EXPIRED"
    /// Made by another issuer.
    case tokenIssuer = "TOKEN-ISSUER"
    /// Signed with a key of unknown name.
    case tokenKey = "TOKEN-KEY"
    /// Longer than this server reads.
    case tokenLength = "TOKEN-LENGTH"
    /// Lives longer than tokens may here.
    case tokenLifetime = "TOKEN-LIFETIME"
    /// Not a JWT in compact form.
    case tokenMalformed = "TOKEN-MALFORMED"
    /// Not yet valid.
    case tokenNotYet = "TOKEN-NOT-YET"
    /// Not accepted by the backend that knows it.
    case tokenRefused = "TOKEN-REFUSED"
    /// Withdrawn.
    case tokenRevoked = "TOKEN-REVOKED"
    /// No token can be made here, since the key is a public one.
    case tokenSign = "TOKEN-SIGN"
    /// Not signed with a key of this server.
    case tokenSignature = "TOKEN-SIGNATURE"
    /// Of another type.
    case tokenType = "TOKEN-TYPE"
    /// It could not be found out whether it is good.
    case tokenUnchecked = "TOKEN-UNCHECKED"
    /// Never given out.
    case tokenUnknown = "TOKEN-UNKNOWN"
    /// Names no usable user.
    case tokenUser = "TOKEN-USER"
    /// Of a user who was disabled.
    case tokenUserDisabled = "TOKEN-USER-DISABLED"
}
