import Testing
import WebSocketWire

@Suite("Negotiation, RFC 7692 §5 and §7.1") struct NegotiationTests {
    static let alone = DeflatePolicy(mode: .noContextTakeover)
    static let takeover = DeflatePolicy(mode: .contextTakeover)
    static let noContext = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    struct Case: Sendable {
        var offer: String
        /// The answer with context takeover allowed and 15 bits; nil for none.
        var answer: String?
        init(_ offer: String, _ answer: String?) {
            self.offer = offer
            self.answer = answer
        }
    }

    static let accepted = [
        Case("permessage-deflate", "permessage-deflate"),
        Case("  permessage-deflate  ", "permessage-deflate"),
        Case("permessage-deflate;client_max_window_bits", "permessage-deflate"),
        Case(
            "permessage-deflate ; client_max_window_bits = 12",
            "permessage-deflate; client_max_window_bits=12"),
        Case(
            "permessage-deflate; client_max_window_bits=\"10\"",
            "permessage-deflate; client_max_window_bits=10"),
        Case(
            "permessage-deflate; client_max_window_bits=\"1\\0\"",
            "permessage-deflate; client_max_window_bits=10"),
        Case("permessage-deflate; client_max_window_bits=15", "permessage-deflate"),
        Case("permessage-deflate; client_max_window_bits=8", "permessage-deflate"),
        Case("permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9"),
        Case(
            "permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"),
        Case(
            "permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"
        ),
        Case(
            "permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"
        ),
        Case(
            "permessage-deflate; server_max_window_bits=9; client_max_window_bits; server_no_context_takeover",
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"),
        // Chromium's and Firefox's own.
        Case("permessage-deflate; client_max_window_bits", "permessage-deflate"),
        // Several offers: the first that can be kept.
        Case(
            "permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=10"),
        Case("x-webkit-deflate-frame, permessage-deflate", "permessage-deflate"),
        Case("permessage-bzip2; a=\"b\", ,permessage-deflate", "permessage-deflate"),
        Case("permessage-deflate; nonsense, permessage-deflate", "permessage-deflate"),
        Case("permessage-deflate; a=\"b, c\", permessage-deflate", "permessage-deflate"),
        Case("permessage-deflate; =, permessage-deflate", "permessage-deflate"),
        Case("permessage-deflate;, permessage-deflate", "permessage-deflate"),
    ]

    @Test(arguments: accepted) func accepts(_ item: Case) {
        #expect(
            DeflateNegotiation.accept(offers: [item.offer], policy: Self.takeover)?.headerValue == item.answer
        )
        #expect(DeflateNegotiation.accept(offers: [item.offer], policy: .off) == nil)
        let answer = DeflateNegotiation.accept(offers: [item.offer], policy: Self.alone)
        #expect(answer?.serverNoContextTakeover == true)
        #expect(answer?.clientNoContextTakeover == true)
    }

