"""Engine.IO by polling: clients that stall, post twice, go away, send too much or lie break only themselves; two thousand are served."""
import asyncio
import contextlib
import json
import os
import time
from pathlib import Path

import pytest

import harness
from harness import HOST, Raw, get, until

OPEN = "/engine.io/?EIO=4&transport=polling"
ENDPOINT = """
[[endpoint]]
path = "/engine.io"
dialect = "engine.io"
cors_origins = ["*"]
max_payload = 1000000
"""


@pytest.fixture
def serve(start, tmp_path):
    def begin(*lines):
        configuration = tmp_path / "engine.toml"
        configuration.write_text(ENDPOINT + "\n".join(lines) + "\n")
        return start("--config", configuration)

    return begin


@pytest.fixture
def server(serve):
    return serve()


class Poller:
    """One session by polling, each request on a connection of its own."""

    def __init__(self, server):
        self.port = server.port
        answer = get(self.port, OPEN)
        assert answer.status == 200, answer
        self.sid = json.loads(answer.body[1:])["sid"]
        self.path = f"{OPEN}&sid={self.sid}"

    def post(self, body):
        return get(self.port, self.path, "POST", [f"Content-Length: {len(body.encode())}"], body)

    def poll(self):
        return get(self.port, self.path)

    def echoes(self, text="4still here"):
        assert self.post(text).status == 200
        answer = self.poll()
        return answer.status == 200 and text.encode() in answer.body.split(b"\x1e")

    def head(self, method, *fields):
        return "\r\n".join([f"{method} {self.path} HTTP/1.1", "Host: localhost", *fields, "", ""])


def assert_gone(poller):
    answer = poller.poll()
    assert answer.status == 400 and answer.json == {"code": 1, "message": "Session ID unknown"}, answer


class TestMisbehaviour:
    @pytest.fixture
    def good(self, server):
        return Poller(server)

    @pytest.fixture
    def bad(self, server):
        return Poller(server)

    def test_a_post_that_stalls_holds_nobody_up(self, serve):
        server = serve('ping_interval = "500ms"', 'ping_timeout = "500ms"')
        stalled = Poller(server)
        with Raw(server.port) as raw:
            raw.send(stalled.head("POST", "Content-Length: 1000") + "4half")
            began = time.monotonic()
            while time.monotonic() - began < 2:
                assert Poller(server).echoes()
            # Nobody hears its pong, so that its session is over, and not before.
            assert_gone(stalled)

    def test_two_posts_at_once_end_their_session_alone(self, good, bad):
        with Raw(bad.port) as raw:
            raw.send(bad.head("POST", "Content-Length: 6") + "4he")
            until(lambda: bad.post("4hello").status == 400, what="the second post being refused")
            assert_gone(bad)
            raw.send("llo")
            assert raw.response().status == 400
        assert good.echoes()

    def test_two_polls_at_once_end_their_session_alone(self, good, bad):
        with Raw(bad.port) as raw:
            raw.send(bad.head("GET"))
            # Whichever the server reads first waits, and is told of the end; the other is refused.
            refused, told = sorted((bad.poll(), raw.response()), key=lambda answer: -answer.status)
            assert (told.status, told.body) == (200, b"1")
            assert refused.status == 400 and refused.json["code"] == 3
        assert_gone(bad)
        assert good.echoes()

    @pytest.mark.parametrize("how", [Raw.close, Raw.reset], ids=["fin", "rst"])
    def test_a_poll_that_is_left_ends_its_session_alone(self, good, bad, how):
        raw = Raw(bad.port).send(bad.head("GET"))
        # The server has read it once a second one is an overlap; so that is not what is tried here.
        time.sleep(0.1)
        how(raw)
        until(lambda: bad.poll().status == 400, what="the session being gone")
        assert_gone(bad)
        assert good.echoes()

    def test_ten_megabytes_are_refused_before_they_are_kept(self, server, good, bad):
        before = server.pss()
        for _ in range(5):
            with Raw(bad.port) as raw:
                raw.send(bad.head("POST", "Content-Length: 10000000"))
                answer = raw.response()
                assert (answer.status, answer.body) == (413, b"")
        with Raw(bad.port) as raw, contextlib.suppress(ConnectionError):
            raw.send(bad.head("POST", "Transfer-Encoding: chunked"))
            for _ in range(100):
                raw.send(f"{100_000:x}\r\n" + "4" * 100_000 + "\r\n")
        assert server.pss() - before < 8_000_000
        assert good.echoes()

    def test_lies_about_the_session_reach_nobody(self, server, good):
        lies = ["abc", "0" * 20, "%0d%0aX%3a%20y", "..%2f..", good.sid[:-1], good.sid + "x", good.sid.swapcase(),
                good.sid[::-1], "%F0%9F%98%80", "a" * 4000]
        for lie in lies:
            if lie == good.sid:
                continue
            for method in ("GET", "POST"):
                answer = get(server.port, f"{OPEN}&sid={lie}", method, ["Content-Length: 6"] if method == "POST" else [],
                             "4hello" if method == "POST" else "")
                assert answer.status == 400, (lie, answer)
                assert answer.json["code"] in (1, 3), (lie, answer)
        for path in (OPEN.replace("polling", "websocket") + f"&sid={good.sid}", f"/engine.io/?EIO=4&sid={good.sid}"):
            assert get(server.port, path).status == 400
        assert good.echoes()

    def test_a_client_that_never_polls_is_given_up(self, server, good, bad):
        before = server.pss()
        text = "4" + "x" * 200_000
        until(lambda: bad.post(text).status != 200, what="what waits for it being bounded")
        assert_gone(bad)
        assert server.pss() - before < 8_000_000
        assert good.echoes()

    def test_a_client_that_does_not_read_its_answer_holds_nobody_up(self, server, good, bad):
        text = "4" + "x" * 900_000
        raw = Raw(server.port, receive_buffer=4096)
        raw.send(bad.head("GET"))
        until(lambda: bad.post(text).status == 200)
        for _ in range(50):
            assert good.echoes()
        raw.close()

    @pytest.mark.parametrize("body, fields", [
        ("abc", []), ("", []), ("4a\x1e\x1e4b", []), ("b!!", []), ("4\ufffd", ["Content-Type: application/octet-stream"]),
    ])
    def test_what_is_no_payload_ends_its_session_alone(self, server, good, bad, body, fields):
        answer = get(bad.port, bad.path, "POST", [f"Content-Length: {len(body.encode())}", *fields], body)
        assert answer.status == 400 and answer.json["code"] == 3
        assert good.echoes()

    def test_a_hundred_thousand_packets_in_one_post(self, server, good, bad):
        assert bad.post("\x1e".join(["6"] * 100_000)).status == 200
        assert bad.post("\x1e".join(["6"] * 100_001)).status == 400
        assert_gone(bad)
        assert good.echoes()

    def test_an_old_client_is_told_what_to_do(self, server):
        answer = get(server.port, "/engine.io/?EIO=3&transport=polling")
        assert answer.status == 400 and answer.json["code"] == 5 and "socket.io-client" in answer.json["remedy"]


