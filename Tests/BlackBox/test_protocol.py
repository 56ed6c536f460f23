"""Sockeye's JSON protocol, as docs/protocol.md promises it."""
import base64
import json
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

import harness
from protocol import Talk, resign, signed_in


def places(server, token):
    """The four places a token may be handed over in."""
    return {
        "query": lambda: Talk(server.url(f"/ws?token={token}")),
        "header": lambda: Talk(server.url(), additional_headers={"Authorization": f"Bearer {token}"}),
        "subprotocol": lambda: Talk(server.url(), subprotocols=["sockeye", f"sockeye.token.{token}"]),
        "message": lambda: Talk(server.url()).say(type="auth", token=token),
    }


@pytest.mark.parametrize("place", ["query", "header", "subprotocol", "message"])
def test_a_token_is_taken_from_each_place(server, place):
    with places(server, server.token("ada"))[place]() as talk:
        # A token in the handshake is answered by the 101 alone, one in a message by a message.
        if place == "message":
            assert talk.hear_of("authenticated")["user"] == "ada"
        assert talk.subscribe("user:ada")["topic"] == "user:ada"


def test_the_token_is_never_chosen_as_subprotocol(server):
    token = server.token("ada")
    with places(server, token)["subprotocol"]() as talk:
        assert talk.socket.subprotocol == "sockeye"
        assert token not in str(talk.socket.response.headers)


@pytest.mark.parametrize("place", ["query", "header", "subprotocol"])
def test_a_bad_token_in_the_handshake_is_refused_with_its_reason(server, place):
    good = server.token("ada")
    bad = good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB")
    with pytest.raises(InvalidStatus) as refused:
        places(server, bad)[place]()
    answer = refused.value.response
    body = json.loads(answer.body)
    assert answer.status_code in (401, 403)
    assert body["code"] == "TOKEN-SIGNATURE"
    assert body["remedy"]
    assert bad not in answer.body.decode()


def test_a_bad_token_in_the_first_message_is_an_error_and_no_way_in(server):
    with Talk(server.url()) as talk:
        talk.say(type="auth", token="a.b.c")
        error = talk.hear_of("error")
        assert error["code"].startswith("TOKEN-") and error["message"] and error["remedy"]
        with pytest.raises(ConnectionClosed) as ended:
            talk.subscribe("news")
        assert ended.value.rcvd.code == 3502


