import Testing

@testable import SockeyeClient

/// What is read out of the body of a refusal.
@Suite("HTTP refusal")
struct HTTPRefusalTests {
    @Test(arguments: [
        ("", "", HTTPRefusal.Body.empty),
        (" \r\n ", "text/plain", .empty),
        (
            #"{"code":"A-1","message":"m","remedy":"r"}"#, "",
            .explained(.init(code: "A-1", message: "m", remedy: "r"))
        ),
        (#"{"error":"no"}"#, "application/json", .explained(.init(message: "no"))),
        (
            #"{"detail":"Not Found"}"#, "application/json",
            .explained(.init(message: "Not Found"))
        ),
        (
            #"{"code":"B","suspectedHop":{"name":"nginx","words":"nginx 1.22 in front"},"nginx":["a;","b;"]}"#,
            "",
            .explained(.init(code: "B", suspectedHop: "nginx 1.22 in front", nginx: ["a;", "b;"]))
        ),
        (#"{"code":7,"x":[1]}"#, "application/json", .text(#"{"code":7,"x":[1]}"#)),
        (#"{"broken"#, "application/json", .text(#"{"broken"#)),
        ("<html><head><TITLE a=b>502  Bad\nGateway</TITLE></head>", "", .page(title: "502 Bad Gateway")),
        ("<p>hello", "text/html; charset=utf-8", .page(title: nil)),
        ("<!DOCTYPE HTML><title></title>", "", .page(title: nil)),
        ("<!DOCTYPE html><title", "", .page(title: nil)),
        ("no\u{1B}[31mway\u{202E}!\n\n twice", "text/plain", .text("no[31mway! twice")),
    ])
    func body(_ text: String, _ type: String, _ expected: HTTPRefusal.Body) {
        #expect(HTTPRefusal.read(Array(text.utf8), contentType: type) == expected)
    }

    @Test func `a reason phrase does not steer the terminal`() {
        // HTTP lets octets above ASCII pass: U+009B begins a control sequence.
        let refusal = HTTPRefusal(status: 403, reason: "No\u{9B}2J", server: nil, body: .empty)
        #expect(refusal.description == "the server answered 403 No2J instead of 101")
    }

    @Test func `long text is cut`() {
        let body = HTTPRefusal.read(Array(String(repeating: "é", count: 1000).utf8), contentType: "")
        #expect(body == .text(String(repeating: "é", count: 500) + "…"))
    }

    @Test(arguments: [200, 301, 400, 401, 403, 404, 407, 418, 426, 429, 500, 502, 503, 504])
    func `every status has advice`(_ status: Int) {
        for body in [HTTPRefusal.Body.empty, .page(title: "x"), .text("x")] {
            let refusal = HTTPRefusal(status: status, reason: "R", server: "s", body: body)
            #expect(!refusal.advice.isEmpty)
            #expect(refusal.description.contains("\(status)"))
        }
    }
}
