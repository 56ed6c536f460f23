import NginxSyntax

/// Finding the location (`ngx_http_core_find_location`).
extension Run {
    private enum Found { case exact, prefix, slashRedirect, regex, none }

    func findLocation() {
        handler = nil
        uriChanged = false
        location = nil
        locationCaptures = []
        guard let server else { return phase = .done }
        var candidates: [LocationChoice.Candidate] = []
        let found = search(server.locations, &candidates)
        var target: ByteString?
        if found == .slashRedirect, let location {
            target = Escaping.escape(location.name, Escaping.uri)
        }
        step(
            .location(LocationChoice(chosen: location, candidates: candidates, slashRedirect: target)),
            location?.statement)
        level = location?.level ?? server.level
        if !isInternal, level.value("internal") != nil {
            return finalize(404, outcome: answer(404, .internalOnly, level.value("internal")))
        }
        enter(location?.level ?? server.level)
        if var target {
            if !arguments.isEmpty { target = target + "?" + arguments }
            return finalize(
                301, outcome: answer(301, .slashRedirect, location?.statement, location: Evaluated(target)))
        }
        phase = .locationRewrite
    }

    private func search(_ set: LocationSet, _ candidates: inout [LocationChoice.Candidate]) -> Found {
        guard !set.all.isEmpty else { return .none }
        let own = set.fixed.filter { uri == $0.name || ($0.kind != .exact && uri.hasPrefix($0.name)) }
        let exact = own.first { $0.kind == .exact }
        let longest = own.filter { $0.kind != .exact }.max { $0.name.count < $1.name.count }
        let slashed = uri + "/"
        let redirecting = set.fixed.filter { $0.name == slashed && $0.redirectsToSlash }
        var found = Found.none
        var winner: Location?
        if let exact {
            (found, winner) = (.exact, exact)
        } else if let longest, longest.name == uri {
            (found, winner) = (.prefix, longest)
        } else if !redirecting.isEmpty {
            // The exact one of two with this name is entered, whichever of them passes requests on.
            (found, winner) = (
                .slashRedirect, set.fixed.first { $0.name == slashed && $0.kind == .exact } ?? redirecting[0]
            )
        } else if let longest {
            (found, winner) = (.prefix, longest)
        }
        if let winner { location = winner }
        var skipsPatterns = found == .exact || found == .slashRedirect
        var inner: [LocationChoice.Candidate] = []
        if found == .prefix, let winner {
            skipsPatterns = winner.kind == .prefixWithoutRegex
            let nested = search(winner.inner, &inner)
            if nested == .exact || nested == .slashRedirect || nested == .regex {
                note(set, own, exact, winner, skipped: winner, regex: nil, &candidates)
                candidates += inner
                return nested
            }
        }
        var regex: Location?
        if !skipsPatterns {
            for candidate in set.patterns {
                guard let pattern = candidate.pattern, matches(pattern, uri) else { continue }
                regex = candidate
                break
            }
        }
        note(set, own, exact, winner, skipped: skipsPatterns ? winner : nil, regex: regex, &candidates)
        candidates += inner
        guard let regex else { return found }
        location = regex
        locationCaptures = captures.map { $0.map { captureSubject[$0] } ?? "" }
        _ = search(regex.inner, &candidates)
        return .regex
    }

    /// Notes what became of each location of a set.
    ///
    /// Patterns not tried are matched here for the report alone: captures stay as they are.
    private func note(
        _ set: LocationSet, _ own: [Location], _ exact: Location?, _ winner: Location?, skipped: Location?,
        regex: Location?, _ candidates: inout [LocationChoice.Candidate]
    ) {
        var isBehind = false
        for candidate in set.all {
            let verdict: LocationChoice.Candidate.Verdict
            if candidate === regex {
                verdict = .chosen
                isBehind = true
            } else if candidate.kind == .named {
                verdict = .named
            } else if let pattern = candidate.pattern {
                if regex != nil, !isBehind {
                    verdict = .noMatch
                } else if (skipped == nil && regex == nil) || !wouldMatch(pattern) {
                    verdict = .noMatch
                } else if let regex {
                    verdict = .afterRegex(regex)
                } else if let exact {
                    verdict = .beatenByExact(exact)
                } else if let skipped {
                    verdict = .skippedBehind(skipped)
                } else {
                    verdict = .noMatch
                }
            } else if candidate === winner {
                verdict = regex.map { .beatenByRegex($0) } ?? .chosen
            } else if own.contains(where: { $0 === candidate }), let winner {
                verdict = exact.map { .beatenByExact($0) } ?? .shorter(than: winner)
            } else {
                verdict = .noMatch
            }
            candidates.append(LocationChoice.Candidate(location: candidate, verdict: verdict))
        }
    }

    private func wouldMatch(_ pattern: Pattern) -> Bool {
        guard patience > 0 else { return false }
        switch pattern.match(uri) {
        case .match: return true
        case .noMatch: return false
        case .undecided:
            patience -= 1
            return false
        }
    }

    /// Matches and keeps the captures (`ngx_http_regex_exec`).
    func matches(_ pattern: Pattern, _ subject: ByteString) -> Bool {
        guard patience > 0 else { return false }
        switch pattern.match(subject) {
        case .noMatch: return false
        case .undecided:
            patience -= 1
            assume(.pattern(pattern.source))
            return false
        case .match(let groups):
            remember(pattern, groups, subject)
            return true
        }
    }

    func remember(_ pattern: Pattern, _ groups: [Range<Int>?], _ subject: ByteString) {
        for (name, group) in pattern.names {
            let range = group < groups.count ? groups[group] : nil
            values[name] = Evaluated(range.map { subject[$0] } ?? "")
        }
        captures = groups
        captureSubject = subject
        areCapturesRewrites = false
    }

    func answer(
        _ status: Int, _ reason: Outcome.AnswerReason, _ statement: Statement?, location: Evaluated? = nil,
        text: Evaluated? = nil
    ) -> Outcome {
        .answered(
            Outcome.Answer(
                status: status, location: location, text: text, statement: statement, reason: reason))
    }
}
