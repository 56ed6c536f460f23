"""Socket.IO beside the other dialects: tokens, rooms that are topics, routed events, recovery, refusals, the HTTP API."""
import http.server
import json
import socket
import subprocess
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import harness
from harness import Raw, until
from protocol import Talk

CONFIGURATION = """
profile = "production"
allowed_origins = ["https://app.example.com"]
log.connections = true
token.opaque = true

[[endpoint]]
path = "/ws"

[[endpoint]]
path = "/socket.io"
dialect = "socket.io"
authentication = ["message", "query", "header", "cookie"]
recovery = "60s"

[[endpoint]]
path = "/plain"
dialect = "socket.io"
connect_timeout = "300ms"

[[namespace]]
name = "/im"

[[namespace]]
name = "/"
endpoint = "/plain"
open = true
greeting = ""

[[topic]]
pattern = "room:lobby"
presence = true

[[topic]]
pattern = "bare:*"

[[topic]]
pattern = "**"
history = 10

[[right]]
topic = "room:secret"
deny = ["subscribe", "publish"]

[[right]]
topic = "**"
allow = ["subscribe", "publish", "presence", "history"]

[[event]]
name = "join"
do = ["join"]
room = "room:{0}"

[[event]]
name = "join bare"
do = ["join"]
room = "bare:{0}"

[[event]]
name = "leave"
do = ["leave"]
room = "room:{0}"

[[event]]
name = "say"
do = ["room"]
room = "room:{0.room}"
emit = "said"
from = true

[[event]]
name = "loud"
do = ["room", "reply"]
room = "room:{0}"
skip = 1
echo = true

[[event]]
name = "whisper"
do = ["user"]
user = "{0}"
skip = 1

[[event]]
name = "shout"
do = ["broadcast"]

[[event]]
name = "never"
do = ["refuse"]
reason = "not on sundays"

[[event]]
name = "ask*"
do = ["webhook"]
url = "http://127.0.0.1:%d/events"
timeout = "2s"
"""