def test_an_expired_token_says_when_it_expired(server):
    token = server.mint("--user", "ada", "--ttl", "1s")
    # The clocks of issuer and server may differ by 30 seconds, so this one is made long ago by hand.
    header, payload, _ = token.split(".")
    expired = resign(server, header, {**claims(payload), "iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600})
    with pytest.raises(InvalidStatus) as refused:
        Talk(server.url(f"/ws?token={expired}"))
    body = json.loads(refused.value.response.body)
    assert body["code"] == "TOKEN-EXPIRED"
    assert str(time.gmtime().tm_year) in body["message"] + body.get("detail", "")


def test_an_unsigned_token_is_refused(server):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    for header in ({"alg": "none", "typ": "JWT"}, {"alg": "HS512", "typ": "JWT"}, {"alg": "RS256"}):
        token = f"{part(header)}.{part({'sub': 'ada', 'exp': int(time.time()) + 60})}."
        with pytest.raises(InvalidStatus) as refused:
            Talk(server.url(f"/ws?token={token}"))
        assert json.loads(refused.value.response.body)["code"] in ("TOKEN-ALGORITHM", "TOKEN-MALFORMED")


def test_a_session_ends_with_its_token(start):
    server = start()
    token = server.mint("--user", "ada", "--ttl", "1s")
    header, payload, _ = token.split(".")
    # Over in two seconds: the leeway of 30 s is already used up.
    soon = resign(server, header, {**claims(payload), "exp": int(time.time()) - 28})
    with Talk(server.url(f"/ws?token={soon}")) as talk:
        talk.subscribe("news")
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                talk.hear(15)
    assert ended.value.rcvd.code == 3503


def test_a_renewed_token_keeps_the_session(server):
    with signed_in(server) as talk:
        assert talk.authenticate(server.token("ada"))["user"] == "ada"
        talk.say(type="auth", token=server.token("eve"))
        assert talk.hear_of("error")["code"]


# ---- deny by default ----

@pytest.mark.parametrize("message", [
    {"type": "subscribe", "topic": "news"},
    {"type": "unsubscribe", "topic": "news"},
    {"type": "publish", "topic": "news", "data": 1},
])
def test_nothing_but_auth_and_ping_before_authentication(server, message):
    with Talk(server.url()) as talk:
        error = talk.say(**message).hear_of("error")
        assert error["code"] == "authentication_required" and error["message"] and error["remedy"]


def test_what_was_denied_has_not_happened(server):
    with signed_in(server, "ada") as witness, Talk(server.url()) as stranger:
        witness.subscribe("denied")
        stranger.say(type="publish", topic="denied", data="psst")
        stranger.hear_of("error")
        assert witness.is_silent()


def test_ping_is_answered_before_authentication_bare_and_as_json(server):
    with Talk(server.url()) as talk:
        talk.socket.send("ping")
        assert talk.socket.recv(5) == "pong"
        assert talk.say(type="ping").hear()["type"] == "pong"


def test_a_connection_that_never_authenticates_is_closed(start):
    server = start(environment={"SOCKEYE_TIMEOUTS_AUTHENTICATION": "1s"})
    with Talk(server.url()) as talk:
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                talk.hear(10)
    assert ended.value.rcvd.code == 3501


# ---- topics ----

def test_two_users_talk(server):
    with signed_in(server, "ada") as ada, signed_in(server, "bob") as bob:
        first = ada.subscribe("room", id=1)
        assert first["id"] == 1 and first["epoch"]
        second = bob.subscribe("room")
        assert second["epoch"] == first["epoch"] and second["offset"] == first["offset"]
        ada.say(type="publish", topic="room", data={"text": "hi"}, id="p1")
        heard = [ada.hear(), ada.hear()]
        message = next(each for each in heard if each["type"] == "message")
        published = next(each for each in heard if each["type"] == "published")
        assert published["id"] == "p1" and published["offset"] == message["offset"] == first["offset"] + 1
        assert bob.hear_of("message") == message
        assert message == {"type": "message", "topic": "room", "offset": first["offset"] + 1, "data": {"text": "hi"}}


def test_published_is_only_said_when_asked_for(server):
    with signed_in(server, "ada") as ada:
        ada.say(type="publish", topic="quiet", data=1)
        assert ada.is_silent()


@pytest.mark.parametrize("raw", [
    '{"b":1,"a":2}', '[1, 2,   3]', '"\\u00e9\\ud83d\\ude00"', '"é😀"', "1.0e+02", "-0", "null", "true", '""', "{}",
    '{"a":1,"a":2}', "123456789012345678901234567890",
])
def test_data_passes_through_byte_for_byte(server, raw):
    with signed_in(server, "ada") as ada:
        ada.subscribe("bytes")
        ada.socket.send('{"type":"publish","topic":"bytes","data":%s}' % raw)
        assert ada.socket.recv(5).endswith('"data":%s}' % raw)
        ada.say(type="unsubscribe", topic="bytes")


def test_the_delivery_has_exactly_the_promised_shape(server):
    with signed_in(server, "ada") as ada:
        offset = ada.subscribe("shape")["offset"]
        ada.say(type="publish", topic="shape", data="x")
        assert ada.socket.recv(5) == '{"type":"message","topic":"shape","offset":%d,"data":"x"}' % (offset + 1)


def test_unsubscribed_means_silence(server):
    with signed_in(server, "ada") as ada, signed_in(server, "bob") as bob:
        ada.subscribe("leave")
        ada.say(type="unsubscribe", topic="leave", id=7)
        answer = ada.hear()
        assert answer["type"] == "unsubscribed" and answer["id"] == 7
        bob.say(type="publish", topic="leave", data=1, id=1).hear_of("published")
        assert ada.is_silent()


def test_offsets_count_up_and_order_is_kept(server):
    with signed_in(server, "ada") as ada, signed_in(server, "bob") as bob:
        start = bob.subscribe("order")["offset"]
        for number in range(500):
            ada.say(type="publish", topic="order", data=number)
        heard = [bob.hear() for _ in range(500)]
        assert [message["data"] for message in heard] == list(range(500))
        assert [message["offset"] for message in heard] == list(range(start + 1, start + 501))


def test_order_is_kept_across_loops(start):
    server = start("--loops", "2")
    with signed_in(server, "pub") as publisher:
        readers = [signed_in(server, f"reader{number}") for number in range(8)]
        for reader in readers:
            reader.subscribe("wide")
        for number in range(200):
            publisher.say(type="publish", topic="wide", data=number)
        for reader in readers:
            assert [reader.hear_of("message")["data"] for _ in range(200)] == list(range(200))
            reader.socket.close()


def test_anothers_user_topic_is_denied_ones_own_is_not(server):
    with signed_in(server, "ada") as ada, signed_in(server, "eve") as eve:
        ada.subscribe("user:ada")
        for message in ({"type": "subscribe"}, {"type": "publish", "data": 1}):
            eve.say(topic="user:ada", id=3, **message)
            error = eve.hear_of("error")
            assert error["id"] == 3 and error["remedy"]
        assert ada.is_silent()
        ada.say(type="publish", topic="user:ada", data="note").hear_of("message")


def test_messages_before_the_welcome_are_kept_in_order(server):
    """A client may send everything at once: what follows the token is done after it."""
    with harness.opened(server.port) as raw:
        token = server.token("ada")
        frames = [{"type": "auth", "token": token}, {"type": "subscribe", "topic": "early"},
                  {"type": "publish", "topic": "early", "data": 1}]
        raw.send(b"".join(harness.masked(json.dumps(frame)) for frame in frames))
        types = [json.loads(raw.frame()[1])["type"] for _ in range(3)]
        assert types == ["authenticated", "subscribed", "message"]


# ---- errors ----

@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", "42", '"subscribe"', "{}", '{"type":1}', '{"type":"subscribe"}', '{"type":"subscribe","topic":1}',
    '{"type":"subscribe","topic":""}', '{"type":"publish","topic":"x"}', '{"type":"nonsense"}', '{"type":"ping"} trailing',
    '{"type":"publish","topic":"x","data":01}', '{"type":"publish","topic":"x","data":{"a":}}', "\ufeff{}",
    '{"type":"subscribe","topic":"' + "x" * 5000 + '"}', "[" * 2000,
    '{"type":"publish","topic":"x","data":' + "[" * 5000 + "]" * 5000 + "}",
])
def test_what_cannot_be_understood_is_an_error_with_code_and_remedy(server, text):
    with signed_in(server) as talk:
        talk.socket.send(text)
        error = talk.hear_of("error")
        assert error["code"] and error["message"] and error["remedy"]
        assert talk.is_silent(), "one bad message does not end the conversation"


