import JSON
import Testing

@Suite("Error bodies") struct ErrorBodyTests {
    private func read(_ text: String) -> ErrorBody? { ErrorBody(Array(text.utf8)) }

    @Test(
        "the names that servers use",
        arguments: [
            #"{"message":"m"}"#, #"{"error":"m"}"#, #"{"detail":"m"}"#, #"{"title":"m"}"#, #"{"reason":"m"}"#,
            #" {"message":"","error":"m","detail":"other"}"#, #"{"message":7,"error":"m"}"#,
        ])
    func message(_ text: String) {
        #expect(read(text)?.message == "m")
    }

    @Test func `all that a Sockeye server says`() {
        let error = read(
            #"{"code":"C-1","message":"m","remedy":"r","status":426,"suspectedHop":{"name":"n","words":"w"},"nginx":["a;","b;"]}"#
        )
        #expect(error?.code == "C-1" && error?.remedy == "r" && error?.status == 426)
        #expect(error?.suspectedHop == "w" && error?.nginx == ["a;", "b;"])
        #expect(read(#"{"nginx":"a;\nb;"}"#)?.nginx == ["a;", "b;"])
        #expect(read(#"{"hint":"h","suspectedHop":{"name":"n"}}"#)?.suspectedHop == "n")
    }

    @Test(
        "what says nothing of an error",
        arguments: [
            "", "  ", "null", "[]", #"["message"]"#, "{", #"{"broken"#, "{}", #"{"x":1}"#,
            #"{"code":7,"status":400}"#, "<html>",
        ])
    func nothing(_ text: String) {
        #expect(read(text) == nil)
    }

    @Test func `words are one line that a terminal can show`() {
        #expect(read(#"{"message":"a\u001b[2J\nb"}"#)?.message == "a[2J b")
    }
}
