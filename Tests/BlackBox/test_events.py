"""Server-sent events: the fallback for clients that cannot have a WebSocket, through a real nginx and past it."""
import ctypes
import http.client
import json
import socket
import struct

import pytest

import harness
from harness import until
from protocol import signed_in


# A filter in the kernel decides which packets a socket gets (asm-generic/socket.h).
SO_ATTACH_FILTER = 26


class Events:
    """A client that knows what WHATWG HTML §9.2 says, and no more."""

    def __init__(self, port, target, **fields):
        self.connection = http.client.HTTPConnection(harness.HOST, port, timeout=10)
        self.connection.request("GET", target, headers={"Accept": "text/event-stream", **fields})
        # The response takes it over.
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        self.id, self.retry, self.comments = None, None, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def next(self):
        """The data of the next event as JSON; None at the end."""
        data = []
        while line := self.response.readline():
            line = line.decode().rstrip("\n")
            if line.startswith(":"):
                self.comments += 1
            elif not line:
                if data:
                    return json.loads("\n".join(data))
            else:
                name, _, value = line.partition(": ")
                if name == "data":
                    data.append(value)
                else:
                    setattr(self, name, value)
        return None

    def until(self, **members):
        """The next event that has these members."""
        while (event := self.next()) is not None:
            if all(event.get(name) == value for name, value in members.items()):
                return event
        raise AssertionError(f"the response ended before {members}")


@pytest.fixture
def server(start, tmp_path):
    path = tmp_path / "sockeye.toml"
    path.write_text('[[topic]]\npattern = "**"\nhistory = 1000\n')
    return start("--config", path, environment={"SOCKEYE_HEARTBEAT_INTERVAL": "1s", "SOCKEYE_TIMEOUTS_IDLE": "3s",
                                                  "SOCKEYE_TOKEN_LEEWAY": "0"})


def publish(server, topic, *numbers):
    with signed_in(server, "publisher") as talk:
        for number in numbers:
            talk.say(type="publish", topic=topic, data=number, id=1).hear_of("published")


def test_topics_are_heard_and_recovered(server):
    target = f"/ws?topic=news&topic=other&token={server.token('ada')}"
    with Events(server.port, target) as events:
        assert events.response.status == 200
        assert events.response.headers["X-Accel-Buffering"] == "no"
        assert {events.next()["topic"], events.next()["topic"]} == {"news", "other"}
        publish(server, "news", 1)
        assert events.until(type="message")["data"] == 1
        last = events.id
    publish(server, "news", *range(2, 102))
    with Events(server.port, target, **{"Last-Event-ID": last}) as events:
        heard = []
        while len(heard) < 100:
            event = events.next()
            assert event.get("recovered") is not False or event["topic"] == "other"
            if event["type"] == "message":
                heard.append(event["data"])
        assert heard == list(range(2, 102))


def test_a_silent_stream_is_kept_open(server):
    with Events(server.port, f"/ws?topic=quiet&token={server.token('ada')}") as events:
        assert events.next()["type"] == "subscribed"
        # Longer than a WebSocket that does not answer pings would live.
        reader = events.response
        while events.comments < 5:
            line = reader.readline()
            assert line, "the response ended"
            events.comments += line.startswith(b":")
        publish(server, "quiet", 1)
        assert events.until(type="message")["data"] == 1


def test_a_client_that_is_gone_without_a_word_is_noticed(server):
    head = [f"Authorization: Bearer {server.token('ada')}"]

    def listening():
        return harness.get(server.port, "/api/v1/stats", headers=head).json["connections"]

    with Events(server.port, f"/ws?topic=quiet&token={server.token('ada')}") as events, \
            Events(server.port, f"/ws?topic=quiet&token={server.token('bob')}") as other:
        assert events.next()["type"] == other.next()["type"] == "subscribed"
        assert listening() == 2
        # Its system takes no packet any more, and so acknowledges none: to the server as good as a cable pulled out.
        nothing = struct.pack("HHI", 6, 0, 0)
        program = ctypes.create_string_buffer(nothing, len(nothing))
        events.socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                                 struct.pack("HP", 1, ctypes.addressof(program)))
        until(lambda: listening() == 1, what="the end of the connection")
        publish(server, "quiet", 1)
        assert other.until(type="message")["data"] == 1


def test_the_token_ends_while_it_listens(server):
    token = server.token("ada", "--ttl", "1s")
    with Events(server.port, f"/ws?topic=a&token={token}") as events:
        closed = events.until(type="closed")
        assert closed["code"] == 3503
        assert events.next() is None
    with Events(server.port, f"/ws?topic=a&token={token}") as events:
        assert events.response.status == 403
        assert json.loads(events.response.read())["code"] == "TOKEN-EXPIRED"


def test_a_reader_that_stops_is_let_go(start, tmp_path):
    server = start(environment={"SOCKEYE_OUTBOUND_HIGH": "64KiB", "SOCKEYE_OUTBOUND_LOW": "16KiB"})
    with Events(server.port, f"/ws?topic=flood&token={server.token('ada')}") as events:
        assert events.next()["type"] == "subscribed"
        with signed_in(server, "publisher") as talk:
            blob = "x" * 60_000
            for number in range(400):
                talk.say(type="publish", topic="flood", data=blob, id=number).hear_of("published")
        # What was on the way is read, then the reason.
        assert events.until(type="closed")["code"] == 3002
        assert events.next() is None


def test_through_nginx_without_a_line_about_buffering(server):
    port = harness.free_port()
    proxy = harness.Nginx(f"server {{ listen {harness.HOST}:{port}; location / {{ proxy_pass http://{harness.HOST}:{server.port}; }} }}",
                          [port])
    try:
        # HTTP/1.0 towards the server, as nginx speaks it unless told otherwise, and buffering on.
        with Events(port, f"/ws?topic=news&token={server.token('ada')}") as events:
            assert events.next()["type"] == "subscribed"
            for number in range(3):
                publish(server, "news", number)
                assert events.until(type="message")["data"] == number
    finally:
        proxy.stop()
