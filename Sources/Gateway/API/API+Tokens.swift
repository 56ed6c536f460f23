import Bytes
import HTTPWire
import JSON
import SQLiteStore
import Tokens

// Tokens over HTTP: a team's own login hands them out.
extension API {
    static let mintToken = Route.api(
        .post,
        APIOperation(
            id: "mint_token", summary: "make a token",
            doc: """
                A token that the configured endpoints accept, for a backend that has checked who its user is. Whoever has it \
                is that user until it ends.
                """,
            members: [
                user,
                .required("ttl", .integer(1...315_360_000), "How long it is valid, in seconds."),
                .optional(
                    "claims", .map(except: reservedClaims),
                    "More claims, for rights and topics; not those that say who and how long."),
            ],
            answer: [
                .required("token", .text(.free), "The token, a JWT."),
                user, .required("expires_at", .integer(0 ... .max), "In seconds since 1970."),
            ]),
        bodyLimit: nameRoom
    ) { arguments, connection throws(APIError) in
        guard let user = arguments.text("user"), let ttl = arguments.integer("ttl") else { return nil }
        let acceptance = connection.loop.acceptance
        let now = acceptance.issuingTime(for: user, now: connection.loop.unixTime)
        let claims = try claims(arguments.json("claims"))
        let id = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        guard let key = acceptance.verifier.keys.mintingKey else {
            let error = TokenError.cannotSign(acceptance.verifier.keys.keys.first?.algorithm ?? .hs256)
            throw .token(code: error.code, words: error.description, remedy: error.remedy)
        }
        do throws(TokenError) {
            let token = try TokenMint.mint(
                user: user, ttl: ttl, now: now, key: key, policy: acceptance.verifier.policy, id: id,
                claims: claims)
            let body = ByteBuffer()
            var object = JSONObjectWriter(body)
            object.member("token", token)
            object.member("user", user)
            object.member("expires_at", now &+ ttl)
            object.end()
            return .json(200, body.array)
        } catch {
            throw .token(code: error.code, words: error.description, remedy: error.remedy)
        }
    }

    static let revokeToken = Route.api(
        .post,
        APIOperation(
            id: "revoke_token", summary: "take tokens back",
            doc: """
                One token, as it was handed out or by its id (`jti`), or all that a user was issued until now. Sessions that \
                began with them end at once, with close code 3504.
                """,
            members: [
                .optional("token", .text(.token), "The token itself."),
                .optional("id", .text(.tokenID), "The id of a JWT."),
                .optional("user", .text(.user), "Whose tokens to take back."),
            ],
            exactlyOne: ["token", "id", "user"],
            answer: [.required("revoked", .flag, "True: it is on disk.")],
            failures: [(409, "The token has no id, so it cannot be told from others of its user.")]),
        bodyLimit: nameRoom * 4
    ) { arguments, connection throws(APIError) in
        let revocation: TokenRevocation
        if let token = arguments.text("token") {
            guard let found = TokenRevocation(of: token) else { throw .tokenWithoutID }
            revocation = found
        } else if let id = arguments.text("id") {
            revocation = .id(id, end: nil)
        } else if let user = arguments.text("user") {
            revocation = .user(user)
        } else {
            return nil
        }
        guard let store = connection.loop.shared.store else {
            throw .dialect(.storeFailed("\(StoreError.closed)", isUnknown: false))
        }
        let (slot, now) = (connection.answerSlot, connection.loop.unixMilliseconds)
        store.write { session throws(StoreError) in
            try revocation.carryOut(session, now: now)
        } then: { result in
            switch result {
            case .success: slot.answer(.json(200, Array(#"{"revoked":true}"#.utf8)))
            case .failure(let error): slot.answer(.failure(.storeFailed("\(error)", isUnknown: false)))
            }
        }
        return nil
    }

    private static func claims(_ text: [UInt8]?) throws(APIError) -> [JSONObject.Member] {
        guard let text else { return [] }
        let parsed: Result<JSONValue, JSONError> = text.withUnsafeBytes { bytes in
            do throws(JSONError) { return .success(try JSONValue.parse(bytes)) } catch {
                return .failure(error)
            }
        }
        let members: [JSONObject.Member]
        do throws(JSONError) {
            members = try parsed.get().objectValue?.members ?? []
        } catch {
            throw .dialect(.json(error))
        }
        for member in members where reservedClaims.contains(where: { $0.utf8.elementsEqual(member.key.utf8) })
        {
            throw .dialect(
                .wrongMember("claims", expected: "without \(reservedClaims.joined(separator: ", "))"))
        }
        return members
    }

    /// What the token says of itself.
    private static let reservedClaims = ["sub", "iat", "nbf", "exp", "jti"]
}
