import Testing

@testable import Outgoing

@Suite("Requests before they go out")
struct AdmissionTests {
    @Test(
        "what may be in a request, and what not",
        arguments: [
            ("GET", "http://127.0.0.1/", "X-A", "b", nil),
            ("PATCH", "https://example.org/a?b", "X-A", "", nil),
            ("GET", "ws://example.org/", "X-A", "b", "OUT-URL"),
            ("GET", "ftp://example.org/", "X-A", "b", "OUT-URL"),
            ("GET", "http://user:pass@example.org/", "X-A", "b", "OUT-URL"),
            ("GET", "http://example.org:0/", "X-A", "b", "OUT-URL"),
            ("GET", "http:///path", "X-A", "b", "OUT-URL"),
            ("GET", "http://a/\r\nX: y", "X-A", "b", "OUT-URL"),
            ("", "http://a/", "X-A", "b", "OUT-METHOD"),
            ("GE T", "http://a/", "X-A", "b", "OUT-METHOD"),
            ("GET\r\n", "http://a/", "X-A", "b", "OUT-METHOD"),
            ("GET", "http://a/", "X-A", "b\r\nX-B: c", "OUT-HEADER"),
            ("GET", "http://a/", "X-A", "b\nX-B: c", "OUT-HEADER"),
            ("GET", "http://a/", "X-A", "b\u{0}", "OUT-HEADER"),
            ("GET", "http://a/", "X-A:", "b", "OUT-HEADER"),
            ("GET", "http://a/", "", "b", "OUT-HEADER"),
            ("GET", "http://a/", "content-LENGTH", "1", "OUT-HEADER"),
            ("GET", "http://a/", "Transfer-Encoding", "chunked", "OUT-HEADER"),
            ("GET", "http://a/", "Host", "b", "OUT-HEADER"),
        ] as [(String, String, String, String, String?)])
    func requests(_ method: String, _ url: String, _ name: String, _ value: String, _ code: String?) {
        var found: OutgoingError?
        do throws(OutgoingError) {
            _ = try PreparedRequest(OutgoingRequest(method, url, headers: [(name, value)]))
        } catch {
            found = error
        }
        #expect(found?.code == code)
        #expect(found?.description.isEmpty != true && found?.remedy.isEmpty != true)
    }

    @Test("places and queue are bounded over all hosts and for each")
    func bounds() throws {
        var options = OutgoingOptions()
        (options.concurrency, options.queueLimit) = (2, 2)
        (options.hostConcurrency, options.hostQueueLimit) = (1, 1)
        var admission = Admission(options)
        let a = try PreparedRequest(OutgoingRequest("GET", "http://a/"))
        let b = try PreparedRequest(OutgoingRequest("GET", "http://b/"))
        let c = try PreparedRequest(OutgoingRequest("GET", "http://c/"))
        try admission.admit(a)
        try admission.admit(a)
        #expect(throws: OutgoingError.busy(host: "a", limit: 1)) { try admission.admit(a) }
        try admission.admit(b)
        try admission.admit(b)
        #expect(throws: OutgoingError.busy(host: "c", limit: 2)) { try admission.admit(c) }
        admission.release(a.origin)
        try admission.admit(c)
        let wasOpen = admission.close()
        let isStillOpen = admission.close()
        #expect(wasOpen && !isStillOpen)
        admission.release(a.origin)
        #expect(throws: OutgoingError.closed) { try admission.admit(c) }
    }

    @Test("a scheme, a host or a port of its own has places of its own")
    func origins() throws {
        func origin(_ url: String) throws -> String {
            try PreparedRequest(OutgoingRequest("GET", url)).origin
        }
        #expect(try origin("http://A/x") == origin("http://a:80/y"))
        #expect(try origin("http://a/") != origin("https://a/"))
        #expect(try origin("http://a/") != origin("http://a:81/"))
    }
}
