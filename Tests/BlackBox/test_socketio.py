"""Socket.IO with the clients people have: python-socketio, both kinds, and the official one in Chromium, through nginx."""
import asyncio
import json
import os
import queue
import re
import signal

import pytest
import socketio
from playwright.sync_api import expect

from browser import BUNDLE, Windows, chromium
from harness import HOST, Raw, free_port, get, opened, masked, until

CONFIGURATION = """
allowed_origins = {origins}

[[endpoint]]
path = "/socket.io"
dialect = "socket.io"
authentication = ["message", "query", "header"]
{recovery}
{endpoint}

[[namespace]]
name = "/"

[[namespace]]
name = "/chat"

[[namespace]]
name = "/open"
open = true

[[topic]]
pattern = "room:*"
history = 100

[[right]]
topic = "room:*"
allow = ["subscribe", "publish", "history"]

[[right]]
topic = "/chat"
allow = ["subscribe", "publish"]

[[event]]
name = "echo"
do = ["reply"]
emit = "echoed"

[[event]]
name = "ask"
do = ["ack"]

[[event]]
name = "join"
do = ["join"]
room = "room:{{0}}"

[[event]]
name = "leave"
do = ["leave"]
room = "room:{{0}}"

[[event]]
name = "say"
do = ["room"]
room = "room:{{0}}"
skip = 1
from = true

[[event]]
name = "tell"
do = ["user"]
user = "{{0}}"
skip = 1
from = true

[[event]]
name = "all"
do = ["broadcast"]

[[event]]
name = "forbidden"
do = ["refuse"]
reason = "nobody may do this"
"""


class Served:
    def __init__(self, start, tmp_path, endpoint="", origins=(), recovers=False, **options):
        self.configuration = tmp_path / "socketio.toml"
        self.configuration.write_text(CONFIGURATION.format(
            endpoint=endpoint, origins=json.dumps(list(origins)), recovery='recovery = "2m"' if recovers else ""))
        self.server = start("--config", self.configuration, state=tmp_path / "state", **options)
        self.url = f"http://{HOST}:{self.server.port}"
        self.port = self.server.port

    def token(self, user="ada"):
        return self.server.token(user)


@pytest.fixture
def served(start, tmp_path):
    return Served(start, tmp_path)


TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}
ways = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS.keys())


class Heard:
    """A synchronous client whose events wait in a queue."""

    def __init__(self, namespace="/", **options):
        self.client, self.namespace, self.events = socketio.Client(reconnection=False, **options), namespace, queue.Queue()
        self.client.on("*", self.hear, namespace=namespace)
        for name in ("connect", "disconnect", "connect_error"):
            self.client.on(name, lambda *args, name=name: self.events.put((name, *args)), namespace=namespace)

    def hear(self, name, *args):
        self.events.put((name, *args))

    def connect(self, served, token=None, transports=None, auth=None):
        auth = auth if auth is not None else {"token": token or served.token()}
        self.client.connect(served.url, auth=auth, transports=transports, namespaces=[self.namespace], wait_timeout=10)
        self.next("connect")
        return self.next("connected")[0]

    def next(self, name, timeout=10):
        """The arguments of the next event of that name; others before it are skipped."""
        while True:
            event, *args = self.events.get(timeout=timeout)
            if event == name:
                return args

    def quiet(self, name, seconds=0.3):
        try:
            self.next(name, seconds)
        except queue.Empty:
            return True
        return False

    def emit(self, name, *args):
        self.client.emit(name, args, namespace=self.namespace)

    def call(self, name, *args):
        return self.client.call(name, args, namespace=self.namespace, timeout=10)


@pytest.fixture
def client():
    made = []

    def make(*args, **options):
        made.append(Heard(*args, **options))
        return made[-1]

    yield make
    for each in made:
        if each.client.connected:
            each.client.disconnect()


