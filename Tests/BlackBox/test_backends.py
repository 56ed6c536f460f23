"""Streams and webhooks against real backends in Python: those of the documentation, and some that behave in other ways."""
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import harness
from protocol import Talk, signed_in

DOCS = harness.ROOT / "docs"


class Backend:
    """Answers every POST with `script(handler, body)` on a thread of its own."""

    def __init__(self, script):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                script(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer((harness.HOST, 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://{harness.HOST}:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def backend():
    running = []

    def begin(script):
        running.append(Backend(script))
        return running[-1]

    yield begin
    for instance in running:
        instance.stop()


def head(handler, kind="text/event-stream"):
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.end_headers()


def serve(start, tmp_path, text):
    path = tmp_path / "sockeye.toml"
    path.write_text(text)
    return start("--config", path)


def call(url, **options):
    return '[[call]]\nname = "assistant"\n' + f'url = "{url}"\n' + "".join(
        f"{name} = {json.dumps(value)}\n" for name, value in options.items())


def read(talk, after=0):
    """The data of the pieces that follow `after`, without a gap, and the message that ends the stream."""
    data = []
    while (message := talk.hear(20))["type"] == "piece":
        assert message["offset"] == after + len(data) + 1
        data.append(message["data"])
    return data, message


def document(name, tmp_path, port, old_port):
    """The backend in a page of the documentation, running, and its configuration."""
    text = (DOCS / name).read_text()
    program = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    assert len(program.splitlines()) <= 24
    toml = re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1]
    path = tmp_path / "backend.py"
    path.write_text(program.replace(str(old_port), str(port)))
    with (tmp_path / "backend.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, path], cwd=tmp_path, stdout=log, stderr=log)
    harness.wait_for_port(port, process)
    return process, toml.replace(str(old_port), str(port))


def test_the_streaming_backend_of_the_documentation(start, tmp_path):
    process, toml = document("streams.md", tmp_path, harness.free_port(), 9000)
    try:
        server = serve(start, tmp_path, toml)
        with signed_in(server) as talk:
            opened = talk.say(type="call", call="assistant", data="why", id=1).hear_of("stream")
            assert opened["state"] == "open" and opened["id"] == 1
            data, end = read(talk)
            assert "".join(data) == "Hello ada, you asked 'why'. " and end["state"] == "done"
            # It notices that nobody wants more.
            stream = talk.say(type="call", call="assistant", data="w " * 500).hear_of("stream")["stream"]
            talk.hear_of("piece")
            talk.say(type="cancel", stream=stream, id=2)
            _, end = read(talk, after=1)
            assert end["state"] == "cancelled" and end["id"] == 2
            log = tmp_path / "backend.log"
            harness.until(lambda: f"cancelled: {stream}" in log.read_text(), what="the backend's word")
    finally:
        harness.stop(process)


def test_the_webhook_of_the_documentation(start, tmp_path):
    (tmp_path / "webhook.secret").write_text("a secret \n")
    process, toml = document("webhooks.md", tmp_path, harness.free_port(), 9001)
    try:
        server = serve(start, tmp_path, toml)
        with signed_in(server) as talk:
            talk.subscribe("news")
            error = talk.say(type="subscribe", topic="staff:news", id=3).hear_of("error")
            assert (error["code"], error["message"], error["id"]) == ("denied", "staff only", 3)
        # Signed with another secret it is nobody's word: denied by default.
        (tmp_path / "other").write_text("another")
        other = tmp_path / "second"
        other.mkdir()
        server = serve(start, other, toml.replace("webhook.secret", str(tmp_path / "other")))
        with Talk(server.url()) as talk:
            error = talk.say(type="auth", token=server.token()).hear_of("error")
            assert error["code"] == "backend_unavailable"
        server.wait_for_log("decision-failed")
    finally:
        harness.stop(process)


def sse(handler, _):
    head(handler)
    handler.wfile.write(b": hi\n\nevent: tool\ndata: {\"n\": 1}\n\ndata: two\ndata: lines\n\n")


def ndjson(handler, _):
    head(handler, "application/x-ndjson")
    handler.wfile.write(b'{"n": 1}\n\n[2]\n3')


def openai(handler, _):
    head(handler)
    for word in ("Be", "cause"):
        delta = {"choices": [{"index": 0, "delta": {"content": word}}]}
        handler.wfile.write(f"data: {json.dumps(delta)}\n\n".encode())
    handler.wfile.write(b"data: [DONE]\n\n")


@pytest.mark.parametrize("script, pieces", [
    (sse, [{"n": 1}, "two\nlines"]), (ndjson, [{"n": 1}, [2], 3]), (openai, ["Be", "cause"])])
def test_forms_of_answers(start, tmp_path, backend, script, pieces):
    server = serve(start, tmp_path, call(backend(script).url))
    with signed_in(server) as talk:
        talk.say(type="call", call="assistant").hear_of("stream")
        data, end = read(talk)
        assert data == pieces and end["state"] == "done"


def test_header_file_reaches_the_backend_and_no_log(start, tmp_path, backend):
    seen = []

    def script(handler, body):
        seen.append((handler.headers["Authorization"], body["user"], body["data"]))
        head(handler, "application/json")
        handler.wfile.write(b"{}")

    (tmp_path / "headers").write_text("# the service\nAuthorization: Bearer very-secret\n")
    server = serve(start, tmp_path, call(backend(script).url, header_file="headers"))
    with signed_in(server) as talk:
        talk.say(type="call", call="assistant", data={"q": 1}).hear_of("stream")
        assert read(talk)[0] == [{}]
    assert seen == [("Bearer very-secret", "ada", {"q": 1})]
    assert "very-secret" not in server.log


def test_a_reconnect_in_mid_answer_and_a_second_device(start, tmp_path, backend):
    go, written = threading.Semaphore(0), []

    def script(handler, _):
        head(handler)
        for number in range(1, 101):
            if number in (31, 61):
                go.acquire(timeout=20)
            handler.wfile.write(f"data: {number}\n\n".encode())
            written.append(number)

    server = serve(start, tmp_path, call(backend(script).url))
    with signed_in(server) as talk:
        stream = talk.say(type="call", call="assistant").hear_of("stream")["stream"]
        for offset in range(1, 31):
            assert talk.hear_of("piece")["offset"] == offset
    # Nobody is there; the answer goes on.
    go.release()
    harness.until(lambda: len(written) == 60, what="60 written")
    with signed_in(server) as talk, signed_in(server) as device:
        assert talk.say(type="resume", stream=stream, since=30, id=1).hear_of("stream")["state"] == "open"
        device.say(type="resume", stream=stream, since=0).hear_of("stream")
        go.release()
        # A piece of data is a number, which is JSON only where it is an object or an array: text.
        assert read(talk, after=30)[0] == [str(number) for number in range(31, 101)]
        assert read(device)[0] == [str(number) for number in range(1, 101)]
        with signed_in(server, "eve") as eve:
            assert eve.say(type="resume", stream=stream).hear_of("error")["code"] == "stream_unknown"


def test_a_slow_reader_holds_the_backend(start, tmp_path, backend):
    total, held = 48 << 20, []

    def script(handler, _):
        head(handler, "text/plain")
        handler.connection.settimeout(1)
        left = total
        while left:
            try:
                left -= handler.connection.send(b"a" * min(left, 65536))
            except TimeoutError:
                held.append(total - left)

    server = serve(start, tmp_path, call(backend(script).url, limit="128MiB"))
    with signed_in(server, max_queue=1) as talk:
        talk.say(type="call", call="assistant").hear_of("stream")
        # The client does not read; the backend comes to a halt well before its end.
        harness.until(lambda: held, 20, "the backend held")
        assert 0 < held[0] < total // 2
        assert sum(len(text) for text in read(talk)[0]) == total


def test_a_server_that_stops_ends_its_streams(start, tmp_path, backend):
    ended = threading.Event()

    def script(handler, _):
        head(handler)
        handler.wfile.write(b"data: x\n\n")
        if not handler.connection.recv(1):
            ended.set()

    server = serve(start, tmp_path, call(backend(script).url))
    with signed_in(server) as talk:
        talk.say(type="call", call="assistant").hear_of("stream")
        talk.hear_of("piece")
        server.signal(15)
        _, end = read(talk, after=1)
        assert (end["type"], end["state"], end["code"]) == ("stream", "failed", "going_away")
        assert ended.wait(10)
    assert server.stop() == 0


def test_events_are_tried_again_and_told_at_the_end(start, tmp_path, backend):
    seen, refused = [], []

    def script(handler, body):
        if not refused:
            refused.append(body)
            return handler.send_error(503)
        seen.append((handler.headers["Sockeye-Event"], body["event"], body["user"]))
        head(handler, "application/json")

    server = serve(start, tmp_path, "[[webhook]]\nevents = [\"connect\", \"disconnect\"]\n"
                   + f'url = "{backend(script).url}"\n')
    with signed_in(server):
        harness.until(lambda: seen, what="the second try")
        assert server.stop() == 0
    # Who was there when the server stopped has left, and that is told before it ends.
    assert seen == [(event, event, "ada") for event in ("connect", "disconnect")]


def test_events_of_a_durable_webhook_outlive_a_crash(start, tmp_path, backend):
    """The receiver is away, the server is killed, and the next one delivers what happened before, each event under one id."""
    seen, is_open = [], threading.Event()

    def script(handler, body):
        seen.append((handler.headers["Sockeye-Delivery"], body["event"], is_open.is_set()))
        handler.send_response(200 if is_open.is_set() else 503)
        handler.end_headers()

    url = backend(script).url
    server = serve(start, tmp_path, f'[[webhook]]\nurl = "{url}"\nevents = ["publish"]\ndurable = true\n')
    with signed_in(server, "ada") as talk:
        for number in range(20):
            talk.say(type="publish", topic="t", data=number, id=number).hear_of("published")
        harness.until(lambda: len({id for id, _, _ in seen}) == 20, what="a first try of every event")
    server.process.kill()
    server.process.wait(10)
    is_open.set()
    again = harness.Sockeye(harness.BINARY, server.state, ["--config", str(tmp_path / "sockeye.toml")])
    first = {id for id, _, is_late in seen if not is_late}
    harness.until(lambda: {id for id, _, is_late in seen if is_late} == first, what="every event being delivered")
    assert again.stop() == 0