def test_an_unknown_type_names_the_nearest(server):
    with signed_in(server) as talk:
        error = talk.say(type="subscrbe", topic="x").hear_of("error")
        assert "subscribe" in error["message"] + error["remedy"]


def test_authenticate_is_recognised_as_a_common_mistake(server):
    with Talk(server.url()) as talk:
        error = talk.say(type="authenticate", token="x").hear_of("error")
        assert '"auth"' in error["message"] + error["remedy"] or "auth" in error["remedy"]


def test_binary_messages_are_an_error(server):
    with signed_in(server) as talk:
        talk.socket.send(b'{"type":"ping"}')
        assert talk.hear_of("error")["code"]


def test_the_id_comes_back_with_an_error(server):
    with signed_in(server) as talk:
        assert talk.say(type="publish", topic="", data=1, id="x-9").hear_of("error")["id"] == "x-9"


def test_the_limit_of_subscriptions_is_said(start):
    server = start(environment={"SOCKEYE_LIMITS_SUBSCRIPTIONS": "3"})
    with signed_in(server) as talk:
        for number in range(3):
            talk.subscribe(f"t{number}")
        talk.subscribe("t0")
        error = talk.say(type="subscribe", topic="t3").hear_of("error")
        assert "3" in error["message"]


# ---- close codes ----

@pytest.mark.parametrize("frames, code", [
    (harness.masked("x" * 10, opcode=0x3), 1002),                              # reserved opcode
    (harness.masked(b"\xff\xfe"), 1007),                                       # not UTF-8
    (harness.masked("x", opcode=0x0), 1002),                                   # continuation of nothing
    (b"\x81\x01x", 1002),                                                      # not masked
    (harness.masked("x", opcode=0x9, fin=False), 1002),                        # fragmented control frame
    (b"\xc1" + harness.masked("x")[1:], 1002),                                 # RSV1 without an extension
    (harness.masked(b"", announced=(1 << 20) + 1), 1009),                      # announced longer than allowed
    (harness.masked(b"\x03\xe7", opcode=0x8), 1002),                           # close code 999
    (harness.masked(b"\x03", opcode=0x8), 1002),                               # half a close code
    (harness.masked(b"\x03\xe8\xff", opcode=0x8), 1007),                       # reason not UTF-8
])
def test_protocol_errors_close_with_their_code(server, frames, code):
    with harness.opened(server.port) as raw:
        raw.send(frames)
        received, reason = raw.close_frame()
        assert received == code
        assert reason, "a code alone explains nothing"
        assert raw.is_closed_by_peer()


def test_a_close_is_answered_with_the_same_code(server):
    with harness.opened(server.port) as raw:
        raw.send(harness.masked(b"\x0f\xa1bye", opcode=0x8))
        assert raw.close_frame()[0] == 4001
        assert raw.is_closed_by_peer()


# ---- helpers ----

def claims(payload):
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