class TestPythonClient:
    @ways
    def test_it_connects_and_is_greeted(self, served, client, transports):
        ada = client()
        greeting = ada.connect(served, transports=transports)
        assert (greeting["user"], greeting["recovered"]) == ("ada", False)
        assert greeting["socket"] == ada.client.get_sid()
        expected = "polling" if transports == ["polling"] else "websocket"
        until(lambda: ada.client.transport() == expected, what=f"the transport being {expected}")

    @ways
    def test_values_come_back_as_they_were(self, served, client, transports):
        ada = client()
        ada.connect(served, transports=transports)
        values = [1, -2.5, "grüße 😀", None, True, {"b": [1, {"c": None}], "a": ""}, [[], {}]]
        ada.emit("echo", *values)
        assert ada.next("echoed") == values
        assert list(ada.call("ask", *values)) == values

    @ways
    def test_bytes_come_back_as_they_were(self, served, client, transports):
        ada = client()
        ada.connect(served, transports=transports)
        values = [bytes(range(256)), {"deep": [b"", b"\x00"]}, "text", b"x" * 100_000]
        ada.emit("echo", *values)
        assert ada.next("echoed") == values
        assert list(ada.call("ask", *values)) == values

    @ways
    def test_without_a_token_it_is_refused_with_the_reason(self, served, client, transports):
        ada = client()
        with pytest.raises(socketio.exceptions.ConnectionError):
            ada.client.connect(served.url, auth={}, transports=transports, wait_timeout=5)
        (refusal,) = ada.next("connect_error")
        assert refusal["data"]["code"] == "TOKEN-MISSING" and refusal["message"], refusal

    @pytest.mark.parametrize("auth, code", [
        ({"token": "nonsense"}, "TOKEN-MALFORMED"), ({"token": 7}, "TOKEN-MISSING"), ({"jwt": "x"}, "TOKEN-MISSING"),
    ])
    def test_with_a_bad_token_it_is_refused_with_the_reason(self, served, client, auth, code):
        ada = client()
        with pytest.raises(socketio.exceptions.ConnectionError):
            ada.client.connect(served.url, auth=auth, wait_timeout=5)
        (refusal,) = ada.next("connect_error")
        assert refusal["data"]["code"] == code, refusal

    def test_the_token_may_stand_in_the_query_or_in_a_header(self, served, client):
        token = served.token()
        for url, headers in ((f"{served.url}?token={token}", {}), (served.url, {"Authorization": f"Bearer {token}"})):
            ada = client()
            ada.client.connect(url, headers=headers, wait_timeout=5)
            assert ada.next("connected")[0]["user"] == "ada"

    def test_an_unknown_namespace(self, served, client):
        ada = client("/nowhere")
        with pytest.raises(socketio.exceptions.ConnectionError):
            ada.client.connect(served.url, auth={"token": served.token()}, namespaces=["/nowhere"], wait_timeout=5)
        assert ada.next("connect_error")[0]["message"] == "Invalid namespace"

    def test_namespaces_are_apart(self, served, client):
        token = served.token()
        one, two, three = client(), client("/chat"), client("/chat")
        for each in (one, two, three):
            each.connect(served, token)
        two.emit("all", "to the chat")
        assert three.next("all") == ["to the chat"]
        assert one.quiet("all") and two.quiet("all")

    def test_an_open_namespace_asks_for_nothing(self, served, client):
        anybody = client("/open")
        greeting = anybody.connect(served, auth={})
        assert greeting["user"] in (None, "")

    @ways
    def test_rooms(self, served, client, transports):
        ada, bob, eve = client(), client(), client()
        for each, user in ((ada, "ada"), (bob, "bob"), (eve, "eve")):
            each.connect(served, served.token(user), transports)
        for each in (ada, bob):
            assert each.call("join", "x")["ok"] is True
        assert ada.call("say", "x", "hello", {"n": 1})["ok"] is True
        sender, *said = bob.next("say")
        assert sender["user"] == "ada" and sender["socket"] == ada.client.get_sid() and said == ["hello", {"n": 1}]
        assert ada.quiet("say") and eve.quiet("say")
        assert bob.call("leave", "x")["ok"] is True
        ada.call("say", "x", "again")
        assert bob.quiet("say")

    def test_bytes_to_a_room(self, served, client):
        ada, bob = client(), client()
        for each, user, transports in ((ada, "ada", ["websocket"]), (bob, "bob", ["polling"])):
            each.connect(served, served.token(user), transports)
            each.call("join", "x")
        ada.call("say", "x", b"\x00\x01", {"more": b"\xff"})
        assert bob.next("say")[1:] == [b"\x00\x01", {"more": b"\xff"}]
        bob.call("say", "x", b"back")
        assert ada.next("say")[1:] == [b"back"]

    def test_all_sockets_of_a_user(self, served, client):
        ada, bobs, eve = client(), [client(), client("/chat")], client()
        ada.connect(served, served.token("ada"))
        eve.connect(served, served.token("eve"))
        for bob in bobs:
            bob.connect(served, served.token("bob"))
        ada.call("tell", "bob", "psst")
        for bob in bobs:
            sender, text = bob.next("tell")
            assert (sender["user"], text) == ("ada", "psst")
        assert eve.quiet("tell") and ada.quiet("tell")

    def test_what_is_refused_is_told(self, served, client):
        ada = client()
        ada.connect(served)
        answer = ada.call("forbidden", 1)
        assert (answer["ok"], answer["code"], answer["message"]) == (False, "event_refused", "nobody may do this")
        answer = ada.call("nobody-knows", 1)
        assert (answer["ok"], answer["code"]) == (False, "event_unknown") and answer["remedy"]
        # Who asks for no acknowledgement is told by an event.
        ada.emit("nobody-knows", 1)
        (error,) = ada.next("error")
        assert (error["event"], error["code"]) == ("nobody-knows", "event_unknown")
        assert ada.call("join", "x" * 300)["code"] == "topic_too_long" and ada.call("join")["code"] == "argument_missing"
        assert ada.call("join", {"n": 1})["code"] == "argument_missing"
        ada.emit("echo", "still here")
        assert ada.next("echoed") == ["still here"]

    def test_a_json_subscriber_and_a_room_are_one_topic(self, start, tmp_path, client):
        from protocol import Talk

        served = Served(start, tmp_path, endpoint='\n[[endpoint]]\npath = "/ws"\n')
        talk = Talk(f"ws://{HOST}:{served.port}/ws?token={served.token('bob')}")
        talk.subscribe("room:x")
        ada = client()
        ada.connect(served)
        ada.call("join", "x")
        ada.call("say", "x", "hello")
        heard = talk.hear_of("message")
        assert heard["data"]["event"] == "say" and heard["data"]["args"][1] == "hello"
        talk.say(type="publish", topic="room:x", data={"event": "news", "args": [1, "two"]})
        assert ada.next("news") == [1, "two"]
        talk.say(type="publish", topic="room:x", data={"plain": True})
        assert ada.next("message") == [{"plain": True}]


