"""Socket.IO over a restart and a crash: sockets whose rooms are durable come back whole, and no gap is called recovered."""
import os
import random
import signal
import subprocess
import threading
import time

import pytest
from websockets.exceptions import WebSocketException

import harness
from test_socketio_topics import Socket, api

CONFIGURATION = """
[[endpoint]]
path = "/ws"

[[endpoint]]
path = "/socket.io"
dialect = "socket.io"
recovery = "60s"

[[namespace]]
name = "/im"

[[topic]]
pattern = "room:memory"
history = 1000

[[topic]]
pattern = "**"
durable = true
history = 100000
history_bytes = "64MiB"

[[right]]
topic = "**"
allow = ["subscribe", "publish"]

[[event]]
name = "join"
do = ["join"]
room = "room:{0}"

[[event]]
name = "leave"
do = ["leave"]
room = "room:{0}"

[[event]]
name = "say"
do = ["room"]
room = "room:{0}"

[[event]]
name = "typing"
do = ["room"]
room = "room:{0}"
volatile = true
"""


class Server:
    """A server that is stopped or killed and started again on the same port and state."""

    def __init__(self, folder, configuration=CONFIGURATION):
        self.state, self.port = folder / "state", harness.free_port()
        self.state.mkdir()
        self.configuration = folder / "sockeye.toml"
        self.configuration.write_text(configuration)
        key = subprocess.run([harness.BINARY, "key", "create", "--state", self.state], capture_output=True, text=True, timeout=20,
                             check=True, env=harness.clean_environment())
        self.key, self.running, self.loops = key.stdout.strip(), None, 3
        self.start()
        self.tokens = {}

    def start(self, wait=True):
        self.running = harness.Sockeye(harness.BINARY, self.state, ["--config", self.configuration, "--loops", str(self.loops)],
                                       port=self.port, wait=wait)

    def token(self, user):
        if user not in self.tokens:
            self.tokens[user] = self.running.token(user)
        return self.tokens[user]

    def restart(self, kill):
        if kill:
            self.kill()
        else:
            assert self.running.stop() == 0
        self.start()

    def kill(self):
        os.kill(self.running.pid, signal.SIGKILL)
        self.running.process.wait()


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    server.running.stop()


def greeted(server, user="ada", **auth):
    client = Socket(server, auth={"token": server.token(user), **auth}).connected()
    client.greeting = client.event("connected")[0]
    return client


def back(server, client, user="ada"):
    return greeted(server, user, pid=client.pid, offset=client.offset)


ends = pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])


@ends
def test_a_socket_comes_back_with_what_was_missed(server, kill):
    ada, bob = greeted(server), greeted(server, "bob")
    for client in (ada, bob):
        assert client.call("join", "x") == [{"ok": True}]
        assert client.call("join", "y") == [{"ok": True}]
    assert bob.call("say", "x", "seen") == [{"ok": True}]
    assert ada.event("say") == ["x", "seen"]
    # What it says itself it is not told, before and after.
    assert ada.call("say", "y", "mine") == [{"ok": True}]
    bob.call("say", "y", "seen too")
    assert ada.event("say") == ["y", "seen too"]
    assert ada.call("say", "y", "mine again") == [{"ok": True}]
    server.restart(kill)
    # Missed by both: a topic outlives the server whoever is there.
    assert api(server, "publish", topic="room:x", data={"event": "m", "args": [1]}).status == 200
    for _ in range(2):
        again = back(server, ada)
        assert (again.greeting["recovered"], again.sid, again.pid) == (True, ada.sid, ada.pid), again.greeting
        assert again.event("m") == [1]
        assert again.silent(0.1)
        ada.offset = again.offset
        # It is in its rooms and known by its id again, and comes back from there as well.
        api(server, "publish", topic="room:y", data={"event": "m", "args": [2]})
        assert again.event("m") == [2]
        assert api(server, "emit", socket=ada.sid, event="hi").json == {"sockets": 1}
        assert again.event("hi") == []
        ada.offset = again.offset
        server.restart(kill)
        api(server, "publish", topic="room:x", data={"event": "m", "args": [1]})
    other = back(server, bob, "bob")
    assert other.greeting["recovered"] is True and other.sid == bob.sid
    assert [other.event() for _ in range(7)] == [["say", "y", "mine"], ["say", "y", "mine again"], ["m", 1], ["m", 2], ["m", 1],
                                                ["m", 2], ["m", 1]]


@ends
def test_with_other_loops_than_before(server, kill):
    clients = [greeted(server, f"user{number}") for number in range(6)]
    server.loops = 1
    server.restart(kill)
    for number, client in enumerate(clients):
        again = back(server, client, f"user{number}")
        assert again.greeting["recovered"] is True and (again.sid, again.pid) == (client.sid, client.pid)
        again.cut()
        # From the memory of this server the next time.
        assert back(server, again, f"user{number}").greeting["recovered"] is True


@ends
def test_memory_topics_are_told_from_durable_ones(server, kill):
    client = greeted(server)
    client.call("join", "memory")
    api(server, "publish", topic="room:memory", data={"event": "m", "args": [1]})
    assert client.event("m") == [1]
    server.restart(kill)
    again = back(server, client)
    assert again.greeting["recovered"] is False and again.greeting["reason"] == "not_durable"
    assert again.sid != client.sid
    # Once it has left that room all its state is durable.
    again.call("join", "memory")
    again.call("leave", "memory")
    api(server, "publish", topic="user:ada", data={"event": "m", "args": [2]})
    assert again.event("m") == [2]
    server.restart(kill)
    assert back(server, again).greeting["recovered"] is True


