"""Plain HTTP/1.1 on the same port: routes, connections, and what is refused because two hops could read it differently."""
import json

import pytest

from harness import HOST, Raw, free_port, get, until


def test_health(server):
    answer = get(server.port, "/health")
    assert answer.status == 200
    assert answer["Content-Type"].startswith("application/json")
    assert answer.json["status"] == "ok"


def test_head_has_the_head_of_get_and_no_body(server):
    with Raw(server.port) as raw:
        raw.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        head = raw.response(head_only=True)
        body = raw.response()
        assert head.status == body.status == 200
        assert int(head["Content-Length"]) == len(body.body) > 0


def test_options_names_the_methods(server):
    answer = get(server.port, "/health", method="OPTIONS")
    assert answer.status in (200, 204)
    assert {"GET", "HEAD"} <= {name.strip() for name in answer["Allow"].split(",")}


def test_options_asterisk(server):
    with Raw(server.port) as raw:
        assert raw.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").response().status in (200, 204)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(server, method):
    answer = get(server.port, "/health", method=method, headers=["Content-Length: 0"])
    assert answer.status == 405
    assert "GET" in answer["Allow"]


def test_the_page_is_served_with_a_strict_policy(server):
    answer = get(server.port, "/")
    assert answer.status == 200 and answer["Content-Type"].startswith("text/html")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    for path, kind in (("/page.js", "javascript"), ("/page.css", "css"), ("/page.svg", "svg")):
        assert kind in get(server.port, path)["Content-Type"]


def test_keep_alive_and_pipelining_in_order(server):
    with Raw(server.port) as raw:
        raw.send("".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in ("/health", "/page.css", "/health", "/none")))
        answers = [raw.response() for _ in range(4)]
    assert [answer.status for answer in answers[:3]] == [200, 200, 200]
    assert answers[0].body == answers[2].body and b"{" in answers[1].body
    assert answers[3].status == 404


def test_a_request_in_single_bytes_is_understood(server):
    with Raw(server.port) as raw:
        for byte in b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n":
            raw.send(bytes([byte]))
        assert raw.response().status == 200


def test_connection_close_is_obeyed(server):
    with Raw(server.port) as raw:
        raw.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.response()["Connection"].lower() == "close"
        assert raw.is_closed_by_peer()


def test_http_1_0_is_answered_and_closed(server):
    with Raw(server.port) as raw:
        raw.send("GET /health HTTP/1.0\r\n\r\n")
        assert raw.response().status == 200
        assert raw.is_closed_by_peer()


def test_an_unknown_path_is_404_in_json(server):
    answer = get(server.port, "/nowhere")
    assert answer.status == 404
    assert answer.json["code"]


