import Configuration
import HTTPWire

/// Which pages may use an endpoint from another origin, and what browsers must be told (Fetch standard, CORS protocol).
///
/// Told with every answer, refusals included: without it a page's script sees nothing but a network error.
struct CORSPolicy: Sendable {
    /// Who may.
    enum Origins: Sendable {
        /// Everybody.
        case all
        /// Those of `allowed_origins` and the profile, which may change while the server runs.
        case configured
        /// Those of the endpoint itself.
        case own(OriginPolicy)
    }

    enum Verdict {
        /// With what stands in the answer's head.
        case allowed([(String, String)])
        case refused(OriginInputs)
    }

    let origins: Origins
    let allowsCredentials: Bool

    /// - Parameter listeners: where the server listens, for its own pages in development.
    init(_ options: EngineOptions, profile: Options.Profile, listeners: [String]) {
        if options.corsOrigins.contains("*") {
            origins = .all
        } else if options.corsOrigins.isEmpty {
            origins = .configured
        } else {
            origins = .own(
                OriginPolicy(allowed: options.corsOrigins, profile: profile, listeners: listeners))
        }
        allowsCredentials = options.corsCredentials
    }

    /// Judges a request.
    ///
    /// One without `Origin` comes from no other origin's page, and needs to be told nothing.
    func judge(_ head: RequestHead, _ admission: Admission) -> Verdict {
        let verdict: OriginPolicy.Verdict
        switch origins {
        // Browsers take the star for requests without credentials alone, and that is what it is for.
        case .all: return .allowed([("Access-Control-Allow-Origin", "*")])
        case .configured: verdict = admission.judgeOrigin(of: head)
        case .own(let policy): verdict = policy.judge(head.fields.values(of: "origin"))
        }
        switch verdict {
        case .refused(let inputs): return .refused(inputs)
        case .allowed:
            guard let origin = head.fields["origin"] else { return .allowed([("Vary", "Origin")]) }
            var fields = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
            if allowsCredentials { fields.append(("Access-Control-Allow-Credentials", "true")) }
            return .allowed(fields)
        }
    }

    /// What a preflight is answered, beside what every answer has.
    ///
    /// Methods are those of the reference server; the fields a page wants to send are allowed as asked for.
    static func preflight(_ head: RequestHead) -> [(String, String)] {
        var fields = [
            ("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE"),
            ("Access-Control-Max-Age", "600"),
        ]
        if let wanted = head.fields["access-control-request-headers"] {
            fields.append(("Access-Control-Allow-Headers", wanted))
            fields.append(("Vary", "Access-Control-Request-Headers"))
        }
        return fields
    }
}
