internal import Bytes
internal import JSON

extension TokenVerifier {
    /// Tells a person what a token says and what this server makes of it.
    ///
    /// One sentence a line, from the form over the signature to the claims; the last line is the verdict, the
    /// same that `verify` gives. All demands that are not met are named, not only the first. Claims are shown
    /// even when the signature is wrong, since that is when they are wanted; neither signature nor whole
    /// token is.
    public func explain(_ token: String, now: Int64) -> [String] {
        var lines: [String] = []
        var token = token
        token.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            withUnsafeTemporaryAllocation(byteCount: Base64.decodedCountLimit(bytes.count), alignment: 8) {
                do throws(TokenError) {
                    try explain(try TokenParts(bytes, limit: policy.maximumLength), $0, now, &lines)
                } catch {
                    lines.append("form: \(error)")
                }
            }
        }
        do throws(TokenError) {
            let identity = try verify(token, now: now)
            lines.append("verdict: accepted as user \"\(identity.user)\"")
        } catch {
            lines.append("verdict: refused with \(error.code): \(error); \(error.remedy)")
        }
        return lines
    }

    private func explain(
        _ parts: TokenParts, _ scratch: UnsafeMutableRawBufferPointer, _ now: Int64, _ lines: inout [String]
    ) throws(TokenError) {
        let header = try TokenHeader(parts, scratch)
        let key = header.keyID.map { ", key \"\($0)\"" } ?? ""
        lines.append("header: a JWT signed with \(header.algorithmName)\(key)")
        do throws(TokenError) {
            try checkSignature(parts, header, scratch)
            lines.append("signature: made with the secret of this server")
        } catch {
            lines.append("signature: \(error)")
        }
        let payload = try parts.decode(.payload, into: scratch)
        let claims = try TokenClaims(payload, policy)
        do throws(TokenError) {
            let claim = claims.user?.claim ?? ""
            lines.append("user: \"\(try claims.identity(policy).user)\", from the claim \"\(claim)\"")
        } catch {
            let names = policy.userClaims.map { "\"\($0)\"" }.joined(separator: ", ")
            lines.append("user: \(error); the claims that may name the user are \(names)")
        }
        explainMoments(claims, now, &lines)
        explainDemands(claims, &lines)
        lines.append("claims: \(String(decoding: payload, as: UTF8.self))")
    }

    private func explainMoments(_ claims: TokenClaims, _ now: Int64, _ lines: inout [String]) {
        if let moment = claims.issuedAt { lines.append("issued: \(Self.when(moment, now))") }
        if let moment = claims.notBefore { lines.append("valid from: \(Self.when(moment, now))") }
        if let moment = claims.expiresAt {
            lines.append("valid until: \(Self.when(moment, now)), and \(policy.leeway) s of leeway")
        } else {
            lines.append("valid until: for ever, since it has no \"exp\"")
        }
    }

    private func explainDemands(_ claims: TokenClaims, _ lines: inout [String]) {
        if !policy.audiences.isEmpty {
            do throws(TokenError) {
                try claims.checkAudience(policy)
                lines.append("audience: as demanded")
            } catch {
                lines.append("audience: \(error)")
            }
        }
        if !policy.issuers.isEmpty {
            do throws(TokenError) {
                try claims.checkIssuer(policy)
                lines.append("issuer: as demanded")
            } catch {
                lines.append("issuer: \(error)")
            }
        }
        if policy.type != nil {
            do throws(TokenError) {
                try claims.checkType(policy)
                lines.append("type: as demanded")
            } catch {
                lines.append("type: \(error)")
            }
        }
    }

    private static func when(_ moment: Int64, _ now: Int64) -> String {
        let distance = UTCTime.duration((moment &- now).magnitude)
        return "\(UTCTime.text(moment)) (\(moment > now ? "in \(distance)" : "\(distance) ago"))"
    }
}