class TestAsyncClient:
    @ways
    def test_it_does_all_the_same(self, served, transports):
        async def conversation():
            heard, client = asyncio.Queue(), socketio.AsyncClient(reconnection=False)
            client.on("*", lambda name, *args: heard.put_nowait((name, *args)))
            await client.connect(served.url, auth={"token": served.token()}, transports=transports)
            assert (await asyncio.wait_for(heard.get(), 10))[0] == "connected"
            await client.emit("echo", ("text", b"bytes", {"n": 1}))
            assert await asyncio.wait_for(heard.get(), 10) == ("echoed", "text", b"bytes", {"n": 1})
            answers = await asyncio.gather(*(client.call("ask", number, timeout=10) for number in range(200)))
            assert answers == list(range(200))
            await client.disconnect()

        asyncio.run(conversation())

    def test_it_comes_back_after_a_restart(self, start, tmp_path):
        served = Served(start, tmp_path)
        token = served.token()

        async def conversation():
            heard, client = asyncio.Queue(), socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)
            client.on("connected", heard.put_nowait)
            client.on("disconnect", lambda *reason: heard.put_nowait("disconnect"))
            await client.connect(served.url, auth={"token": token})
            first = await asyncio.wait_for(heard.get(), 10)
            await asyncio.to_thread(served.server.stop)
            assert await asyncio.wait_for(heard.get(), 10) == "disconnect"
            await asyncio.to_thread(start, "--config", served.configuration, state=served.server.state, port=served.port)
            second = await asyncio.wait_for(heard.get(), 20)
            assert second["user"] == "ada" and second["socket"] != first["socket"]
            assert await client.call("ask", "here", timeout=10) == "here"
            await client.disconnect()

        asyncio.run(conversation())

    def test_polling_survives_a_restart_too(self, start, tmp_path):
        served = Served(start, tmp_path)
        token = served.token()

        async def conversation():
            heard, client = asyncio.Queue(), socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)
            client.on("connected", heard.put_nowait)
            await client.connect(served.url, auth={"token": token}, transports=["polling"])
            await asyncio.wait_for(heard.get(), 10)
            await asyncio.to_thread(served.server.stop)
            await asyncio.to_thread(start, "--config", served.configuration, state=served.server.state, port=served.port)
            assert (await asyncio.wait_for(heard.get(), 20))["user"] == "ada"
            await client.disconnect()

        asyncio.run(conversation())


