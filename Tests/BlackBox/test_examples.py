"""The examples as they are, with ports and paths replaced: each system's conversation, word by word, through a real nginx."""
import json
import re

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from harness import HOST, ROOT, free_port, get
from protocol import Talk


class Example:
    """A server with an example's configuration, and an nginx with its nginx.conf in front."""

    def __init__(self, name, start, nginx, **replacements):
        self.folder = ROOT / "Examples" / name
        self.server = start("--config", self.folder / "sockeye.toml")
        self.port = free_port()
        text = (self.folder / "nginx.conf").read_text()
        text, count = re.subn(r"http://127\.0\.0\.1:\d+;", f"http://{HOST}:{self.server.port};", text)
        assert count >= 1
        text = re.sub(r"listen \d+;", f"listen {self.port};", text)
        text = re.sub(r"root [^;]*;", f"root {self.folder}/page;", text)
        for old, new in replacements.items():
            assert old in text
            text = text.replace(old, str(new))
        nginx(text, self.port)

    def url(self, path):
        return f"ws://{HOST}:{self.port}{path}"

    def dial(self, path, **options):
        return Talk(self.url(path), **options)

    def token(self, user):
        return self.server.token(user)

    def refusals(self):
        return get(self.server.port, "/api/refusals", headers=[f"Authorization: Bearer {self.token('operator')}"]).json

    def refusal(self, path, **options):
        with pytest.raises(InvalidStatus) as refused:
            connect(self.url(path), proxy=None, **options)
        return refused.value.response.status_code, json.loads(refused.value.response.body)


@pytest.fixture
def example(start, nginx):
    return lambda name, **replacements: Example(name, start, nginx, **replacements)


class TestWorkspaceSync:
    """System 5."""

    @pytest.fixture
    def system(self, example):
        return example("workspace-sync")

    def test_what_one_window_changes_the_others_show(self, system):
        token = system.token("ada")
        windows = [system.dial(f"/ws?token={token}") for _ in range(3)]
        stranger = system.dial(f"/ws?token={system.token('bob')}")
        for window in windows:
            assert window.hear_of("subscribed")["topic"] == "user:ada"
        assert stranger.hear_of("subscribed")["topic"] == "user:bob"
        windows[0].say(type="publish", topic="user:ada", data={"text": "hello"})
        for window in windows:
            heard = window.hear_of("message")
            assert (heard["topic"], heard["offset"], heard["data"]) == ("user:ada", 1, {"text": "hello"})
        assert stranger.is_silent()

    def test_a_ping_in_words_is_answered_in_words(self, system):
        window = system.dial(f"/ws?token={system.token('ada')}")
        window.hear_of("subscribed")
        window.socket.send("ping")
        assert window.socket.recv(5) == "pong"

    def test_a_token_as_first_message(self, system):
        window = system.dial("/ws")
        window.authenticate(system.token("ada"))
        assert window.hear_of("subscribed")["topic"] == "user:ada"

    def test_who_was_away_gets_what_was_missed(self, system):
        token = system.token("ada")
        first, second = (system.dial(f"/ws?token={token}") for _ in range(2))
        position = first.hear_of("subscribed")
        second.hear_of("subscribed")
        first.socket.close()
        for number in range(3):
            second.say(type="publish", topic="user:ada", data=number)
        for number in range(3):
            assert second.hear_of("message")["data"] == number
        back = system.dial(f"/ws?token={token}")
        back.hear_of("subscribed")
        since = {"epoch": position["epoch"], "offset": position["offset"]}
        assert back.subscribe("user:ada", since=since)["recovered"] is True
        assert [back.hear_of("message")["data"] for _ in range(3)] == [0, 1, 2]

    def test_nobody_uses_another_accounts_topic(self, system):
        window = system.dial(f"/ws?token={system.token('ada')}")
        window.hear_of("subscribed")
        for command in ({"type": "subscribe"}, {"type": "publish", "data": 1}, {"type": "history"}):
            for topic in ("user:bob", "anything"):
                assert window.say(topic=topic, **command).hear_of("error")["code"] == "topic_forbidden"

    def test_a_refused_token_is_a_403_with_its_reason(self, system):
        status, body = system.refusal("/ws?token=nonsense")
        assert status == 403 and body["code"] == "TOKEN-MALFORMED" and body["remedy"]

    def test_a_wrong_path_is_the_page_s_404_and_never_reaches_the_server(self, system):
        with pytest.raises(InvalidStatus) as refused:
            connect(system.url("/wss?token=x"), proxy=None)
        assert refused.value.response.status_code == 404
        assert system.refusals()["total"] == 0

    def test_a_restart_is_survived_by_coming_back(self, system):
        window = system.dial(f"/ws?token={system.token('ada')}")
        window.hear_of("subscribed")
        system.server.signal(15)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                window.hear(10)
        assert closed.value.rcvd.code == 1001
