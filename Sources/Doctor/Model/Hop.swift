/// A station on the way from the browser to the application.
package struct Hop: Equatable, Sendable {
    /// What kind of station.
    package enum Kind: String, CaseIterable, Sendable {
        case backend
        case balancer
        case browser
        case cdn
        case network
        case proxy
        case tunnel
    }

    /// What is known about it.
    package enum State: String, Sendable {
        /// The decisive finding is here.
        case broken
        /// It was seen to pass the handshake on.
        case passes
        /// An error is here, behind another one or not proved.
        case suspect
        /// Nothing says anything.
        case unknown
    }

    /// Short, in small letters, unique in a path: `nginx`, `haproxy`, `frps`, `backend`; what ``Finding/hop`` names.
    package var name: String
    package var kind: Kind
    /// Where it listens or is reached: `127.0.0.1:8000`; nil: unknown.
    package var address: String?
    /// The line that makes it part of the path.
    package var place: FilePlace?
    package var state: State

    package init(
        _ name: String, _ kind: Kind, address: String? = nil, place: FilePlace? = nil, state: State = .unknown
    ) {
        self.name = name
        self.kind = kind
        self.address = address
        self.place = place
        self.state = state
    }
}

/// What every kind of evidence can say beside what its checks find.
package protocol Testimony {
    /// The stations it knows of, from the browser inward.
    var hops: [Hop] { get }
    /// What was looked at and is right, each a sentence for the clean bill.
    var verified: [Evidence] { get }
}
