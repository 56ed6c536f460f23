"""A refused handshake explains itself: status, a JSON body with a stable code, what is missing, which hop, and the remedy."""
import json

import pytest

import harness
from harness import Raw, handshake, until


def refused(port, text, **where):
    with Raw(port, **where) as raw:
        answer = raw.send(text).response()
    assert answer["Content-Type"].startswith("application/json"), answer
    body = answer.json
    assert body["code"] and body["message"] and body["remedy"], body
    return answer, body


STRIPPED = [
    ("both headers dropped", handshake(drop=("Upgrade", "Connection")), "HANDSHAKE-UPGRADE-STRIPPED", {"Upgrade", "Connection"}),
    ("Upgrade dropped", handshake(drop=("Upgrade",)), "HANDSHAKE-UPGRADE-STRIPPED", {"Upgrade"}),
    ("Connection dropped", handshake(drop=("Connection",)), "HANDSHAKE-UPGRADE-STRIPPED", {"Connection"}),
    ("Connection: close", handshake(drop=("Upgrade",), Connection="close"), "HANDSHAKE-CONNECTION-CLOSE", {"Upgrade", "Connection"}),
    ("Connection: keep-alive", handshake(Connection="keep-alive"), "HANDSHAKE-UPGRADE-STRIPPED", {"Connection"}),
    ("HTTP/1.0", handshake(version="HTTP/1.0", drop=("Upgrade",), Connection="close"), "HANDSHAKE-HTTP10", {"Upgrade"}),
]


@pytest.mark.parametrize("name, text, code, missing", STRIPPED, ids=[row[0] for row in STRIPPED])
def test_stripped_headers_are_426_and_named(server, name, text, code, missing):
    answer, body = refused(server.port, text)
    assert answer.status == 426 and body["code"] == code
    assert "websocket" in (answer["Upgrade"] or "").lower()
    said = json.dumps(body)
    for header in missing:
        assert header.lower() in said.lower()
    assert "proxy_set_header Upgrade" in said and "proxy_http_version 1.1" in said, "the remedy has the nginx lines"


def test_http_1_0_is_named_as_the_cause(server):
    _, body = refused(server.port, handshake(version="HTTP/1.0", Connection="close", drop=("Upgrade",)))
    assert "HTTP/1.0" in json.dumps(body)


@pytest.mark.parametrize("fields, word", [
    ({"Via": "1.1 edge.example"}, "edge.example"),
    ({"X_Forwarded_For": "203.0.113.7, 198.51.100.2"}, "X-Forwarded-For"),
    ({"X_Real_IP": "203.0.113.7"}, "X-Real-IP"),
])
def test_the_suspected_hop_is_named_from_what_proxies_leave(server, fields, word):
    _, body = refused(server.port, handshake(drop=("Upgrade", "Connection"), **fields))
    assert word in json.dumps(body)