@ends
@pytest.mark.parametrize("change, reason", [
    ({"offset": "a text the application sent"}, "offset_unknown"), ({"offset": "abcd0.1~zz.1-1"}, "unknown"),
    ({"pid": "AAAAAAAAAAAAAAAAAAAA"}, "unknown"), ({"user": "bob"}, "other_user"),
])
def test_what_cannot_be_proved_is_refused(server, kill, change, reason):
    client = greeted(server)
    server.restart(kill)
    wish = {"pid": client.pid, "offset": client.offset, "user": "ada", **change}
    again = greeted(server, wish.pop("user"), **wish)
    assert again.sid != client.sid
    assert again.greeting["recovered"] is False and again.greeting["reason"] == reason


def test_who_left_does_not_come_back(server):
    client = greeted(server)
    client.socket.send("41/im,")
    assert api(server, "emit", socket=client.sid, event="x").status in (200, 404)
    harness.until(lambda: api(server, "emit", socket=client.sid, event="x").status == 404, what="the socket being gone")
    server.restart(kill=False)
    assert back(server, client).greeting["reason"] == "unknown"


def test_volatile_events_are_not_kept(server):
    ada, bob = greeted(server), greeted(server, "bob")
    for client in (ada, bob):
        client.call("join", "x")
    for number in range(3):
        assert bob.call("typing", "x", number) == [{"ok": True}]
        assert ada.event("typing") == ["x", number]
    bob.call("say", "x", "kept")
    assert ada.event("say") == ["x", "kept"]
    ada.cut()
    bob.call("typing", "x", 9)
    bob.call("say", "x", "missed")
    again = back(server, ada)
    assert again.greeting["recovered"] is True
    assert again.event() == ["say", "x", "missed"] and again.silent(0.1)
    again.cut()
    server.restart(kill=True)
    again = back(server, again)
    assert again.greeting["recovered"] is True and again.silent(0.1)


class Follower(threading.Thread):
    """A client that comes back after every cut with what it has seen last, and counts what it is told."""

    def __init__(self, server, rooms):
        super().__init__(daemon=True)
        self.server, self.rooms, self.over = server, rooms, threading.Event()
        self.heard, self.reasons, self.failure, self.joined = [], [], None, threading.Event()

    def run(self):
        client, state = None, {}
        try:
            while True:
                try:
                    if client is None:
                        client = Socket(self.server, auth={"token": self.server.token("ada"), **state}).connected()
                        greeting = client.event("connected")[0]
                        if state and not greeting["recovered"]:
                            self.reasons.append(greeting["reason"])
                        if not state or not greeting["recovered"]:
                            for room in self.rooms:
                                assert client.call("join", room) == [{"ok": True}]
                        state = {"pid": client.pid, "offset": client.offset}
                        self.joined.set()
                    event = client.event(timeout=1 if self.over.is_set() else 20)
                    self.heard.append(tuple(event[1]))
                    state["offset"] = client.offset
                except TimeoutError:
                    assert self.over.is_set(), "nothing was heard for twenty seconds"
                    return
                except (WebSocketException, OSError):
                    client = None
                    time.sleep(0.01)
        except BaseException as error:
            self.failure = error


class Publisher(threading.Thread):
    """Publishes numbers by turns to several rooms, each again and again under its own key until it is acknowledged."""

    def __init__(self, server, rooms):
        super().__init__(daemon=True)
        self.server, self.rooms, self.over, self.sent = server, rooms, threading.Event(), 0

    def run(self):
        while not self.over.is_set():
            self.publish(self.sent + 1)
            self.sent += 1

    def publish(self, number):
        room = self.rooms[number % len(self.rooms)]
        while True:
            try:
                answer = api(self.server, "publish", topic=f"room:{room}", key=str(number),
                             data={"event": "m", "args": [[room, number]]})
                if answer.status == 200:
                    return
            except (OSError, EOFError):
                time.sleep(0.005)


@pytest.mark.heavy
@pytest.mark.timeout(180)
def test_killed_again_and_again_nothing_is_missed_or_told_twice(tmp_path):
    seed = int(os.environ.get("SOCKEYE_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}: SOCKEYE_SEED={seed} repeats it")
    chance = random.Random(seed)
    configuration = CONFIGURATION.replace('durable = true', 'durable = true\nkeys = 100000')
    server, rooms = Server(tmp_path, configuration), ["a", "b", "c"]
    server.token("ada")
    follower = Follower(server, rooms)
    publisher = Publisher(server, rooms)
    follower.start()
    assert follower.joined.wait(20)
    publisher.start()
    try:
        for kill in range(20):
            before, heard = publisher.sent, len(follower.heard)
            harness.until(lambda: publisher.sent > before + chance.randrange(1, 30) and len(follower.heard) > heard
                          or follower.failure, seconds=20, what="progress")
            time.sleep(chance.random() * 0.02)
            server.kill()
            server.start()
        publisher.over.set()
        publisher.join(20)
        sent = publisher.sent
        harness.until(lambda: len(follower.heard) >= sent or follower.failure, seconds=20, what="the last message")
        follower.over.set()
        follower.join(20)
    finally:
        server.kill()
    assert follower.failure is None, follower.failure
    # Every state was durable, so that it was given back each time.
    assert follower.reasons == []
    for index, room in enumerate(rooms):
        numbers = [number for name, number in follower.heard if name == room]
        assert numbers == [number for number in range(1, sent + 1) if rooms[number % len(rooms)] == room], (room, numbers)
