import Synchronization
import Testing

@testable import Outgoing

@Suite("TLS with other people's servers", .timeLimit(.minutes(5)))
struct TLSTests {
    @Test("a certificate nobody vouches for is refused, and accepted when its file is trusted")
    func trust() async throws {
        let identity = try TestIdentity()
        let server = try LocalServer(tls: identity.server) { peer in
            while peer.readRequest() != nil { peer.answer("200 OK", "", "secret") }
        }
        defer { server.stop() }
        let strict = try OutgoingHTTP()
        let error = await strict.failure(OutgoingRequest("GET", server.secureURL))
        #expect(error?.code == "OUT-CERTIFICATE" && error?.mayHaveArrived == false)
        guard case .tlsUnverified(let host, let verification, let reason) = error else { return }
        #expect(host == "localhost:\(server.port)" && verification == 18 && !reason.isEmpty)

        var options = OutgoingOptions()
        options.authoritiesFile = identity.certificateFile
        let trusting = try OutgoingHTTP(options)
        #expect(
            try await trusting.response(OutgoingRequest("GET", server.secureURL)).body == Array("secret".utf8)
        )
        // The right certificate under the wrong name.
        let other = await trusting.failure(OutgoingRequest("GET", "https://127.0.0.1:\(server.port)/"))
        #expect(other?.code == "OUT-CERTIFICATE")
        options.authoritiesFile = identity.directory + "/nothing.pem"
        let broken = try OutgoingHTTP(options)
        #expect(
            await broken.failure(OutgoingRequest("GET", server.secureURL))
                == .authoritiesUnreadable(path: identity.directory + "/nothing.pem"))
    }

    @Test("TLS to a port that speaks none")
    func plainPort() async throws {
        let server = try LocalServer { peer in
            peer.send("HTTP/1.1 400 Bad Request\r\n\r\n")
        }
        defer { server.stop() }
        let http = try OutgoingHTTP()
        #expect(await http.failure(OutgoingRequest("GET", server.secureURL))?.code == "OUT-TLS")
    }

    @Test("a redirect does not lead out of TLS")
    func downgrade() async throws {
        let identity = try TestIdentity()
        let plain = try LocalServer { peer in
            while peer.readRequest() != nil { peer.answer() }
        }
        let port = plain.port
        let server = try LocalServer(tls: identity.server) { peer in
            while peer.readRequest() != nil {
                peer.answer("302 Found", "Location: http://127.0.0.1:\(port)/\r\n")
            }
        }
        defer {
            plain.stop()
            server.stop()
        }
        var options = OutgoingOptions()
        options.authoritiesFile = identity.certificateFile
        let http = try OutgoingHTTP(options)
        var request = OutgoingRequest("GET", server.secureURL)
        request.redirectLimit = 3
        #expect(await http.failure(request)?.code == "OUT-REDIRECT")
        #expect(plain.connectionCount == 0)
    }

    @Test(
        "who decides is asked again when the connection breaks before the request, and never more than once")
    func decidingAgain() async throws {
        let identity = try TestIdentity()
        let tries = Atomic<Int>(0)
        // The first connection ends in the middle of the handshake.
        let breaking = try LocalServer { peer in
            // Its first byte has come; a reset before that may look like a port that refuses.
            _ = peer.waitForClose()
            if tries.add(1, ordering: .relaxed).newValue <= 2 { peer.reset() }
        }
        defer { breaking.stop() }
        var options = OutgoingOptions()
        options.authoritiesFile = identity.certificateFile
        let http = try OutgoingHTTP(options)
        let once = Once<Result<OutgoingResponse, OutgoingError>>()
        let hook = Webhook(url: breaking.secureURL, secret: nil)
        DecidingWebhook(hook, over: http).ask(event: "connect", body: Array("{}".utf8)) { once($0) }
        guard case .failure(let error) = await once.value else {
            Issue.record("there is no answer to be had")
            return
        }
        #expect(error.code == "OUT-TLS" || error.code == "OUT-LOST", "\(error)")
        #expect(breaking.connectionCount == 2)
    }
}
