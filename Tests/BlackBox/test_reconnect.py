"""`sockeye connect --reconnect`: topics go on where they were, over a disconnect, a crash and a new token."""
import json
import subprocess
import threading
import urllib.request

import pytest

import harness
from protocol import signed_in


class Watcher:
    """The command with `--json`; `lines` are its events so far."""

    def __init__(self, server, token_file, *args):
        self.process = subprocess.Popen(
            [harness.BINARY, "connect", server.url("/ws"), "--token", f"@{token_file}", "--json", "--reconnect", "--wait", "forever",
             *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=harness.clean_environment())
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    @property
    def data(self):
        return [message["data"] for message in self.messages if message["type"] == "message"]

    @property
    def messages(self):
        return [json.loads(line["text"]) for line in self.lines if line["event"] == "message"]

    def count(self, event):
        return sum(line["event"] == event for line in self.lines)


@pytest.fixture
def watch(tmp_path):
    running = []

    def begin(server, *args):
        (tmp_path / "token").write_text(server.token("ada"))
        running.append(Watcher(server, tmp_path / "token", *args))
        return running[-1]

    yield begin
    for watcher in running:
        harness.stop(watcher.process)


def configured(start, tmp_path, **options):
    path = tmp_path / "sockeye.toml"
    path.write_text('[[topic]]\npattern = "**"\nhistory = 1000\ndurable = true\n')
    return start("--config", path, **options)


def publish(server, *numbers):
    with signed_in(server, "publisher") as talk:
        for number in numbers:
            talk.say(type="publish", topic="news", data=number, id=1).hear_of("published")


def disconnect(server, **body):
    key = subprocess.run([harness.BINARY, "key", "create", "--name", f"code-{body['code']}", "--state", server.state], capture_output=True, text=True,
                         check=True).stdout.strip()
    request = urllib.request.Request(
        f"http://{server.listen}/api/v1/disconnect", data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_topics_go_on_where_they_were(start, tmp_path, watch):
    server = configured(start, tmp_path)
    watcher = watch(server, "--subscribe", "news")
    harness.until(lambda: watcher.messages, what="the subscription")
    publish(server, 1)
    harness.until(lambda: watcher.data == [1], what="the first message")
    assert disconnect(server, user="ada", code=4001)["closed"] == 1
    publish(server, 2, 3, 4)
    harness.until(lambda: watcher.data == [1, 2, 3, 4], what="what was missed")
    assert watcher.count("reconnecting") == 1 and watcher.count("open") == 2
    sent = [json.loads(line["text"]) for line in watcher.lines if line["event"] == "sent"]
    assert sent[0] == {"type": "subscribe", "topic": "news"} and sent[1]["since"]["offset"] == 1
    assert [message.get("recovered") for message in watcher.messages if message["type"] == "subscribed"] == [None, True]
    # A code that says not to come back ends it.
    disconnect(server, user="ada", code=4501)
    assert watcher.process.wait(10) == 1
    assert watcher.count("reconnecting") == 1


def test_a_crash_of_the_server_is_outlived(start, tmp_path, watch):
    server = configured(start, tmp_path)
    watcher = watch(server, "--subscribe", "news")
    harness.until(lambda: watcher.messages, what="the subscription")
    publish(server, 1, 2)
    harness.until(lambda: watcher.data == [1, 2], what="messages before")
    server.process.kill()
    server.process.wait(10)
    harness.until(lambda: watcher.count("reconnecting") >= 1, what="noticing")
    again = configured(start, tmp_path, state=server.state, port=server.port)
    publish(again, 3, 4)
    harness.until(lambda: watcher.data == [1, 2, 3, 4], seconds=30, what="messages after")
    # SIGINT while it is connected closes as ever.
    watcher.process.send_signal(2)
    assert watcher.process.wait(10) == 0


def test_each_attempt_reads_the_token_again(start, tmp_path, watch):
    server = configured(start, tmp_path, environment={"SOCKEYE_TOKEN_LEEWAY": "0"})
    watcher = watch(server, "--subscribe", "news")
    harness.until(lambda: watcher.messages, what="the subscription")
    (tmp_path / "token").write_text(server.token("ada", "--ttl", "1h"))
    revoked = subprocess.run([harness.BINARY, "token", "revoke", "--user", "ada", "--state", server.state], capture_output=True)
    assert revoked.returncode == 0
    # 3504 says to sign in again: nothing that the command can do by itself.
    assert watcher.process.wait(15) == 1


def test_what_time_does_not_mend_ends_it(start, tmp_path, watch):
    server = configured(start, tmp_path)
    (tmp_path / "token").write_text("nonsense")
    process = subprocess.run(
        [harness.BINARY, "connect", server.url("/ws"), "--token", f"@{tmp_path / 'token'}", "--reconnect", "--json"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=harness.clean_environment())
    events = [json.loads(line)["event"] for line in process.stdout.splitlines()]
    # The same token is refused a second time, and no third.
    assert process.returncode == 1 and events.count("reconnecting") == 1 and "nonsense" not in process.stdout + process.stderr
    process = subprocess.run(
        [harness.BINARY, "connect", server.url("/nowhere"), "--token", f"@{tmp_path / 'token'}", "--reconnect", "--json"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, env=harness.clean_environment())
    assert process.returncode == 1 and "reconnecting" not in process.stdout


def test_lines_of_input_wait_for_the_next_connection(start, tmp_path, watch):
    server = configured(start, tmp_path)
    (tmp_path / "token").write_text(server.token("ada"))
    process = subprocess.Popen(
        [harness.BINARY, "connect", server.url("/ws"), "--token", f"@{tmp_path / 'token'}", "--reconnect", "--wait", "forever"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=harness.clean_environment())
    try:
        def ask(number):
            process.stdin.write(json.dumps({"type": "ping", "id": number}) + "\n")
            process.stdin.flush()

        ask(1)
        assert json.loads(process.stdout.readline()) == {"type": "pong", "id": 1}
        server.process.kill()
        server.process.wait(10)
        # The connection is gone; what is typed now is for the next one.
        ask(2)
        again = configured(start, tmp_path, state=server.state, port=server.port)
        ask(3)
        heard = [json.loads(process.stdout.readline())["id"] for _ in range(1)]
        while heard[-1] != 3:
            heard.append(json.loads(process.stdout.readline())["id"])
        # The first of them may have gone into the connection that was just dying.
        assert heard in ([2, 3], [3])
        assert again.process.poll() is None
    finally:
        harness.stop(process)