class Wire:
    """Socket.IO over a raw WebSocket: what stands in each message."""

    def __init__(self, served, auth):
        self.raw = opened(served.port, "/socket.io/?EIO=4&transport=websocket")
        assert self.text().startswith("0{")
        self.say("40" + json.dumps(auth))
        self.consent = json.loads(self.text("40")[2:])

    def say(self, text):
        self.raw.send(masked(text))

    def text(self, prefix=""):
        while True:
            first, payload = self.raw.frame()
            assert first == 0x81, (first, payload)
            text = payload.decode()
            if text.startswith(prefix):
                return text

    def event(self, name):
        while True:
            event, *args = json.loads(re.sub(r"^42\d*", "", self.text("42")))
            if event == name:
                return args


class TestRecovery:
    """Connection state recovery as the official client asks for it: the private id, and the last offset it has seen.

    Where state is kept every event has its offset as one more argument, as the reference server does it."""

    @pytest.fixture
    def served(self, start, tmp_path):
        return Served(start, tmp_path, recovers=True)

    def test_who_comes_back_gets_what_was_missed(self, served):
        ada, bob = Wire(served, {"token": served.token("ada")}), Wire(served, {"token": served.token("bob")})
        assert set(bob.consent) == {"sid", "pid"}
        *_, offset = bob.event("connected")
        for each in (ada, bob):
            each.say('421["join","x"]')
            each.text("431")
        ada.say('42["say","x","one"]')
        _, text, offset = bob.event("say")
        assert text == "one" and isinstance(offset, str)
        bob.raw.reset()
        for text in ("two", "three"):
            ada.say(f'422["say","x","{text}"]')
            ada.text("432")
        back = Wire(served, {"token": served.token("bob"), "pid": bob.consent["pid"], "offset": offset})
        assert back.consent == bob.consent
        missed = [back.event("say")[1] for _ in range(2)]
        assert missed == ["two", "three"]
        ada.say('42["say","x","four"]')
        assert back.event("say")[1] == "four"

    def test_the_first_reconnect_is_recovered_too(self, served):
        """Before any event of its own a client has only the greeting's offset."""
        bob = Wire(served, {"token": served.token("bob")})
        greeting, offset = bob.event("connected")
        bob.raw.reset()
        back = Wire(served, {"token": served.token("bob"), "pid": bob.consent["pid"], "offset": offset})
        assert back.consent == bob.consent

    @pytest.mark.parametrize("change", [{"pid": "unknown"}, {"offset": "never-was"}, {"user": "eve"}])
    def test_what_cannot_be_proved_is_a_new_session(self, served, change):
        bob = Wire(served, {"token": served.token("bob")})
        _, offset = bob.event("connected")
        bob.raw.reset()
        auth = {"pid": bob.consent["pid"], "offset": offset} | change
        back = Wire(served, {"token": served.token(auth.pop("user", "bob")), **auth})
        assert back.consent["sid"] != bob.consent["sid"]
        greeting = back.event("connected")[0]
        assert greeting["recovered"] is False and greeting["reason"]


