"""The team's backend decides what Socket.IO clients' events lead to, as it decides the commands of other clients."""
import http.server
import json
import threading

import pytest

import harness
from test_socketio_topics import Socket

CONFIGURATION = """
[[endpoint]]
path = "/socket.io"
dialect = "socket.io"

[[right]]
topic = "**"
allow = ["subscribe", "publish"]

[[event]]
name = "join"
do = ["join"]
room = "room:{0}"

[[event]]
name = "enter"
do = ["join", "room"]
room = "room:{0}"
echo = true

[[event]]
name = "say"
do = ["room"]
room = "room:{0}"
echo = true

[[event]]
name = "all"
do = ["broadcast", "reply"]
emit = "done"

[[event]]
name = "echo"
do = ["reply"]

[[webhook]]
url = "http://127.0.0.1:PORT/"
events = ["subscribe", "publish"]
decide = true
timeout = "5s"
FAILURE
"""


class Decider(http.server.ThreadingHTTPServer):
    """Allows what `script` says; keeps what it was asked, in order."""

    def __init__(self):
        self.asked, self.open = [], threading.Event()
        self.open.set()
        super().__init__((harness.HOST, 0), self.Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.asked.append(body)
            self.server.open.wait(10)
            answer, status = {"allow": True}, 200
            words = json.dumps(body.get("data", ""))
            if "staff" in body["topic"]:
                answer = {"allow": False, "code": "no_plan", "message": "staff only"}
            elif "rude" in words:
                answer = {"allow": False}
            elif "dirty" in words:
                answer = {"allow": True, "data": {"event": "say", "args": ["x", "clean"]}}
            elif "broken" in words:
                status = 500
            payload = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_):
            pass


@pytest.fixture
def backend():
    server = Decider()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def serve(start, tmp_path, backend):
    def begin(failure=""):
        path = tmp_path / "sockeye.toml"
        path.write_text(CONFIGURATION.replace("PORT", str(backend.server_port)).replace("FAILURE", failure))
        return start("--config", path)

    return begin


def greeted(server, user="ada"):
    client = Socket(server, "/", auth={"token": server.token(user)}).connected()
    client.event("connected")
    return client


def test_what_an_event_publishes_is_decided(serve, backend):
    client = greeted(serve())
    assert client.call("join", "x") == [{"ok": True}]
    assert client.call("say", "x", "hello") == [{"ok": True}]
    assert client.event("say") == ["x", "hello"] if not client.early else json.loads(client.early.pop(0)[2:])[1:] == ["x", "hello"]
    asked = backend.asked[-1]
    assert (asked["event"], asked["user"], asked["topic"], asked["socket"]) == ("publish", "ada", "room:x", client.sid)
    assert asked["data"] == {"event": "say", "args": ["x", "hello"]}
    # Refused with a code and words of the backend's own, or with the standard ones.
    refused = client.call("say", "staff", 1)[0]
    assert (refused["ok"], refused["code"], refused["message"]) == (False, "no_plan", "staff only")
    assert client.call("say", "x", "rude")[0]["code"] == "denied"
    client.emit("say", "x", "rude")
    assert (client.event("error")[0]["code"]) == "denied"
    # Replaced.
    client.emit("say", "x", "dirty")
    assert client.event("say") == ["x", "clean"]
    # Nothing was heard of what was refused.
    assert client.silent(0.2)


def test_joining_is_decided(serve, backend):
    client = greeted(serve())
    assert client.call("join", "staff")[0]["code"] == "no_plan"
    assert backend.asked[-1]["event"] == "subscribe" and backend.asked[-1]["topic"] == "room:staff"
    client.emit("enter", "y")
    assert client.event("enter") == ["y"]
    assert [body["event"] for body in backend.asked[-2:]] == ["subscribe", "publish"]
    # What comes after what was refused is not done.
    count = len(backend.asked)
    assert client.call("enter", "staff")[0]["code"] == "no_plan"
    assert len(backend.asked) == count + 1


def test_events_keep_their_order_while_the_backend_thinks(serve, backend):
    server = serve()
    client, other = greeted(server), greeted(server, "bob")
    client.call("join", "x")
    backend.open.clear()
    client.emit("say", "x", 1)
    client.emit("echo", 2)
    client.emit("say", "x", 3)
    client.emit("echo", 4)
    harness.until(lambda: backend.asked[-1]["event"] == "publish", what="the question")
    # Other sockets go on.
    other.emit("echo", "meanwhile")
    assert other.event("echo") == ["meanwhile"]
    assert client.silent(0.1)
    backend.open.set()
    heard = [client.event() for _ in range(4)]
    assert [event for event in heard if event[0] == "echo"] == [["echo", 2], ["echo", 4]]
    assert [event for event in heard if event[0] == "say"] == [["say", "x", 1], ["say", "x", 3]]
    # What follows an action that is decided waits for it, too.
    client.emit("all", "a")
    assert sorted([client.event() for _ in range(1)]) == [["done", "a"]]


def test_a_socket_may_not_let_too_much_wait(serve, backend):
    client = greeted(serve())
    backend.open.clear()
    for number in range(70):
        client.emit("say", "x", number)
    errors = [client.event("error")[0]["code"] for _ in range(5)]
    assert errors == ["too_many_events"] * 5
    client.close()
    backend.open.set()


@pytest.mark.parametrize("failure, outcome", [("", "backend_unavailable"), ('on_failure = "allow"', None)])
def test_a_backend_that_does_not_decide(serve, failure, outcome):
    server = serve(failure)
    client = greeted(server)
    answer = client.call("say", "x", "broken")[0]
    assert answer.get("code") == outcome
    harness.until(lambda: "decision-failed" in server.log, what="the log")
