"""Notifications: to every window at once, kept over a kill, sent from the command line beside the server."""
import json
import signal
import subprocess
import threading
import time

import harness
from harness import Raw, until
from protocol import signed_in


def command(server, *args):
    done = subprocess.run([server.binary, *map(str, args), "--state", server.state], capture_output=True, text=True, timeout=20,
                          env=harness.clean_environment())
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def notify(server, user, data, key=None):
    """Over the HTTP API: the answer's object, or None when the server went away before it."""
    body = json.dumps({"user": user, "data": data})
    try:
        with Raw(server.port, timeout=10) as raw:
            raw.send(f"POST /api/v1/notify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {key}\r\n"
                     f"Content-Length: {len(body)}\r\n\r\n{body}")
            answer = raw.response()
    except (OSError, EOFError):
        return None
    assert answer.status == 200, answer.body
    return answer.json


def test_the_command_line_reaches_open_windows_within_a_second(start):
    server = start("--loops", "2")
    with signed_in(server) as one, signed_in(server) as two, signed_in(server, "bob") as other:
        begin = time.monotonic()
        stored = json.loads(command(server, "notify", "--user", "ada", "--data", '{"text":"é"}', "--ttl", "1h"))
        for window in (one, two):
            heard = window.hear_of("notification")
            assert heard["id"] == stored["id"] and heard["unread"] == 1 and heard["data"] == {"text": "é"}
        assert time.monotonic() - begin < 3
        assert other.is_silent()
        one.say(type="mark_read", up_to=stored["id"])
        assert [window.hear_of("marked_read")["unread"] for window in (one, two)] == [0, 0]


def test_what_is_sent_while_the_server_is_down_waits(start):
    server = start()
    server.stop()
    command(server, "notify", "--user", "ada", "--data", "1")
    again = start(state=server.state)
    with signed_in(again) as window:
        assert [each["data"] for each in window.hear_of("inbox")["notifications"]] == [1]


def test_a_kill_loses_no_acknowledged_notification(start, tmp_path):
    """Six senders, five kills: what was acknowledged is there, and a window is told of it once."""
    state = tmp_path / "killed"
    state.mkdir()
    key = subprocess.run([harness.BINARY, "key", "create", "--state", state], capture_output=True, text=True, timeout=20,
                         check=True, env=harness.clean_environment()).stdout.strip()
    server = start("--loops", "2", state=state)
    for life in range(5):
        user, acknowledged, lock = f"ada{life}", {}, threading.Lock()

        def send(sender, target=server):
            number = 0
            while (answer := notify(target, user, [sender, number], key)) is not None:
                with lock:
                    acknowledged[answer["id"]] = [sender, number]
                number += 1

        senders = [threading.Thread(target=send, args=(sender,)) for sender in range(6)]
        for sender in senders:
            sender.start()
        until(lambda: len(acknowledged) > 30, 30, "thirty acknowledged notifications")
        server.signal(signal.SIGKILL)
        server.process.wait()
        for sender in senders:
            sender.join()
        server = start("--loops", "2", state=state)
        with signed_in(server, user) as window:
            assert window.hear_of("inbox")["unread"] >= len(acknowledged)
            page = window.say(type="inbox", limit=1000).hear_of("inbox")
            assert page["complete"] and len({each["id"] for each in page["notifications"]}) == len(page["notifications"])
            stored = {each["id"]: each["data"] for each in page["notifications"]}
            lost = {id: data for id, data in acknowledged.items() if stored.get(id) != data}
            assert not lost, f"life {life}: {len(lost)} of {len(acknowledged)} lost, such as {next(iter(lost.items()))}"
            assert window.is_silent()