PAGE = """<!doctype html><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,"><script src="/socket.io.min.js"></script>
<script>
  const heard = [];
  function dial(options, namespace = "/") {
    window.socket = io(namespace, { reconnectionDelay: 100, reconnectionDelayMax: 500, ...options });
    socket.onAny((name, ...args) => heard.push([name, args.map((a) => a instanceof ArrayBuffer ? [...new Uint8Array(a)] : a)]));
    for (const name of ["connect", "disconnect"]) socket.on(name, (why) => heard.push([name, [why ?? null]]));
    socket.on("connect_error", (e) => heard.push(["connect_error", [e.message, e.data ?? null]]));
    socket.io.engine?.on("upgrade", (transport) => heard.push(["upgrade", [transport.name]]));
  }
  const bytes = (...values) => new Uint8Array(values).buffer;
</script>"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture
def windows(browser):
    opened_windows = Windows(browser)
    yield opened_windows
    opened_windows.close()


class Page:
    """A page behind nginx with the official client in it."""

    def __init__(self, windows, url):
        self.page, self.read = windows.open(url), 0

    def dial(self, namespace="/", **options):
        self.page.evaluate("([options, namespace]) => dial(options, namespace)", [options, namespace])
        return self

    def do(self, script, argument=None):
        return self.page.evaluate(script, argument)

    def next(self, name, seconds=15):
        """The arguments of the next event of that name."""
        self.page.wait_for_function(
            "([name, from]) => heard.slice(from).some((h) => h[0] === name)", arg=[name, self.read], timeout=seconds * 1000)
        events = self.page.evaluate("heard")
        at = next(index for index in range(self.read, len(events)) if events[index][0] == name)
        self.read = at + 1
        return events[at][1]

    def transport(self):
        return self.page.evaluate("socket.io.engine.transport.name")


class TestOfficialClient:
    @pytest.fixture
    def site(self, start, nginx, tmp_path):
        port = free_port()
        served = Served(start, tmp_path, origins=[f"http://{HOST}:{port}"], recovers=True)
        folder = tmp_path / "site"
        folder.mkdir()
        folder.chmod(0o755)
        (folder / "index.html").write_text(PAGE)
        configuration = f"""
            map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
            server {{ listen {port}; root {folder};
                location = /socket.io.min.js {{ alias {BUNDLE}; }}
                location /socket.io/ {{
                    proxy_pass http://{HOST}:{served.port}; proxy_http_version 1.1; proxy_set_header Host $http_host;
                    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }} }}"""
        nginx(configuration, port)
        served.page = f"http://{HOST}:{port}/"
        return served

    def open(self, windows, site, user="ada", namespace="/", **options):
        page = Page(windows, site.page).dial(namespace, auth={"token": site.token(user)}, **options)
        page.next("connect")
        assert page.next("connected")[0]["user"] == user
        return page

    @pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"], ["websocket", "polling"]])
    def test_every_order_of_transports(self, site, windows, transports):
        page = self.open(windows, site, transports=transports)
        wanted = "polling" if transports == ["polling"] else "websocket"
        page.page.wait_for_function(f"socket.io.engine.transport.name === '{wanted}'")
        answer = page.do("socket.timeout(5000).emitWithAck('ask', {b: 1, a: [null, 'ü']})")
        assert answer == {"b": 1, "a": [None, "ü"]}
        assert windows.complaints == []

    def test_bytes_both_ways(self, site, windows):
        page = self.open(windows, site)
        for _ in range(2):
            page.do("socket.emit('echo', bytes(0, 1, 255), 'text', {deep: 1})")
            assert page.next("echoed")[:3] == [[0, 1, 255], "text", {"deep": 1}]
            page.page.wait_for_function("socket.io.engine.transport.name === 'websocket'")

    def test_refused_and_let_in(self, site, windows):
        page = Page(windows, site.page).dial(auth={"token": "nonsense"})
        message, data = page.next("connect_error")
        assert data["code"] == "TOKEN-MALFORMED" and message
        page.do("(token) => { socket.auth = { token }; socket.connect(); }", site.token())
        assert page.next("connected")[0]["user"] == "ada"

    def test_a_path_that_is_taken_for_a_namespace(self, site, windows):
        page = Page(windows, site.page).dial("/nowhere", auth={"token": site.token()})
        assert page.next("connect_error")[0] == "Invalid namespace"

    def test_rooms_between_pages(self, site, windows):
        ada, bob = self.open(windows, site, "ada"), self.open(windows, site, "bob", "/chat")
        for page in (ada, bob):
            assert page.do("socket.timeout(5000).emitWithAck('join', 'x')")["ok"] is True
        ada.do("socket.emit('say', 'x', 'hello', 7)")
        sender, text, number, *_ = bob.next("say")
        assert (sender["user"], text, number) == ("ada", "hello", 7)

    def test_recovery(self, site, windows):
        ada, bob = self.open(windows, site, "ada"), self.open(windows, site, "bob")
        for page in (ada, bob):
            page.do("socket.timeout(5000).emitWithAck('join', 'x')")
        sid = bob.do("socket.id")
        # The first time it has heard nothing but the greeting.
        for round in range(3):
            bob.do("socket.io.engine.close()")
            ada.do("(text) => socket.timeout(5000).emitWithAck('say', 'x', text)", f"missed {round}")
            bob.next("connect")
            assert bob.do("[socket.recovered, socket.id]") == [True, sid]
            assert bob.next("say")[1] == f"missed {round}"

    def test_a_restart_is_survived_and_what_was_said_meanwhile_arrives(self, site, start, windows):
        page = self.open(windows, site)
        page.page.wait_for_function("socket.io.engine.transport.name === 'websocket'")
        site.server.stop()
        page.next("disconnect")
        page.do("socket.emit('echo', 'said while you were away')")
        start("--config", site.configuration, state=site.server.state, port=site.port)
        page.next("connect", 30)
        assert page.next("echoed")[0] == "said while you were away"

    @pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
    def test_a_server_restart_is_recovered(self, site, start, windows, kill):
        """All topics are durable: the page has its id and its rooms again, and what was said meanwhile, once."""
        site.configuration.write_text(site.configuration.read_text().replace(
            '[[topic]]\npattern = "room:*"', '[[topic]]\npattern = "**"\ndurable = true'))
        site.server.stop()
        restart = lambda: start("--config", site.configuration, state=site.server.state, port=site.port)
        server = restart()
        ada = self.open(windows, site, "ada", transports=["websocket"])
        bob = self.open(windows, site, "bob")
        for page in (ada, bob):
            assert page.do("socket.timeout(5000).emitWithAck('join', 'x')")["ok"] is True
        ada.do("socket.timeout(5000).emitWithAck('say', 'x', 'before')")
        assert bob.next("say")[1] == "before"
        sid = bob.do("socket.id")
        bob.do("socket.io.opts.reconnectionDelay = socket.io.opts.reconnectionDelayMax = 3000; socket.io.reconnectionDelay(3000)")
        if kill:
            os.kill(server.pid, signal.SIGKILL)
            server.process.wait()
        else:
            server.stop()
        bob.next("disconnect")
        restart()
        ada.next("connect", 30)
        assert ada.do("socket.recovered") is True
        ada.do("socket.timeout(5000).emitWithAck('say', 'x', 'meanwhile')")
        bob.next("connect", 30)
        assert bob.do("[socket.recovered, socket.id]") == [True, sid]
        assert bob.next("say")[1] == "meanwhile"
        ada.do("socket.timeout(5000).emitWithAck('say', 'x', 'after')")
        assert bob.next("say")[1] == "after"

    def test_it_does_not_come_back_by_itself_when_its_user_left(self, site, windows):
        page = self.open(windows, site)
        page.do("socket.disconnect()")
        assert page.next("disconnect") == ["io client disconnect"]
        assert page.do("socket.active") is False

    def test_a_page_of_another_origin_is_kept_out(self, site, windows):
        page = Page(windows, site.page.replace(HOST, "localhost")).dial(auth={"token": site.token()}, transports=["websocket"])
        assert page.next("connect_error")[0] == "websocket error"
        answer = get(site.port, "/api/refusals", headers=[f"Authorization: Bearer {site.token('operator')}"])
        assert answer.status == 200 and any(each["code"] == "ORIGIN-REFUSED" for each in answer.json["refusals"])


class TestWrongDoors:
    def test_the_namespace_dialled_as_a_path(self, served):
        answer = get(served.port, "/chat/?EIO=4&transport=polling")
        assert answer.status == 404 and "namespace" in json.dumps(answer.json).lower(), answer

    def test_an_old_client(self, served):
        answer = get(served.port, "/socket.io/?EIO=3&transport=polling")
        assert answer.status == 400 and answer.json["code"] == 5 and "socket.io-client" in answer.json["remedy"]

    def test_preflight_and_credentials(self, start, tmp_path):
        origin = "https://page.example"
        served = Served(start, tmp_path, origins=[origin])
        answer = get(served.port, "/socket.io/?EIO=4&transport=polling", "OPTIONS", [
            f"Origin: {origin}", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization,content-type"])
        assert answer.status == 204
        assert answer["Access-Control-Allow-Origin"] == origin and answer["Access-Control-Allow-Credentials"] == "true"
        assert "POST" in answer["Access-Control-Allow-Methods"] and "authorization" in answer["Access-Control-Allow-Headers"].lower()
        assert "Origin" in answer["Vary"]
        answer = get(served.port, "/socket.io/?EIO=4&transport=polling", headers=[f"Origin: {origin}"])
        assert answer.status == 200 and answer["Access-Control-Allow-Origin"] == origin
        answer = get(served.port, "/socket.io/?EIO=4&transport=polling", headers=["Origin: https://evil.example"])
        assert answer.status == 403 and answer.json["code"] == 4
