import Bytes
import HTTPWire
import Testing

@Suite("Response heads (RFC 9112 §4, §6.3)")
struct ResponseParserTests {
    static let samples = [
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        "\r\nHTTP/1.0 404\r\n\r\n", "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 099 x\r\n\r\n", "ICY 200 OK\r\n\r\n",
    ]

    @Test(
        "Framing",
        arguments: [
            ("200", "", HTTPMethod.get, BodyFraming.untilClose),
            ("200", "Content-Length: 3\r\n", .get, .length(3)),
            ("200", "Content-Length: 3\r\n", .head, .none), ("204", "Content-Length: 3\r\n", .get, .none),
            ("304", "Content-Length: 3\r\n", .get, .none), ("103", "", .get, .none), ("101", "", .get, .none),
            ("200", "", .connect, .none), ("407", "Content-Length: 3\r\n", .connect, .length(3)),
            ("200", "Transfer-Encoding: chunked\r\n", .post, .chunked), ("500", "", .post, .untilClose),
        ])
    func framing(status: String, fields: String, method: HTTPMethod, expected: BodyFraming) throws {
        let text = "HTTP/1.1 \(status) Reason\r\n\(fields)\r\n"
        let head = try #require(responses(in: Array(text.utf8), method: method).head)
        #expect(head.bodyFraming == expected && head.keepAlive == (expected != .untilClose))
        #expect(head.reason == "Reason" && String(head.status) == status)
        #expect(head.isInterim == (status == "103"))
    }

    @Test("Interim answers come out before the real one")
    func interim() throws {
        guard case .heads(let heads, _) = responses(in: Array(Self.samples[1].utf8)) else {
            Issue.record("refused")
            return
        }
        #expect(heads.map(\.status) == [100, 200] && heads.map(\.isInterim) == [true, false])
    }

    @Test(
        "is refused",
        arguments: [
            ("HTTP/2.0 200 OK\r\n", HTTPError.unsupportedVersion(major: 2, minor: 0)),
            ("ICY 200 OK\r\n", .malformedStatusLine("ICY 200 OK")),
            ("HTTP/1.1 20 OK\r\n", .malformedStatusLine("HTTP/1.1 20 OK")),
            ("HTTP/1.1 2000 OK\r\n", .malformedStatusLine("HTTP/1.1 2000 OK")),
            ("HTTP/1.1 099 x\r\n", .malformedStatusLine("HTTP/1.1 099 x")),
            ("HTTP/1.1  200 x\r\n", .malformedStatusLine("HTTP/1.1  200 x")),
            ("HTTP/1.1 200 a\u{0}b\r\n", .malformedStatusLine("HTTP/1.1 200 a\\x00b")),
            ("HTTP/1.1 200 OK\n", .bareLineFeed),
            ("\u{15}\u{3}\u{1}", .notHTTP(firstOctet: 0x15)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", .duplicateContentLength),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                .contentLengthWithTransferEncoding
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .unsupportedTransferEncoding("gzip")),
            ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .foldedLine),
        ])
    func refuses(text: String, error: HTTPError) {
        #expect(responses(in: Array(text.utf8)).error == error)
    }

    @Test("A status line may end after the status")
    func noReason() throws {
        let head = try #require(responses(in: Array("HTTP/1.0 404\r\n\r\n".utf8)).head)
        #expect(head.status == 404 && head.reason == "" && head.version == .http10 && !head.keepAlive)
    }
}

@Suite("Responses written (RFC 9112 §4)")
struct ResponseWriterTests {
    private func written(_ write: (ByteBuffer) -> Void) -> String {
        let buffer = ByteBuffer()
        write(buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test("Whole responses")
    func whole() {
        #expect(
            written {
                ResponseWriter.append(status: 200, fields: [("A", "b")], text: "hé", keepAlive: true, to: $0)
            }
                == "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nhé")
        #expect(
            written {
                ResponseWriter.append(status: 404, text: "no", keepAlive: false, omitBody: true, to: $0)
            }
                == "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\n")
        #expect(
            written { ResponseWriter.append(status: 200, keepAlive: true, version: .http10, to: $0) }
                == "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
        #expect(
            written {
                ResponseWriter.append(
                    status: 426, fields: [("Upgrade", "websocket"), ("connection", "Upgrade")],
                    keepAlive: false, to: $0)
            }
                == "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nContent-Length: 0\r\n\r\n"
        )
        #expect(
            written { ResponseWriter.append(status: 304, text: "x", keepAlive: true, to: $0) }
                == "HTTP/1.1 304 Not Modified\r\n\r\n")
    }

    @Test(
        "A field that could break the message is left out",
        arguments: [
            ("X", "a\r\nSet-Cookie: b"), ("X", "a\nb"), ("X", "a\rb"), ("X", "a\u{0}b"), ("X\r\n", "a"),
            ("", "a"),
            ("X Y", "a"), ("X:", "a"), ("Content-Length", "3"), ("transfer-encoding", "chunked"),
            ("Connection", "a\r\nB: c"),
        ])
    func splitting(name: String, value: String) {
        let buffer = ByteBuffer()
        #expect(!ResponseWriter.append(status: 200, fields: [(name, value)], keepAlive: true, to: buffer))
        #expect(
            String(decoding: buffer.bytes, as: UTF8.self) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    }

    @Test("Chunks and 100 Continue")
    func others() {
        let stream = written { buffer in
            ResponseWriter.appendHead(status: 200, framing: .chunked, keepAlive: true, to: buffer)
            for piece in ["hello", "", " world of chunks"] {
                Array(piece.utf8).withUnsafeBytes { ResponseWriter.appendChunk($0, to: buffer) }
            }
            ResponseWriter.appendLastChunk(to: buffer)
        }
        #expect(
            stream
                == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n10\r\n world of chunks\r\n0\r\n\r\n"
        )
        #expect(written { ResponseWriter.appendContinue(to: $0) } == "HTTP/1.1 100 Continue\r\n\r\n")
    }

    @Test("What is written is read again")
    func roundTrip() throws {
        for status in [200, 204, 404, 426, 599] {
            let text = written {
                ResponseWriter.append(
                    status: status, fields: [("A", "b")], text: "x", keepAlive: true, to: $0)
            }
            let head = try #require(responses(in: Array(text.utf8)).head)
            #expect(head.status == status && head.fields["a"] == "b" && head.keepAlive)
            #expect(head.bodyFraming == (status == 204 ? .none : .length(1)))
        }
    }
}