    @Test(arguments: [
        "", ",", "permessage-deflate; unknown", "permessage-deflate; unknown=1", "permessage-bzip2",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=09", "permessage-deflate; server_max_window_bits=+9",
        "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9",
        "permessage-deflate; client_max_window_bits=0", "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=\"\"", "permessage-deflate; client_max_window_bits=\"9",
        "permessage-deflate; client_max_window_bits=", "permessage-deflate client_max_window_bits",
        "permessage-deflate; client_max_window_bits=\"1 0\"",
        "permessage-deflate; client_max_window_bits=\"1\\",
    ])
    func declines(_ offer: String) {
        #expect(DeflateNegotiation.accept(offers: [offer], policy: Self.takeover) == nil)
        // Only that offer: the next one counts, in the same field or the next.
        let other = "permessage-deflate; server_max_window_bits=11"
        #expect(
            DeflateNegotiation.accept(offers: [offer, other], policy: Self.takeover)?.serverMaxWindowBits
                == 11)
    }

    /// The offers of Autobahn's section 13.
    @Test(arguments: [
        "permessage-deflate", "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=15",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
        "permessage-deflate; server_no_context_takeover; server_max_window_bits=15",
        "permessage-deflate; client_no_context_takeover; client_max_window_bits; server_max_window_bits=9",
    ])
    func acceptsAutobahn(_ offer: String) {
        for policy in [Self.alone, Self.takeover] {
            let answer = DeflateNegotiation.accept(offers: [offer], policy: policy)
            #expect(answer != nil)
            if offer.contains("bits=9") { #expect(answer?.serverMaxWindowBits == 9) }
            if offer.contains("server_no") { #expect(answer?.serverNoContextTakeover == true) }
        }
    }

    @Test func policyDecides() {
        let small = DeflatePolicy(mode: .contextTakeover, serverMaxWindowBits: 11, clientMaxWindowBits: 10)
        #expect(
            DeflateNegotiation.accept(offers: ["permessage-deflate; client_max_window_bits"], policy: small)?
                .headerValue
                == "permessage-deflate; server_max_window_bits=11; client_max_window_bits=10")
        // Without the client's word its window stays what it is.
        #expect(
            DeflateNegotiation.accept(offers: ["permessage-deflate"], policy: small)
                == DeflateParameters(serverMaxWindowBits: 11))
        #expect(
            DeflateNegotiation.accept(
                offers: ["permessage-deflate; server_max_window_bits=15"], policy: small)?
                .serverMaxWindowBits == 11)
        #expect(
            DeflateNegotiation.accept(offers: ["permessage-deflate"], policy: Self.alone)?.headerValue
                == Self.noContext)
        #expect(DeflatePolicy(mode: .off, serverMaxWindowBits: 99, level: 0).serverMaxWindowBits == 15)
    }

    // MARK: The client

    @Test func offers() {
        #expect(DeflateNegotiation.offer(policy: .off) == "")
        #expect(DeflateNegotiation.offer(policy: Self.alone) == Self.noContext + "; client_max_window_bits")
        let small = DeflatePolicy(mode: .noContextTakeover, serverMaxWindowBits: 11, clientMaxWindowBits: 10)
        #expect(
            DeflateNegotiation.offer(policy: small)
                == Self.noContext + "; server_max_window_bits=11; client_max_window_bits=10")
        // Our own server takes our own offers.
        for client in [Self.alone, Self.takeover, small] {
            for server in [Self.alone, Self.takeover, small] {
                let offer = DeflateNegotiation.offer(policy: client)
                let answer = DeflateNegotiation.accept(offers: [offer], policy: server)
                #expect(answer != nil)
                let agreed = try? DeflateNegotiation.confirm(
                    response: answer?.headerValue ?? "", offered: client)
                #expect(agreed != nil)
                #expect(agreed?.serverMaxWindowBits == answer?.serverMaxWindowBits)
                #expect(agreed?.serverNoContextTakeover == answer?.serverNoContextTakeover)
                #expect((agreed?.clientMaxWindowBits ?? 16) <= answer?.clientMaxWindowBits ?? 0)
            }
        }
    }

    @Test func confirms() throws {
        func confirm(_ response: String) throws -> DeflateParameters? {
            try DeflateNegotiation.confirm(response: response, offered: Self.takeover)
        }
        #expect(try confirm("") == nil)
        #expect(try confirm("permessage-deflate") == DeflateParameters())
        #expect(
            try confirm("permessage-deflate; server_no_context_takeover; client_max_window_bits=8")
                == DeflateParameters(serverNoContextTakeover: true, clientMaxWindowBits: 8))
        #expect(
            try confirm("permessage-deflate; server_max_window_bits=\"12\"")
                == DeflateParameters(serverMaxWindowBits: 12))
    }

    @Test(arguments: [
        "permessage-bzip2", "permessage-deflate, permessage-deflate", "permessage-deflate; unknown",
        "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover", "permessage-deflate; =",
        "permessage-deflate; server_max_window_bits=13", "permessage-deflate; client_max_window_bits=13",
    ])
    func clientRefuses(_ response: String) {
        let offered = DeflatePolicy(mode: .contextTakeover, serverMaxWindowBits: 12, clientMaxWindowBits: 12)
        #expect(throws: WebSocketError.self) {
            try DeflateNegotiation.confirm(response: response, offered: offered)
        }
        #expect(throws: WebSocketError.self) {
            try DeflateNegotiation.confirm(response: "permessage-deflate", offered: .off)
        }
    }
}
