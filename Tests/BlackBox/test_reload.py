"""SIGHUP: what a running server takes over from its configuration, and what it says about the rest."""
import signal

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import harness
from harness import until


class Configured:
    """A server with a file that can be written anew."""

    def __init__(self, start, path, text):
        self.path = path
        self.path.write_text(text)
        self.server = start("--config", path)

    def reload(self, text):
        """Writes the file, sends SIGHUP, and gives what the log says about it."""
        before = len(self.server.log)
        self.path.write_text(text)
        self.server.signal(signal.SIGHUP)
        return until(lambda: "reload" in self.server.log[before:] and self.server.log[before:].endswith("\n") and self.server.log[before:],
                     what="a line about the reload")


@pytest.fixture
def configured(start, tmp_path):
    return lambda text="": Configured(start, tmp_path / "sockeye.toml", text)


def origin_is_let_in(server, origin):
    try:
        with connect(server.url(f"/ws?token={server.token('ada')}"), origin=origin):
            return True
    except InvalidStatus as refused:
        assert refused.response.status_code == 403
        return False


def test_origins_follow_without_a_restart(configured):
    it = configured('profile = "production"\nallowed_origins = ["https://a.example"]\n')
    with connect(it.server.url(f"/ws?token={it.server.token('ada')}"), origin="https://a.example") as old:
        said = it.reload('profile = "production"\nallowed_origins = ["https://b.example"]\n')
        assert "in force: allowed_origins" in said and "reload-pending" not in said
        assert origin_is_let_in(it.server, "https://b.example") and not origin_is_let_in(it.server, "https://a.example")
        old.send("ping")
        assert old.recv(5) == "pong"


def test_what_needs_a_restart_is_told_and_not_done(configured):
    it = configured("loops = 1\n")
    said = it.reload('loops = 2\n[log]\nlevel = "debug"\n[[topic]]\npattern = "a:*"\nhistory = 10\n')
    assert "in force: log.level" in said
    assert "only after a restart: loops, topic" in until(lambda: "reload-pending" in it.server.log and it.server.log)
    harness.get(it.server.port, "/health")
    with connect(it.server.url(f"/ws?token={it.server.token('ada')}")):
        until(lambda: "connection-opened" in it.server.log, what="a line at level debug")
    # Told again as long as it is so.
    before = len(it.server.log)
    it.reload('loops = 2\n[log]\nlevel = "debug"\n')
    # A line of its own, behind the one that was waited for.
    until(lambda: "reload-pending" in it.server.log[before:], what="a line about what waits")


def test_limits_follow(configured):
    it = configured("[limits]\nsubscriptions = 1\n")
    with connect(it.server.url(f"/ws?token={it.server.token('ada')}")) as client:
        def subscribe(topic):
            client.send('{"type":"subscribe","topic":"%s"}' % topic)
            return client.recv(5)
        assert "subscribed" in subscribe("a") and "too_many_subscriptions" in subscribe("b")
        assert "limits.subscriptions" in it.reload("[limits]\nsubscriptions = 2\n")
        assert '"subscribed"' in subscribe("b")


def test_log_lines_change_their_form(configured):
    it = configured()
    it.reload('[log]\nformat = "json"\nconnections = true\n')
    with connect(it.server.url(f"/ws?token={it.server.token('ada')}")):
        until(lambda: '"event":"connection-opened"' in it.server.log, what="a JSON line about a connection")


def test_a_broken_file_changes_nothing(configured):
    it = configured('[log]\nlevel = "info"\n')
    said = it.reload('[log]\nlevel = "debug"\nconections = true\n')
    assert "reload-failed" in said and "sockeye.toml:3:" in said and "connections" in said
    with connect(it.server.url(f"/ws?token={it.server.token('ada')}")):
        pass
    assert "connection-opened" not in it.server.log
    it.path.unlink()
    before = len(it.server.log)
    it.server.signal(signal.SIGHUP)
    until(lambda: "cannot be opened" in it.server.log[before:], what="what is wrong")
    assert harness.get(it.server.port, "/health").status == 200