REFUSALS = [
    ("version 8", handshake(Sec_WebSocket_Version="8"), 426, "HANDSHAKE-VERSION"),
    ("no version", handshake(drop=("Sec-WebSocket-Version",)), 400, "HANDSHAKE-VERSION-MISSING"),
    ("bad key", handshake(Sec_WebSocket_Key="short"), 400, "HANDSHAKE-KEY"),
    ("no key", handshake(drop=("Sec-WebSocket-Key",)), 400, "HANDSHAKE-KEY"),
    ("key of 15 bytes", handshake(Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAA"), 400, "HANDSHAKE-KEY"),
    ("two keys", handshake(X="y\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "HANDSHAKE-KEY"),
    ("other upgrade", handshake(Upgrade="h2c"), 426, "HANDSHAKE-UPGRADE-OTHER"),
    ("two subprotocols alike", handshake(Sec_WebSocket_Protocol="a, a"), 400, "HANDSHAKE-SUBPROTOCOL"),
    ("unknown path", handshake("/wss"), 404, "PATH-UNKNOWN"),
    ("origin", handshake(Origin="https://evil.example"), 403, "ORIGIN-REFUSED"),
    ("POST", handshake(method="POST", Content_Length="0"), 405, "METHOD"),
    ("plain GET", "GET /ws HTTP/1.1\r\nHost: x\r\n\r\n", 426, "HANDSHAKE-NO-UPGRADE"),
]


@pytest.mark.parametrize("name, text, status, code", REFUSALS, ids=[row[0] for row in REFUSALS])
def test_the_table_of_refusals(server, name, text, status, code):
    answer, body = refused(server.port, text)
    assert (answer.status, body["code"]) == (status, code), body


def test_a_wrong_version_is_told_the_right_one(server):
    answer, _ = refused(server.port, handshake(Sec_WebSocket_Version="8"))
    assert answer["Sec-WebSocket-Version"] == "13"


def test_an_unknown_path_is_told_the_nearest(server):
    _, body = refused(server.port, handshake("/wss"))
    assert '/ws' in body["message"] + body["remedy"]
    # Every plain 404 that looks for a WebSocket is told as well: a browser's fetch cannot send the handshake.
    answer, body = refused(server.port, handshake("/socket.io/?EIO=4&transport=websocket"))
    assert answer.status == 404


def test_a_refused_origin_is_told_which_is_allowed(server):
    _, body = refused(server.port, handshake(Origin="https://evil.example"))
    assert "https://evil.example" in json.dumps(body)


@pytest.mark.parametrize("origin", [
    "https://app.example.com", "https://app.example.com:443", "https://APP.example.com", "https://app.example.com/",
])
def test_origins_are_compared_without_their_accidents(start, origin):
    server = start("--origin", "https://app.example.com/", environment={"SOCKEYE_PROFILE": "production"})
    harness.opened(server.port, Origin=origin).close()
    answer, _ = refused(server.port, handshake(Origin="https://app.example.com.evil.example"))
    assert answer.status == 403
    answer, _ = refused(server.port, handshake(Origin="http://app.example.com"))
    assert answer.status == 403
    answer, _ = refused(server.port, handshake(Origin="http://localhost:3000"))
    assert answer.status == 403, "production lets only what is listed"


def test_development_lets_the_usual_development_server_connect(server):
    harness.opened(server.port, Origin="http://localhost:3000").close()
    harness.opened(server.port, Origin="http://127.0.0.1:3000").close()


def test_the_own_page_may_connect(server):
    harness.opened(server.port, Host=f"127.0.0.1:{server.port}", Origin=f"http://127.0.0.1:{server.port}").close()


def test_a_refusal_keeps_the_connection_usable(server):
    with Raw(server.port) as raw:
        assert raw.send(handshake(drop=("Upgrade",))).response().status == 426
        assert raw.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").response().status == 200


def test_tls_bytes_on_the_plain_port_get_an_alert_and_a_log_line(server):
    since = len(server.log)
    with Raw(server.port) as raw:
        raw.send(bytes.fromhex("16030100a5010000a10303") + bytes(160))
        raw.is_closed_by_peer()
        assert raw.buffer[:1] == b"\x15", "the one answer a TLS client understands"
    line = server.wait_for_log(r"(?i)tls", since=since)
    assert line


def test_plain_bytes_on_the_tls_port_get_plain_words(start, certificates):
    chain, key = certificates.leaf("plainwords", "localhost")
    server = start("--tls-cert", chain, "--tls-key", key)
    with Raw(server.port) as raw:
        answer = raw.send(handshake()).response()
        assert answer.status == 400
        assert "wss" in json.dumps(answer.json) or "https" in json.dumps(answer.json)
        assert raw.is_closed_by_peer()


def test_each_refusal_is_one_log_line(server):
    since = len(server.log)
    refused(server.port, handshake("/ws", drop=("Upgrade", "Connection"), Via="1.1 once.example"))
    server.wait_for_log("once.example", since=since)
    assert sum("once.example" in line for line in server.log[since:].splitlines()) == 1


def test_a_flood_of_refusals_is_some_lines_and_a_number(start):
    server = start("--loops", "1")
    with Raw(server.port) as raw:
        for number in range(500):
            assert raw.send(handshake(f"/nowhere-{number}")).response().status == 404

    def told():
        lines = [line for line in server.log.splitlines() if "code=PATH-UNKNOWN" in line]
        more = [int(line.rsplit("lines=", 1)[1]) for line in lines if "more in the last second" in line]
        return lines, len(lines) - len(more) + sum(more)

    until(lambda: told()[1] == 500, 5, "all 500 in the log, one by one or by number")
    assert len(told()[0]) < 200
    assert listed(server, server.token()).json["total"] == 500


# ---- GET /api/refusals ----

def listed(server, token=None):
    headers = [f"Authorization: Bearer {token}"] if token else []
    return harness.get(server.port, "/api/refusals", headers=headers)


def test_the_list_of_refusals_wants_a_token(server):
    assert listed(server).status == 401
    assert listed(server)["WWW-Authenticate"].startswith("Bearer")
    assert listed(server, "a.b.c").status == 401
    assert listed(server, server.token("ada")[:-4] + "AAAA").status == 401


def entries(answer):
    body = answer.json
    return body["refusals"] if isinstance(body, dict) else body


def test_the_last_256_refusals_are_kept_in_order(start):
    server = start()
    token = server.token("ada")
    with Raw(server.port) as raw:
        for number in range(300):
            assert raw.send(handshake(f"/nowhere-{number}")).response().status == 404
    answer = listed(server, token)
    assert answer.status == 200
    kept = entries(answer)
    assert len(kept) == 256
    text = json.dumps(kept)
    assert "nowhere-299" in text and "nowhere-44" in text and "nowhere-43\"" not in text
    positions = [text.index(f"nowhere-{number}\"") for number in (100, 200, 299)]
    assert positions in (sorted(positions), sorted(positions, reverse=True))


def test_a_refused_token_is_not_in_the_list(start):
    server = start()
    token = server.token("ada")
    bad = token[:-4] + "AAAA"
    for path in (f"/ws?token={bad}", f"/nowhere?token={token}&access_token={token}"):
        with Raw(server.port) as raw:
            assert raw.send(handshake(path)).response().status in (401, 403, 404)
    text = listed(server, token).body.decode()
    assert entries(listed(server, token)) and token not in text and bad not in text
    assert token.split(".")[2] not in text
