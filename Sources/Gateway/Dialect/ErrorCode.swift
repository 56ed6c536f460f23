/// The codes of `error` messages. They never change their meaning; new ones may be added.
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
    /// Nothing but `auth` and `ping` is heard before authentication.
    case authenticationRequired = "authentication_required"
    /// A connection keeps its user for life.
    case otherUser = "other_user"
    /// The topic belongs to somebody else.
    case topicForbidden = "topic_forbidden"
    /// The connection has as many subscriptions as it may.
    case tooManySubscriptions = "too_many_subscriptions"
    /// The data is longer than a publication may be.
    case dataTooLong = "data_too_long"

    // The token is refused.
    /// Signed by an algorithm there is no key for.
    case tokenAlgorithm = "token_algorithm"
    /// Meant for another audience.
    case tokenAudience = "token_audience"
    /// A claim is missing.
    case tokenClaimMissing = "token_claim_missing"
    /// A claim has a value of the wrong JSON type.
    case tokenClaimType = "token_claim_type"
    /// It demands unknown extensions.
    case tokenCritical = "token_critical"
    /// A claim appears twice.
    case tokenDuplicate = "token_duplicate"
    /// It has ended.
    case tokenExpired = "token_expired"
    /// Made by another issuer.
    case tokenIssuer = "token_issuer"
    /// Signed with a key of unknown name.
    case tokenKey = "token_key"
    /// Longer than this server reads.
    case tokenLength = "token_length"
    /// Not a JWT in compact form.
    case tokenMalformed = "token_malformed"
    /// Not yet valid.
    case tokenNotYet = "token_not_yet"
    /// Not signed with this server's secret.
    case tokenSignature = "token_signature"
    /// Of another type.
    case tokenType = "token_type"
    /// Names no usable user.
    case tokenUser = "token_user"
}