def test_a_body_is_read_past(server):
    """What belongs to a refused request's body is never taken for the next request."""
    with Raw(server.port) as raw:
        body = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
        raw.send(f"POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"
                 "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.response().status == 405
        assert raw.response().status == 200
        assert raw.is_closed_by_peer() and not raw.buffer


def test_a_chunked_body_is_read_past(server):
    with Raw(server.port) as raw:
        raw.send("POST /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n"
                 "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert raw.response().status == 405
        assert raw.response().status == 200


def test_expect_continue(server):
    with Raw(server.port) as raw:
        raw.send("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        first = raw.response(head_only=True)
        if first.status == 100:
            first = raw.send("abc").response()
        assert first.status == 405


SMUGGLED = "GET /health HTTP/1.1\r\nHost: smuggled\r\n\r\n"


@pytest.mark.parametrize("head", [
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 5\r\nContent-Length: 5",
    "Content-Length: 5, 5",
    "Content-Length: +5",
    "Content-Length: -1",
    "Content-Length: 0x5",
    "Content-Length: 5 5",
    "Content-Length: ",
    "Content-Length: 99999999999999999999999",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding : chunked",
    " Transfer-Encoding: chunked",
    "X: a\r\n b",
    "X: a\r\n\tb",
    "X: a\nTransfer-Encoding: chunked",
    "X: a\rb",
    "X: a\x00b",
    "X\x00: a",
    ": a",
    "no colon",
    "Host: other",
    "X Y: a",
    "X(: a",
])
def test_ambiguous_heads_are_refused_and_the_connection_ends(server, head):
    with Raw(server.port) as raw:
        raw.send(f"POST /health HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{SMUGGLED}")
        answer = raw.response()
        assert answer.status in (400, 413, 431, 501), answer
        assert answer.json["code"].startswith("HTTP-") and answer.json["remedy"]
        assert raw.is_closed_by_peer() and b"HTTP/1.1" not in raw.buffer, "only one answer: nothing got smuggled"


@pytest.mark.parametrize("request_text", [
    "GET / HTTP/1.1\r\n\r\n",                                   # no Host
    "GET / HTTP/1.1\nHost: x\n\n",                              # bare LF
    "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
    "GET /\r\n\r\n",
    "G@T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2\r\n",
    "\x00\x01\x02\x03\r\n\r\n",
])
def test_what_is_no_request_is_refused(server, request_text):
    with Raw(server.port) as raw:
        raw.send(request_text)
        answer = raw.response()
        assert 400 <= answer.status < 600
        assert json.loads(answer.body)["code"]
        assert raw.is_closed_by_peer()


@pytest.mark.parametrize("request_text, statuses", [
    ("GET /" + "a" * 20_000 + " HTTP/1.1\r\nHost: x\r\n\r\n", (414,)),
    ("GET / HTTP/1.1\r\nHost: x\r\nX: " + "a" * 70_000 + "\r\n\r\n", (431,)),
    ("GET / HTTP/1.1\r\nHost: x\r\n" + "".join(f"X{n}: a\r\n" for n in range(300)) + "\r\n", (431,)),
    ("GET / HTTP/1.1\r\nHost: x\r\nX: " + "a" * 70_000, (431,)),       # and never ends
    ("POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n", (413,)),
])
def test_limits_have_their_status(server, request_text, statuses):
    with Raw(server.port) as raw:
        raw.send(request_text)
        assert raw.response().status in statuses
        assert raw.is_closed_by_peer()


def test_a_slow_head_times_out(start):
    server = start(environment={"SOCKEYE_TIMEOUTS_HANDSHAKE": "1s"})
    with Raw(server.port) as raw:
        raw.send("GET /health HTTP/1.1\r\nHost:")
        assert raw.response().status == 408
        assert raw.is_closed_by_peer()
    with Raw(server.port) as raw:
        assert raw.is_closed_by_peer(), "one that says nothing is closed, too"


def test_ipv6_and_unix_sockets_serve_alike(start, tmp_path):
    path = tmp_path / "sockeye.sock"
    port = free_port()
    server = start("--listen", f"[::1]:{port}", "--listen", f"unix:{path}")
    assert get(port, "/health", host="::1").status == 200
    assert get(server.port, "/health", host=HOST).status == 200
    with Raw(path=str(path)) as raw:
        assert raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").response().status == 200
    server.stop()
    assert not path.exists(), "the socket file goes with the server"


def test_what_is_refused_in_pieces_is_let_go_as_soon_as_what_is_refused_at_once(start):
    """The answer's connection lingers for two seconds, not for the minute a kept connection may rest."""
    server = start()
    descriptors = server.descriptors()
    with Raw(server.port) as whole, Raw(server.port) as pieces:
        whole.send("GET / HTTP/1.1\r\nHost : x\r\n\r\n")
        pieces.send("GET / HT")
        until(lambda: server.descriptors() == descriptors + 2, 5, "both connections")
        pieces.send("TP/1.1\r\nHost : x\r\n\r\n")
        assert whole.response().status == pieces.response().status == 400
        until(lambda: server.descriptors() == descriptors, 6, "both connections ending")