@pytest.mark.heavy
def test_two_thousand_polling_clients(serve):
    """Every one polls, says something, hears it, and polls again: no thread, no timer for each."""
    count = 2000
    server = serve('ping_interval = "20s"')
    task, descriptors = Path(f"/proc/{server.pid}/task"), Path(f"/proc/{server.pid}/fd")

    def threads():
        return len(list(task.iterdir()))

    def timers():
        links = []
        for entry in descriptors.iterdir():
            with contextlib.suppress(OSError):
                links.append(os.readlink(entry))
        return sum("timerfd" in link for link in links)

    before = threads(), timers(), server.pss()

    async def request(reader, writer, method, path, body=""):
        length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n{body}".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(next(line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length")))
        return int(head.split()[1]), (await reader.readexactly(length)).decode()

    async def client(number, gate, all_wait, measured):
        async with gate:
            poll = await asyncio.open_connection(HOST, server.port)
            status, text = await request(*poll, "GET", OPEN)
            assert status == 200, text
            path = f"{OPEN}&sid={json.loads(text[1:])['sid']}"
        waiting = asyncio.create_task(request(*poll, "GET", path))
        all_wait.append(number)
        await measured.wait()
        async with gate:
            post = await asyncio.open_connection(HOST, server.port)
            for round in range(2):
                said = f"4client {number} round {round}"
                assert await request(*post, "POST", path, said) == (200, "ok")
                status, text = await waiting
                assert (status, text) == (200, said)
                waiting = asyncio.create_task(request(*poll, "GET", path))
            assert await request(*post, "POST", path, "1") == (200, "ok")
            # Whichever of the two the server reads first.
            assert (await waiting)[0] in (200, 400)
            for _, writer in (poll, post):
                writer.close()

    async def crowd():
        gate, all_wait, measured = asyncio.Semaphore(100), [], asyncio.Event()
        tasks = [asyncio.create_task(client(number, gate, all_wait, measured)) for number in range(count)]
        while len(all_wait) < count:
            await asyncio.sleep(0.05)
            for task in tasks:
                if task.done():
                    task.result()
        during = threads(), timers(), server.pss()
        measured.set()
        await asyncio.gather(*tasks)
        return during

    during = asyncio.run(asyncio.wait_for(crowd(), 100))
    assert during[:2] == before[:2], "threads and timers stay as they are"
    each = (during[2] - before[2]) / count
    print(f"{each:.0f} bytes a polling client")
    assert each < 16_384
    until(lambda: server.descriptors() < 200, what="all connections being gone")