class Backend(http.server.ThreadingHTTPServer):
    """Answers events by their names; keeps what it was asked."""

    def __init__(self):
        self.bodies = []
        super().__init__((harness.HOST, 0), self.Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.bodies.append(body)
            status, answer = 200, {}
            if body["name"] == "ask":
                answer = {"ack": ["yes", body["args"]], "join": ["room:asked"],
                          "emit": [{"event": "hint", "args": [1]}, {"event": "note", "args": [2], "room": "room:asked"}]}
            elif body["name"] == "ask no":
                answer = {"error": {"code": "too_late", "message": "the shop is closed"}}
            elif body["name"] == "ask broken":
                status = 500
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass


class Socket:
    """A Socket.IO client on a WebSocket, as plain as can be."""

    def __init__(self, server, namespace="/im", auth=None, path="/socket.io", **options):
        self.prefix = "" if namespace == "/" else namespace + ","
        options.setdefault("proxy", None)
        query = options.pop("query", "")
        self.socket = connect(f"ws://{harness.HOST}:{server.port}{path}/?EIO=4&transport=websocket{query}", compression=None,
                              **options)
        self.socket.recv(5)
        self.ids = 0
        self.early = []
        self.socket.send(f"40{self.prefix}{json.dumps(auth) if auth else ''}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def cut(self):
        """Away without a word."""
        self.socket.socket.shutdown(socket.SHUT_RDWR)

    def packet(self, timeout=5):
        while True:
            text = self.socket.recv(timeout)
            if text == "2":
                self.socket.send("3")
                continue
            return text

    def connected(self):
        text = self.packet()
        assert text.startswith("40" + self.prefix), text
        answer = json.loads(text[2 + len(self.prefix):])
        self.sid, self.pid = answer["sid"], answer.get("pid")
        return self

    def refused(self):
        text = self.packet()
        assert text.startswith("44" + self.prefix), text
        return json.loads(text[2 + len(self.prefix):])

    def event(self, name=None, timeout=5):
        """The next event, without the offset at its end; with a name it is the next of that name."""
        while True:
            text = self.packet(timeout)
            assert text.startswith("42" + self.prefix), text
            event = json.loads(text[2 + len(self.prefix):])
            if self.pid:
                self.offset = event.pop()
            if name in (None, event[0]):
                return event[1:] if name else event

    def emit(self, *event):
        self.socket.send(f"42{self.prefix}{json.dumps(event)}")
        return self

    def call(self, *event):
        """Emits and waits for the acknowledgement; events that come before it are kept for `early`."""
        self.ids += 1
        self.socket.send(f"42{self.prefix}{self.ids}{json.dumps(event)}")
        start = f"43{self.prefix}{self.ids}"
        while True:
            text = self.packet()
            if text.startswith(start):
                return json.loads(text[len(start):])
            self.early.append(text)

    def silent(self, seconds=0.3):
        try:
            text = self.packet(seconds)
        except TimeoutError:
            return True
        raise AssertionError(text)


@pytest.fixture(scope="module")
def backend():
    server = Backend()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def server(folder, backend):
    configuration = folder / "socketio.toml"
    configuration.write_text(CONFIGURATION % backend.server_port)
    state = folder / "socketio-state"
    state.mkdir()
    key = subprocess.run([harness.BINARY, "key", "create", "--state", state], capture_output=True, text=True, timeout=20,
                         check=True, env=harness.clean_environment()).stdout.strip()
    running = harness.Sockeye(harness.BINARY, state, ["--config", configuration, "--loops", "3"])
    running.key = key
    yield running
    assert running.stop() == 0, running.log[-2000:]


def greeted(server, user="ada", **auth):
    client = Socket(server, auth={"token": server.token(user), **auth}).connected()
    client.greeting = client.event("connected")[0]
    return client


def api(server, path, **body):
    with Raw(server.port) as raw:
        text = json.dumps(body)
        raw.send(f"POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {server.key}\r\n"
                 f"Content-Length: {len(text)}\r\n\r\n{text}")
        return raw.response()


def codes(server):
    with Raw(server.port) as raw:
        raw.send(f"GET /api/refusals HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {server.key}\r\n\r\n")
        return [refusal["code"] for refusal in raw.response().json["refusals"]]


# Tokens


def test_a_token_in_auth_query_header_and_cookie(server):
    token = server.token("ada")
    for options in [{"auth": {"token": token}}, {"auth": {"token": "Bearer " + token}}, {"query": f"&token={token}"},
                    {"additional_headers": {"Authorization": f"Bearer {token}"}},
                    {"additional_headers": {"Cookie": f"token={token}"}}]:
        with Socket(server, **options) as client:
            client.connected()
            greeting = client.event("connected")[0]
            assert greeting == {"socket": client.sid, "user": "ada", "recovered": False}


@pytest.mark.parametrize("auth, code", [
    (None, "TOKEN-MISSING"), ({"token": "nonsense"}, "TOKEN-UNKNOWN"), ({"token": 5}, "TOKEN-MISSING"),
])
def test_refused_with_the_true_reason(server, auth, code):
    with Socket(server, auth=auth) as client:
        error = client.refused()
        assert error["data"]["code"] == code, error
        assert error["message"] == error["data"]["reason"] and error["data"]["remedy"]
        # The session lives on, and another token may be tried.
        client.socket.send(f'40/im,{json.dumps({"token": server.token("ada")})}')
        client.connected()
    assert code in codes(server)


def test_a_broken_signature_is_told_apart(server):
    head, payload, signature = server.token("ada").split(".")
    with Socket(server, auth={"token": f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"}) as client:
        assert client.refused()["data"]["code"] == "TOKEN-SIGNATURE"


def test_revoked_while_connected(server):
    token = subprocess.run([harness.BINARY, "token", "mint", "--opaque", "--user", "eve", "--state", server.state],
                           capture_output=True, text=True, timeout=20, env=harness.clean_environment())
    assert token.returncode == 0, token.stderr
    token = token.stdout.strip().splitlines()[-1]
    with Socket(server, auth={"token": token}) as client:
        client.connected().event("connected")
        assert api(server, "tokens/revoke", token=token).status == 200
        error = client.event("error")[0]
        assert error["code"] == "TOKEN-REVOKED"
        with pytest.raises(ConnectionClosed):
            client.packet()
    with Socket(server, auth={"token": token}) as client:
        assert client.refused()["data"]["code"] == "TOKEN-REVOKED"


def test_the_operator_reads_it_in_order(server):
    since = len(server.log)
    with greeted(server, "grace"):
        until(lambda: "socket-connected" in server.log[since:], what="the last of the lines")
        lines = [line.split("info    ")[1].split(":")[0] for line in server.log[since:].splitlines() if "info    " in line]
        wanted = ["connection-attempt", "socket-attempt", "socket-token-present", "socket-token-verified",
                  "socket-authenticated", "socket-connected"]
        assert [line for line in lines if line in wanted] == wanted
        assert server.token("grace")[:40] not in server.log


# Rooms and topics


def test_a_room_is_a_topic(server):
    with greeted(server) as client, Talk(server.url() + f"?token={server.token('bob')}") as talk:
        assert client.call("join", "one") == [{"ok": True}]
        talk.say(type="subscribe", topic="room:one").hear_of("subscribed")
        client.emit("say", {"room": "one", "text": "hello"})
        message = talk.hear_of("message")
        assert message["data"] == {"event": "said", "args": [{"user": "ada", "socket": client.sid},
                                                             {"room": "one", "text": "hello"}]}
        talk.say(type="publish", topic="room:one", data={"event": "news", "args": [1, {"a": None}]})
        assert client.event("news") == [1, {"a": None}]
        talk.say(type="publish", topic="room:one", data={"free": "form"})
        assert client.event("message") == [{"free": "form"}]


def test_the_sender_is_left_out_unless_it_wants_to_hear_itself(server):
    with greeted(server) as ada, greeted(server, "bob") as bob:
        for client in (ada, bob):
            client.call("join", "two")
        ada.emit("say", {"room": "two"})
        assert bob.event("said")[1] == {"room": "two"}
        ada.emit("loud", "two", "x", "y")
        assert bob.event("loud") == ["x", "y"]
        # Once from the room, once back.
        assert ada.event("loud") == ["x", "y"] and ada.event("loud") == ["x", "y"]
        bob.call("leave", "two")
        ada.emit("loud", "two", "z")
        ada.event("loud")
        assert bob.silent()


def test_binary_goes_to_rooms_and_topics(server):
    with greeted(server) as ada, greeted(server, "bob") as bob, Talk(server.url() + f"?token={server.token('eve')}") as talk:
        bob.call("join", "bytes")
        talk.say(type="subscribe", topic="room:bytes").hear_of("subscribed")
        ada.socket.send('451-/im,["loud","bytes",{"_placeholder":true,"num":0}]')
        ada.socket.send(b"\x00\x01\xff")
        assert bob.packet().startswith('451-/im,["loud",{"_placeholder":true,"num":0}')
        assert bob.packet() == b"\x00\x01\xff"
        assert talk.hear_of("message")["data"]["attachments"] == ["AAH/"]


def test_users_and_namespaces(server):
    with greeted(server) as one, greeted(server) as two, greeted(server, "bob") as bob:
        bob.emit("whisper", "ada", "psst")
        assert one.event("whisper") == ["psst"] and two.event("whisper") == ["psst"]
        assert bob.silent()
        assert api(server, "publish", topic="/im", data={"event": "all", "args": []}).status == 200
        for client in (one, two, bob):
            assert client.event("all") == []
        bob.emit("shout", 1)
        assert one.event("shout") == [1]


def test_rights_and_unknown_events(server):
    with greeted(server) as client:
        answer = client.call("join", "secret")[0]
        assert (answer["ok"], answer["code"]) == (False, "topic_forbidden")
        assert client.call("loud", "secret", 1)[0]["code"] == "topic_forbidden"
        assert client.call("nothing")[0]["code"] == "event_unknown"
        refused = client.call("never")[0]
        assert (refused["code"], refused["message"]) == ("event_refused", "not on sundays")
        assert client.call("join")[0]["code"] == "argument_missing"
        client.emit("nothing")
        error = client.event("error")[0]
        assert error["code"] == "event_unknown" and error["event"] == "nothing" and "[[event]]" in error["remedy"]


def test_presence_in_a_room(server):
    with greeted(server) as ada:
        ada.call("join", "lobby")
        who = json.loads(ada.early[0][len("42/im,"):])
        assert who[0] == "presence" and who[1]["topic"] == "room:lobby"
        assert [user["user"] for user in who[1]["users"]] == ["ada"]
        with greeted(server, "bob") as bob:
            bob.call("join", "lobby")
            assert ada.event("presence")[0]["joined"]["user"] == "bob"
        # Who leaves lingers for a while; that is told too.
        assert ada.event("presence", timeout=10)[0]["left"]["user"] == "bob"


# Backends and the HTTP API


def test_the_backend_answers_an_event(server, backend):
    with greeted(server) as client:
        assert client.call("ask", 1, {"two": 3}) == ["yes", [1, {"two": 3}]]
        body = backend.bodies[-1]
        assert body["user"] == "ada" and body["socket"] == client.sid and body["namespace"] == "/im"
        assert '"hint",1' in "".join(client.early)
        assert client.event("note") == [2]
        error = client.call("ask no")[0]
        assert (error["code"], error["message"]) == ("too_late", "the shop is closed")
        assert client.call("ask broken")[0]["code"] == "backend_unavailable"


def test_emitting_over_http(server):
    with greeted(server) as ada, greeted(server, "bob") as bob:
        ada.call("join", "http")
        bob.call("join", "http")
        answer = api(server, "emit", topic="room:http", event="x", args=[1], **{"except": [bob.sid]})
        assert answer.status == 200 and answer.json["offset"] == 1
        assert ada.event("x") == [1]
        assert bob.silent()
        assert api(server, "emit", user="bob", event="y").status == 200
        assert bob.event("y") == []
        assert api(server, "emit", socket=ada.sid, event="z", args=["only"]).json == {"sockets": 1}
        assert ada.event("z") == ["only"]
        assert api(server, "emit", socket=ada.sid[:-1] + "_", event="z").status == 404


def test_acknowledgements_over_http(server):
    with greeted(server) as ada, greeted(server, "bob") as bob:
        for client in (ada, bob):
            client.call("join", "acks")
        answers = []
        asking = threading.Thread(target=lambda: answers.append(
            api(server, "emit", topic="room:acks", event="alive", args=[1], ack_timeout=1500)))
        asking.start()
        text = ada.packet()
        while "alive" not in text:
            text = ada.packet()
        number = text[len("42/im,"):text.index("[")]
        ada.socket.send(f'43/im,{number}["here"]')
        asking.join(10)
        answer = answers[0].json
        assert answer["sockets"] == 2 and answer["complete"] is False
        assert answer["acks"] == [{"socket": ada.sid, "user": "ada", "args": ["here"]}]


def test_ended_by_the_server(server):
    with greeted(server, "carol") as client:
        assert api(server, "disconnect", socket=client.sid).json == {"closed": 1}
        assert client.packet() == "41/im,"
        assert api(server, "disconnect", socket=client.sid).status == 404
    with greeted(server, "carol") as client:
        assert api(server, "disconnect", user="carol").json["closed"] >= 1
        assert client.packet() == "41/im,"


def test_notifications(server):
    assert api(server, "notify", user="dave", data={"n": 1}).status == 200
    with greeted(server, "dave") as client:
        inbox = client.event("inbox")[0]
        assert [entry["data"] for entry in inbox["notifications"]] == [{"n": 1}]
        assert api(server, "notify", user="dave", data={"n": 2}).status == 200
        assert client.event("notification")[0]["data"] == {"n": 2}


def connections(server, **query):
    query = "&".join(f"{name}={value}" for name, value in query.items())
    with Raw(server.port) as raw:
        raw.send(f"GET /api/v1/connections?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {server.key}\r\n\r\n")
        return raw.response().json


def test_sessions_are_listed_and_ended(server):
    with greeted(server, "liz") as client, Talk(server.url() + f"?token={server.token('liz')}") as talk:
        talk.subscribe("room:one")
        client.call("join", "one")
        listed = connections(server, user="liz")
        assert listed["count"] == 2 and listed["complete"] is True
        session = next(entry for entry in listed["connections"] if "sockets" in entry)
        assert (session["user"], session["transport"], session["endpoint"]) == ("liz", "websocket", "/socket.io")
        assert session["peer"].startswith("127.0.0.1:") and abs(session["opened_at"] - time.time()) < 60
        assert session["sockets"] == [{"socket": client.sid, "namespace": "/im", "user": "liz", "subscriptions": 3}]
        assert session["subscriptions"] == 3
        plain = next(entry for entry in listed["connections"] if "sockets" not in entry)
        assert (plain["transport"], plain["endpoint"]) == ("websocket", "/ws")
        assert api(server, "disconnect", connection=session["id"]).json == {"closed": 1}
        assert client.packet() == "41/im,"
        with pytest.raises(ConnectionClosed):
            client.packet()
        assert api(server, "disconnect", connection=session["id"]).status == 404
        assert connections(server, user="liz")["count"] == 1


def test_polling_sessions_are_listed_with_their_users(server):
    before = stats(server)
    poller = Poller(server, "/socket.io")
    poller.post(f'40/im,{json.dumps({"token": server.token("pat")})}')
    packets = poller.get()
    sid = json.loads(packets[0][len("40/im,"):])["sid"]
    (session,) = connections(server, user="pat")["connections"]
    assert (session["transport"], session["user"], session["sockets"][0]["socket"]) == ("polling", "pat", sid)
    assert session["peer"].startswith("127.0.0.1:")
    after = stats(server)
    for place in (before, after):
        place["polling"] = place["engine"]["polling"]
        place["here"] = next(entry["connections"] for entry in place["endpoints"] if entry["path"] == "/socket.io")
    for name in ("polling", "here", "connections"):
        assert after[name] == before[name] + 1, name
    assert api(server, "disconnect", connection=session["id"]).json == {"closed": 1}
    while (packets := poller.get())[-1] != "1":
        pass
    assert "41/im," in packets
    until(lambda: connections(server, user="pat")["count"] == 0, what="its end")
    assert stats(server)["connections"] == before["connections"]


def test_a_session_keeps_its_name_through_an_upgrade(server):
    poller = Poller(server, "/socket.io")
    poller.post(f'40/im,{json.dumps({"token": server.token("uma")})}')
    poller.get()
    (session,) = connections(server, user="uma")["connections"]
    with connect(f"ws://{harness.HOST}:{server.port}/socket.io/?EIO=4&transport=websocket&sid={poller.sid}", compression=None,
                 proxy=None) as upgraded:
        upgraded.send("2probe")
        assert upgraded.recv(5) == "3probe"
        upgraded.send("5")
        until(lambda: connections(server, user="uma")["connections"][0]["transport"] == "websocket", what="the upgrade")
        assert connections(server, user="uma")["connections"][0]["id"] == session["id"]


def stats(server):
    with Raw(server.port) as raw:
        raw.send(f"GET /api/v1/stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                 f"Authorization: Bearer {server.token('operator')}\r\n\r\n")
        return raw.response().json


# Recovery


def test_state_is_given_back_with_what_was_missed(server):
    client = greeted(server)
    client.call("join", "back")
    api(server, "publish", topic="room:back", data={"event": "m", "args": [0]})
    assert client.event("m") == [0]
    sid, pid, offset = client.sid, client.pid, client.offset
    client.cut()
    for number in (1, 2):
        api(server, "publish", topic="room:back", data={"event": "m", "args": [number]})
        api(server, "publish", topic="user:ada", data={"event": "direct", "args": [number]})
    for _ in range(3):
        # Again and again, on whatever loop the connection comes to.
        client = greeted(server, pid=pid, offset=offset)
        assert (client.sid, client.pid, client.greeting["recovered"]) == (sid, pid, True), client.greeting
        assert sorted([client.event() for _ in range(4)]) == [["direct", 1], ["direct", 2], ["m", 1], ["m", 2]]
        client.cut()
    client = greeted(server, pid=pid, offset=offset)
    events = [client.event() for _ in range(2)]
    last = client.offset
    client.cut()
    client = greeted(server, pid=pid, offset=last)
    assert client.greeting["recovered"] and client.sid == sid
    rest = [client.event() for _ in range(2)]
    assert sorted(events + rest) == [["direct", 1], ["direct", 2], ["m", 1], ["m", 2]]
    # It is in its rooms again, and known by its id.
    api(server, "publish", topic="room:back", data={"event": "m", "args": [3]})
    assert client.event("m") == [3]
    assert api(server, "emit", socket=sid, event="hi").json == {"sockets": 1}
    assert client.event("hi") == []
    client.close()


def test_the_first_reconnect_and_the_own_messages(server):
    ada = greeted(server)
    offset = ada.offset
    ada.call("join", "own")
    ada.emit("say", {"room": "own", "n": 1})
    until(lambda: api(server, "publish", topic="room:own", data=2).json["offset"] == 2, what="both messages")
    ada.cut()
    with greeted(server, pid=ada.pid, offset=offset) as again:
        assert again.greeting["recovered"] is True
        # What it said itself it is not told, as it was not the first time.
        assert again.event() == ["message", 2]
        assert again.silent()


@pytest.mark.parametrize("change, reason", [
    ({"offset": "a text the application sent"}, "offset_unknown"), ({"pid": "AAAAAAAAAAAAAAAAAAAA"}, "unknown"),
    ({"user": "bob"}, "other_user"),
])
def test_state_that_is_not_given_back(server, change, reason):
    client = greeted(server)
    client.cut()
    wish = {"pid": client.pid, "offset": client.offset, "user": "ada", **change}
    with greeted(server, wish.pop("user"), **wish) as again:
        assert again.sid != client.sid
        assert again.greeting["recovered"] is False and again.greeting["reason"] == reason


def test_a_gap_is_told(server):
    client = greeted(server)
    client.call("join", "gap")
    client.cut()
    for number in range(12):
        api(server, "publish", topic="room:gap", data=number)
    with greeted(server, pid=client.pid, offset=client.offset) as again:
        assert again.greeting["recovered"] is False and again.greeting["reason"] == "history_too_short"
        assert again.silent()


# Refusals and CORS


def test_refusals_are_told_apart(server):
    port = server.port

    def get(target, *fields):
        with Raw(port) as raw:
            head = "".join(field + "\r\n" for field in fields)
            raw.send(f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n")
            return raw.response()

    answer = get("/socket.io/?EIO=3&transport=polling")
    assert answer.status == 400 and answer.json["code"] == 5 and "socket.io-client" in answer.json["remedy"]
    answer = get("/im/?EIO=4&transport=polling")
    assert (answer.status, answer.json["code"]) == (404, "NAMESPACE-AS-PATH") and "/socket.io/" in answer.json["remedy"]
    assert get("/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA").json == {
        "code": 1, "message": "Session ID unknown"}
    answer = get("/socket.io/?EIO=4&transport=polling", "Origin: https://evil.example")
    assert answer.status == 403 and answer["Access-Control-Allow-Origin"] is None
    with Socket(server, namespace="/nowhere") as client:
        assert client.refused() == {"message": "Invalid namespace"}
    with connect(f"ws://{harness.HOST}:{port}/plain/?EIO=4&transport=websocket", compression=None, proxy=None) as silent:
        silent.recv(5)
        with pytest.raises(ConnectionClosed):
            silent.recv(5)
    listed = codes(server)
    for code in ["ENGINE-VERSION", "NAMESPACE-AS-PATH", "ENGINE-SESSION", "ORIGIN-REFUSED", "NAMESPACE-UNKNOWN", "CONNECT-MISSING"]:
        assert code in listed, listed


def test_cors_with_credentials(server):
    origin = "https://app.example.com"
    for method, target, status in [("GET", "/socket.io/?EIO=4&transport=polling", 200), ("GET", "/socket.io/?EIO=4", 400),
                                   ("OPTIONS", "/socket.io/?EIO=4&transport=polling", 204)]:
        with Raw(server.port) as raw:
            raw.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\nOrigin: {origin}\r\nConnection: close\r\n"
                     "Access-Control-Request-Headers: authorization\r\n\r\n")
            answer = raw.response()
        assert answer.status == status
        assert answer["Access-Control-Allow-Origin"] == origin and answer["Access-Control-Allow-Credentials"] == "true"
        assert "Origin" in answer["Vary"]
        if method == "OPTIONS":
            assert "POST" in answer["Access-Control-Allow-Methods"] and answer["Access-Control-Allow-Headers"] == "authorization"


# Polling


class Poller:
    """A polling session whose every request is a connection of its own, so that all loops meet it."""

    def __init__(self, server, path="/plain"):
        self.port, self.path = server.port, path
        self.sid = json.loads(self.request("GET", "").body[1:])["sid"]

    def request(self, method, more, body=b""):
        with Raw(self.port, timeout=30) as raw:
            raw.send(f"{method} {self.path}/?EIO=4&transport=polling{more} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return raw.response()

    def post(self, text):
        answer = self.request("POST", f"&sid={self.sid}", text.encode())
        assert (answer.status, answer.body) == (200, b"ok")

    def get(self):
        answer = self.request("GET", f"&sid={self.sid}")
        assert answer.status == 200, answer
        return answer.body.decode().split("\x1e")


def test_polling_meets_every_loop(server):
    poller = Poller(server)
    poller.post("40")
    assert poller.get()[0].startswith('40{"sid"')
    for number in range(12):
        poller.post(f'42{number}["loud","poll",{number}]')
        packets = poller.get()
        while f'43{number}[{{"ok":true}}]' not in packets:
            packets += poller.get()
        assert f'42["loud",{number}]' in packets


@pytest.mark.heavy
def test_two_thousand_poll(start, tmp_path):
    configuration = tmp_path / "many.toml"
    configuration.write_text("""
[[endpoint]]
path = "/socket.io"
dialect = "socket.io"
[[namespace]]
name = "/"
open = true
greeting = ""
[[event]]
name = "go"
do = ["broadcast"]
echo = true
""")
    server = start("--config", str(configuration), "--loops", "2", environment={})
    threads = len(list((harness.Path(f"/proc/{server.pid}/task")).iterdir()))
    waiting = []
    try:
        for _ in range(2000):
            poller = Poller(server, "/socket.io")
            poller.post("40")
            raw = Raw(server.port, timeout=30)
            get = f"GET /socket.io/?EIO=4&transport=polling&sid={poller.sid} HTTP/1.1\r\nHost: x\r\n\r\n"
            raw.send(get)
            raw.response()
            raw.send(get)
            waiting.append(raw)
        assert len(list((harness.Path(f"/proc/{server.pid}/task")).iterdir())) == threads
        poller.post('42["go",1]')
        begun = time.monotonic()
        assert all(raw.response().body == b'42["go",1]' for raw in waiting)
        assert time.monotonic() - begun < 5
    finally:
        for raw in waiting:
            raw.close()
