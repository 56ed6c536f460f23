internal import Bytes
internal import JSON

extension TokenVerifier {
    /// Tells a person what a token says and what this server makes of it; see ``TokenReport/lines``.
    public func explain(_ token: String, now: Int64) -> [String] {
        examine(token, now: now).lines
    }

    /// Finds every reason for which this server would refuse a token, not only the first, and what is nearly
    /// right.
    ///
    /// For people: it is as slow as a person can bear, and reads claims that nobody vouches for.
    public func examine(_ token: String, now: Int64) -> TokenReport {
        var report = TokenReport()
        var token = token
        token.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            withUnsafeTemporaryAllocation(byteCount: TokenParts.scratchCount(bytes.count), alignment: 8) {
                do throws(TokenError) {
                    try examine(try TokenParts(bytes, limit: policy.maximumLength), $0, now, &report)
                } catch {
                    report.refuse("form", error)
                }
            }
        }
        if report.reasons.isEmpty {
            do throws(TokenError) {
                report.identity = try verify(token, now: now)
            } catch {
                report.refuse("token", error)
            }
        }
        if let reason = report.reasons.first {
            let error = reason.error
            report.lines.append("verdict: refused with \(error.code): \(error); \(error.remedy)")
        } else {
            report.lines.append("verdict: accepted as user \"\(report.identity?.user ?? "")\"")
        }
        return report
    }

    /// Throws what makes it pointless to look on.
    private func examine(
        _ parts: TokenParts, _ scratch: UnsafeMutableRawBufferPointer, _ now: Int64,
        _ report: inout TokenReport
    ) throws(TokenError) {
        let header = try TokenHeader(parts, scratch)
        let name = header.keyID.map { ", key \"\($0.excerpt(64))\"" } ?? ""
        report.lines.append("header: a JWT signed with \(header.algorithmName)\(name)")
        let isSigned = report.check("signature", { nearMiss($0, parts, header, scratch) }) {
            () throws(TokenError) in
            try checkSignature(parts, header, scratch)
        }
        if isSigned { report.lines.append("signature: made with a key of this server") }
        let payload = try parts.decode(.payload, into: scratch)
        let claims = try TokenClaims(payload, policy)
        let near = NearMiss(payload, policy: policy, now: now)
        examineMoments(claims, near, now, &report)
        examineDemands(claims, near, &report)
        var user = ""
        let isNamed = report.check("user", near.words) { () throws(TokenError) in
            user = try claims.userName(policy)
        }
        if isNamed {
            report.lines.append("user: \"\(user)\", from the claim \"\(claims.user?.claim ?? "")\"")
        }
        report.claimed = try? claims.identity(policy, try TokenMoments(claims))
        report.lines.append("claims: \(String(decoding: payload, as: UTF8.self))")
    }

    private func examineMoments(
        _ claims: TokenClaims, _ near: NearMiss, _ now: Int64, _ report: inout TokenReport
    ) {
        var areMoments = true
        for (value, claim) in [(claims.expiry, "exp"), (claims.start, "nbf"), (claims.issue, "iat")] {
            let isMoment = report.check("time", near.words) { () throws(TokenError) in
                _ = try TokenMoments.moment(value, claim, .down)
            }
            areMoments = areMoments && isMoment
        }
        guard areMoments, let moments = try? TokenMoments(claims) else { return }
        if let moment = moments.issuedAt {
            let note = near.odd("iat", moment).map { "; \($0)" } ?? ""
            report.lines.append("issued: \(Self.when(moment, now))\(note)")
        }
        if let moment = moments.expiresAt {
            let note = near.odd("exp", moment).map { "; \($0)" } ?? ""
            report.lines.append(
                "valid until: \(Self.when(moment, now)), and \(policy.leeway) s of leeway\(note)")
        } else {
            report.lines.append("valid until: for ever, since it has no \"exp\"")
        }
        _ = report.check("time", near.words) { () throws(TokenError) in
            try moments.checkExpiry(policy, now: now)
        }
        if let moment = moments.notBefore { report.lines.append("valid from: \(Self.when(moment, now))") }
        _ = report.check("time", near.words) { () throws(TokenError) in
            try moments.checkStart(policy, now: now)
        }
        _ = report.check("lifetime", near.words) { () throws(TokenError) in
            try moments.checkLifetime(policy, now: now)
        }
    }

    private func examineDemands(_ claims: TokenClaims, _ near: NearMiss, _ report: inout TokenReport) {
        let hasAudience = report.check("audience", near.words) { () throws(TokenError) in
            try claims.checkAudience(policy)
        }
        if hasAudience, !policy.audiences.isEmpty { report.lines.append("audience: as demanded") }
        let hasIssuer = report.check("issuer", near.words) { () throws(TokenError) in
            try claims.checkIssuer(policy)
        }
        if hasIssuer, !policy.issuers.isEmpty { report.lines.append("issuer: as demanded") }
        let hasType = report.check("type", near.words) { () throws(TokenError) in
            try claims.checkType(policy)
        }
        if hasType, policy.type != nil { report.lines.append("type: as demanded") }
        for (place, claim) in policy.requiredClaims.enumerated() {
            let isMet = report.check("claim", near.words) { () throws(TokenError) in
                try claims.checkRequired(place, policy)
            }
            if isMet { report.lines.append("claim: \"\(claim.name)\" as demanded") }
        }
    }

    private static func when(_ moment: Int64, _ now: Int64) -> String {
        let distance = UTCTime.duration((moment &- now).magnitude)
        return "\(UTCTime.text(moment)) (\(moment > now ? "in \(distance)" : "\(distance) ago"))"
    }
}
