import Bytes
import JSON
import PubSub
import Testing
import Tokens
import WebSocketWire

@testable import Gateway

@Suite("Sockeye JSON, what the server says")
struct DialectEncoderTests {
    @Test("the promised shapes, with and without id")
    func shapes() {
        let answer = JoinAnswer(
            topic: "news", lane: .plain, position: StreamPosition(epoch: Epoch(35), offset: 7))
        #expect(
            encoded {
                SockeyeEncoder.appendAuthenticated(user: "ada", expiresAt: 1_700_000_000, id: $0, to: $1)
            }
                == #"{"type":"authenticated","user":"ada","expires_at":1700000000}"#)
        #expect(
            encoded(id: "1") {
                SockeyeEncoder.appendAuthenticated(user: "a\"b", expiresAt: nil, id: $0, to: $1)
            }
                == #"{"type":"authenticated","user":"a\"b","expires_at":null,"id":1}"#)
        #expect(
            encoded { SockeyeEncoder.appendSubscribed(answer, id: $0, to: $1) }
                == #"{"type":"subscribed","topic":"news","epoch":"z","offset":7}"#)
        #expect(
            encoded(id: #""s""#) {
                SockeyeEncoder.appendSubscribed(answer, id: $0, to: $1)
            }
                == #"{"type":"subscribed","topic":"news","epoch":"z","offset":7,"id":"s"}"#)
        var recovered = answer
        recovered.recovery = .recovered
        #expect(
            encoded { SockeyeEncoder.appendSubscribed(recovered, id: $0, to: $1) }
                == #"{"type":"subscribed","topic":"news","epoch":"z","offset":7,"recovered":true}"#)
        recovered.recovery = .refused(.epochChanged)
        recovered.presence = Array(#""users":[]"#.utf8)
        #expect(
            encoded(id: "1") { SockeyeEncoder.appendSubscribed(recovered, id: $0, to: $1) }
                == #"{"type":"subscribed","topic":"news","epoch":"z","offset":7,"recovered":false,"#
                + #""reason":"epoch_changed","presence":{"users":[]},"id":1}"#)
        #expect(
            encoded(id: "1") {
                SockeyeEncoder.appendPublished(topic: "news", offset: 3, isDuplicate: true, id: $0, to: $1)
            } == #"{"type":"published","topic":"news","offset":3,"duplicate":true,"id":1}"#)
        #expect(
            encoded(id: "2") { SockeyeEncoder.appendUnsubscribed(topic: "news", id: $0, to: $1) }
                == #"{"type":"unsubscribed","topic":"news","id":2}"#)
        #expect(
            encoded(id: "1.50") {
                SockeyeEncoder.appendPublished(topic: "news", offset: .max, id: $0, to: $1)
            }
                == #"{"type":"published","topic":"news","offset":18446744073709551615,"id":1.50}"#)
        #expect(encoded { SockeyeEncoder.appendPong(id: $0, to: $1) } == #"{"type":"pong"}"#)
        #expect(encoded(id: "9") { SockeyeEncoder.appendPong(id: $0, to: $1) } == #"{"type":"pong","id":9}"#)
        #expect("\(SockeyeEncoder.barePong)" == "pong")
    }

    @Test("a delivery carries its data byte for byte, prepared or not")
    func messages() {
        let data = "{ \"a\":1,\n\"a\":\"\\u00e9\" }"
        let wanted = #"{"type":"message","topic":"a\"é\n","offset":12,"data":"# + data + "}"
        let whole = ByteBuffer()
        let prepared = ByteBuffer()
        let prefix = ByteBuffer()
        SockeyeEncoder.appendMessagePrefix(topic: "a\"é\n", to: prefix)
        Array(data.utf8).withUnsafeBytes { data in
            SockeyeEncoder.appendMessage(topic: "a\"é\n", offset: 12, data: data, to: whole)
            SockeyeEncoder.appendMessage(prefix: prefix.bytes, offset: 12, data: data, to: prepared)
        }
        #expect(text(whole.bytes) == wanted)
        #expect(text(prepared.bytes) == text(whole.bytes))
    }

    static let errors: [SockeyeError] = [
        .authenticationElsewhere, .authenticationRequired, .binaryMessage, .controlCharacterInTopic,
        .dataTooLong(count: 2, limit: 1),
        .duplicateMember("x"), .emptyTopic, .keyRefused(.keyLength), .keyRefused(.keyNotKept),
        .keyRefused(.storeBehind), .notAllowed(.publish, topic: "user:eve"), .positionUnknown(.positionAhead),
        .presenceNotKept("t"), .rateLimited("user", wait: 250), .storeFailed("disk", isUnknown: true),
        .storeFailed("disk", isUnknown: false),
        .wrongMember("limit", expected: "a number"), .wrongPathUser, .goingAway,
        .denied(code: nil, message: nil), .denied(code: nil, message: "no"), .backendUnavailable,
        .streamPosition(3, last: 2), .tooManyCalls("a", limit: 4), .unknownCall("a"), .unknownStream,
        .idTooLong(count: 65, limit: 64),
        .json(.unexpectedByte(0x22, offset: 3, expected: .value)), .missingMember("topic", of: .subscribe),
        .missingMember("type", of: nil), .notAString("token", of: .auth), .notAString("type", of: nil),
        .notAnObject, .otherUser,
        .tooManyMembers(limit: 32), .tooManySubscriptions(limit: 3), .topicTooLong(count: 256, limit: 255),
        .unknownType("authenticate", nearest: .auth), .unknownType("\"\n", nearest: nil), .wrongID,
        .token(.badSignature), .token(.criticalHeader), .token(.duplicateClaim("sub")),
        .token(.expired(at: 0)), .token(.revoked), .token(.unknownToken), .token(.cannotSign(.rs256)),
        .token(.refusedByBackend), .token(.unchecked("x")), .token(.userDisabled),
        .token(.tooLongLived(seconds: 9, limit: 8)),
        .token(.wrongClaimValue(claim: "a", found: "b", expected: "c")),
        .token(.malformed(.empty)), .token(.missingClaim("sub")), .token(.notYetValid(from: 0)),
        .token(.tooLong(count: 9000, limit: 8192)), .token(.unknownKey("k")),
        .token(.unsupportedAlgorithm("none")),
        .token(.unusableUser(claim: "sub")), .token(.wrongAudience(found: ["a"], expected: ["b"])),
        .token(.wrongClaimType(claim: "exp", expected: "a number")),
        .token(.wrongIssuer(found: "a", expected: ["b"])),
        .token(.wrongType(found: "a", expected: "b")),
    ]

    @Test("errors are JSON with code, message and remedy", arguments: errors)
    func errorShape(_ error: SockeyeError) throws {
        let value = try JSONValue.parse(
            encoded(id: "\"e\"") { SockeyeEncoder.appendError(error, id: $0, to: $1) })
        var members = ["type", "code", "message", "remedy", "id"]
        if case .rateLimited(_, let wait) = error {
            members.insert("retry_after_ms", at: 4)
            #expect(value["retry_after_ms"] == .number(JSONNumber(Int64(wait))))
        }
        #expect(value.objectValue?.members.map(\.key) == members)
        #expect(value["type"]?.stringValue == "error")
        #expect(value["code"]?.stringValue == error.code.rawValue)
        #expect(value["message"]?.stringValue == error.description && !error.description.isEmpty)
        #expect(value["remedy"]?.stringValue == error.remedy && !error.remedy.isEmpty)
        if case .token(let refusal) = error { #expect(error.code.rawValue == refusal.code) }
    }

    @Test("what was written for the subscriber before is told the next one only where it is the same")
    func subscribedHead() {
        let head = SubscribedHead()
        let position = StreamPosition(epoch: Epoch(35), offset: 7)
        var answer = JoinAnswer(topic: "news", lane: .plain, position: position)
        var answers = [answer, answer]
        answer.recovery = .recovered
        answers.append(answer)
        answer.position.offset = 8
        answers.append(answer)
        answer.position.epoch = Epoch(36)
        answers.append(answer)
        // Two spellings of one letter are two names.
        for topic in ["n\u{e9}", "ne\u{301}", String(repeating: "\"", count: 255), "news", "", "news"] {
            answers.append(JoinAnswer(topic: topic, lane: .plain, position: position))
        }
        for (number, answer) in answers.enumerated() {
            let id = number.isMultiple(of: 2) ? "" : "\(number)"
            #expect(
                encoded(id: id) { head.append(answer, id: $0, to: $1) }
                    == encoded(id: id) { SockeyeEncoder.appendSubscribed(answer, id: $0, to: $1) })
        }
    }

    @Test("every code is some error's")
    func codes() {
        let ends: [StreamFailure] = [
            .backendFailed, .backendLate, .backendUnavailable, .forgotten, .goingAway, .tooLong(limit: 1),
        ]
        #expect(Set(Self.errors.map(\.code)).union(ends.map(\.code)) == Set(ErrorCode.allCases))
        for end in ends { #expect(!end.message.isEmpty && !end.remedy.isEmpty) }
    }

    @Test("close codes keep the contract of their ranges")
    func closeCodes() {
        for code in SockeyeCloseCode.allCases {
            #expect(code.closeCode.isValidOnWire)
            #expect(code.reason.utf8.count <= 123 && !code.explanation.isEmpty)
            #expect(code.invitesReconnect == (code.rawValue < 3500))
            #expect(![3000, 3003, 3008].contains(code.rawValue), "registered for another meaning")
        }
        for (code, comesBack) in [
            (1000, true), (1001, true), (1006, true), (1008, false), (1009, false), (1012, true),
            (3499, true), (3500, false),
            (3999, false), (4000, true), (4499, true), (4500, false), (4999, false),
        ] as [(UInt16, Bool)] {
            #expect(SockeyeCloseCode.invitesReconnect(code) == comesBack)
        }
    }
}
