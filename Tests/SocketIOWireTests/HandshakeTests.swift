import Bytes
import SocketIOWire
import Testing

/// Socket.IO v5, Connection to a namespace: what clients give, and what servers answer.
@Suite struct HandshakeTests {
    @Test func aClientsAuth() {
        let text = #"0/im,{"token":"a\"b","n":{"x":[1, 2]},"pid":"P","offset":"O","token":"last","e":7}"#
        withPacket(text) { packet in
            let auth = SocketAuth(packet)
            #expect(auth.json.text == String(text.dropFirst(5)))
            #expect(auth.string("token") == "last")
            #expect(auth["n"]?.text == #"{"x":[1, 2]}"#)
            #expect(auth["missing"] == nil)
            #expect(auth.string("e") == nil)
            #expect(auth["e"]?.text == "7")
            #expect(auth.pid == "P" && auth.offset == "O")
        }
    }

    @Test func noAuth() {
        withPacket("0") { packet in
            let auth = SocketAuth(packet)
            #expect(auth.json.isEmpty && auth["token"] == nil && auth.pid == nil)
        }
        withPacket(#"2["token","x"]"#) { #expect(SocketAuth($0).json.isEmpty) }
    }

    @Test func aServersConsent() {
        let text = "/im".withBytes { namespace in
            written { SocketEncoder.appendConnected(namespace: namespace, sid: "S", pid: "P", to: $0) }
        }
        #expect(text == #"0/im,{"sid":"S","pid":"P"}"#)
        withPacket(text) { packet in
            let reply = SocketConnected(packet)
            #expect(reply?.sid == "S" && reply?.pid == "P")
        }
        let root = "/".withBytes { namespace in
            written { SocketEncoder.appendConnected(namespace: namespace, sid: "S", to: $0) }
        }
        #expect(root == #"0{"sid":"S"}"#)
        withPacket("0") { #expect(SocketConnected($0) == nil) }
    }

    static let refusals: [(String, String?, String, String)] = [
        ("/random", nil, "Invalid namespace", #"4/random,{"message":"Invalid namespace"}"#),
        (
            "/", #"{"code":"TOKEN-REVOKED"}"#, "the \"token\" was revoked",
            #"4{"message":"the \"token\" was revoked","data":{"code":"TOKEN-REVOKED"}}"#
        ),
    ]

    @Test(arguments: refusals) func aServersRefusal(
        namespace: String, data: String?, message: String, text: String
    ) {
        let built = namespace.withBytes { namespace in
            (data ?? "").withBytes { data in
                written {
                    SocketEncoder.appendConnectError(
                        namespace: namespace, message: message, data: data, to: $0)
                }
            }
        }
        #expect(built == text)
        withPacket(text) { packet in
            let refusal = SocketRefusal(packet)
            #expect(refusal?.message == message && refusal?.data == data)
        }
    }

    @Test func anOldServersRefusal() {
        withPacket(#"4"no""#) { #expect(SocketRefusal($0)?.message == "no") }
        withPacket("4{}") { #expect(SocketRefusal($0)?.message == "") }
        withPacket("0") { #expect(SocketRefusal($0) == nil) }
    }

    @Test func eventsOfTheServer() {
        let event = "/im".withBytes { namespace in
            #"1,{"a":2}"#.withBytes { arguments in
                written {
                    SocketEncoder.appendEvent(
                        namespace: namespace, name: "say \"hi\"", arguments: arguments, offset: "7-e", to: $0)
                }
            }
        }
        #expect(event == #"2/im,["say \"hi\"",1,{"a":2},"7-e"]"#)
        #expect(written { SocketEncoder.appendPlaceholder(3, to: $0) } == #"{"_placeholder":true,"num":3}"#)
    }

    private func withPacket(_ text: String, _ body: (SocketPacket) -> Void) {
        text.withBytes { bytes in
            guard let packet = try? SocketPacket(bytes, isValidUTF8: true) else {
                return #expect(Bool(false), "no packet: \(text)")
            }
            body(packet)
        }
    }
}
