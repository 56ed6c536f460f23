"""The examples as they are, with ports and paths replaced: each system's conversation, word by word, through a real nginx."""
import base64
import json
import re
import subprocess
import sys
import time
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import harness
from harness import HOST, ROOT, free_port, get
from protocol import Talk, resign


class Example:
    """A server with an example's configuration, and an nginx with its nginx.conf in front."""

    def __init__(self, name, start, nginx, tmp_path, toml=(), **replacements):
        self.folder = ROOT / "Examples" / name
        self.configuration = tmp_path / "sockeye.toml"
        self.port = free_port()
        text = self.replaced("sockeye.toml", dict(toml))
        self.configuration.write_text(text.replace('"http://localhost"', f'"http://{HOST}:{self.port}"'))
        # A key made while the server runs is known to it within a second; one made before, from the start.
        done = self.command("key", "create", "--state", tmp_path / "state")
        assert done.returncode == 0, done.stderr
        self.key = done.stdout.strip()
        self.server = start("--config", self.configuration, state=tmp_path / "state")
        text = self.replaced("nginx.conf", replacements)
        # Sockeye is what its own configuration says; other addresses are other programs'.
        own = re.search(r'listen = \["(.*?)"\]', self.configuration.read_text()).group(1)
        assert f"http://{own};" in text
        text = text.replace(f"http://{own};", f"http://{HOST}:{self.server.port};")
        text = re.sub(r"listen \d+;", f"listen {self.port};", text)
        text = re.sub(r"root [^;]*;", f"root {self.folder}/page;", text)
        nginx(text, self.port)

    def replaced(self, name, replacements):
        text = (self.folder / name).read_text()
        for old, new in replacements.items():
            assert old in text, old
            text = text.replace(old, str(new))
        return text

    def url(self, path):
        return f"ws://{HOST}:{self.port}{path}"

    def dial(self, path, **options):
        return Talk(self.url(path), **options)

    def token(self, user, *args):
        return self.server.token(user, "--config", self.configuration, *args)

    def command(self, *args, **options):
        return subprocess.run([harness.BINARY, *map(str, args)], capture_output=True, text=True, timeout=20,
                              env=harness.clean_environment(), **options)

    def post(self, path, body):
        """What the team's own backend does, past the proxy and with its key."""
        body = json.dumps(body)
        answer = get(self.server.port, path, method="POST", body=body, headers=[
            f"Authorization: Bearer {self.key}", "Content-Type: application/json", f"Content-Length: {len(body)}"])
        return answer.status, answer.json

    def form(self, path, **fields):
        """What the page does, through the proxy."""
        body = urlencode(fields)
        answer = get(self.port, path, method="POST", body=body, headers=[
            "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"])
        return answer.status, answer.json

    def refusal(self, path, **options):
        with pytest.raises(InvalidStatus) as refused:
            connect(self.url(path), proxy=None, **options)
        return refused.value.response.status_code, json.loads(refused.value.response.body)


@pytest.fixture
def example(start, nginx, tmp_path):
    return lambda name, toml=(), **replacements: Example(name, start, nginx, tmp_path, toml, **replacements)


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
        token = system.token("operator")
        answer = get(system.server.port, "/api/refusals", headers=[f"Authorization: Bearer {token}"])
        assert answer.json["total"] == 0

    def test_a_restart_is_survived_by_coming_back(self, system):
        window = system.dial(f"/ws?token={system.token('ada')}")
        window.hear_of("subscribed")
        system.server.signal(15)
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                window.hear(10)
        assert closed.value.rcvd.code == 1001


class TestNotifications:
    """System 2."""

    PATH = "/api/v1/notifications/ws/{}"

    @pytest.fixture
    def system(self, example):
        return example("notifications", **{"http://127.0.0.1:9000;": f"http://{HOST}:9;"})

    def windows(self, system, count, user="ada@example.com"):
        token = system.token(user)
        return [system.dial(self.PATH.format(user) + f"?token={token}") for _ in range(count)]

    def test_a_notification_reaches_all_windows_of_its_user_at_once(self, system):
        windows, stranger = self.windows(system, 3), self.windows(system, 1, "bob@example.com")[0]
        for window in windows:
            window.is_silent()
        status, answer = system.post("/api/v1/notify", {"user": "ada@example.com", "data": {"text": "ready"}})
        assert status == 200 and answer["unread"] == 1
        for window in windows:
            heard = window.hear_of("notification")
            assert (heard["id"], heard["data"], heard["unread"]) == (answer["id"], {"text": "ready"}, 1)
        assert stranger.is_silent()
        # Read in one window is read in all.
        windows[0].say(type="mark_read", ids=[answer["id"]])
        for window in windows:
            heard = window.hear_of("marked_read")
            assert (heard["ids"], heard["unread"]) == ([answer["id"]], 0)

    def test_it_waits_for_a_user_who_is_away(self, system):
        for number in range(3):
            system.post("/api/v1/notify", {"user": "ada@example.com", "data": number})
        inbox = self.windows(system, 1)[0].hear_of("inbox")
        assert inbox["unread"] == 3
        assert sorted(item["data"] for item in inbox["notifications"]) == [0, 1, 2]

    def test_a_path_is_its_users_own(self, system):
        status, body = system.refusal(self.PATH.format("bob@example.com") + f"?token={system.token('ada@example.com')}")
        assert (status, body["code"]) == (403, "PATH-USER")

    def test_without_its_own_location_the_server_names_the_proxy(self, start, nginx, example):
        """The classic mistake: `location /api/` takes the path, and passes no Upgrade on."""
        server = start("--config", ROOT / "Examples" / "notifications" / "sockeye.toml")
        port = free_port()
        nginx(f"server {{ listen {port}; location /api/ {{ proxy_pass http://{HOST}:{server.port}; }} }}", port)
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{HOST}:{port}{self.PATH.format('ada@example.com')}?token={server.token('ada@example.com')}", proxy=None)
        body = json.loads(refused.value.response.body)
        assert refused.value.response.status_code == 426 and body["code"].startswith("HANDSHAKE-") and any("proxy_set_header" in line for line in body["nginx"])


class TestMarketWatcher:
    """System 3."""

    @pytest.fixture
    def system(self, example, tmp_path):
        system = example("market-watcher", **{"/var/log/nginx/market-watcher.log": tmp_path / "access.log"})
        system.access_log = tmp_path / "access.log"
        done = system.command("user", "add", "admin", "--password-stdin", "--state", system.server.state, input="correct horse\n")
        assert done.returncode == 0, done.stderr
        return system

    def login(self, system, password="correct horse"):
        return system.form("/api/v1/auth/token", username="admin", password=password)

    def test_login_subscribe_and_deliveries(self, system):
        status, answer = self.login(system)
        assert status == 200 and answer["token_type"] == "bearer" and answer["expires_in"] == 86_400
        client = system.dial(f"/api/v1/ws?token={answer['access_token']}")
        for topic in ("monitoring", "strategies", "signals", "capacity"):
            client.subscribe(topic)
        assert client.say(type="ping").hear_of("pong")
        status, published = system.post("/api/v1/publish", {"topic": "signals", "data": {"buy": "AAPL"}})
        assert status == 200
        heard = client.hear_of("message")
        assert (heard["topic"], heard["data"], heard["offset"]) == ("signals", {"buy": "AAPL"}, published["offset"])
        # Nobody but the strategies publishes.
        assert client.say(type="publish", topic="signals", data=1).hear_of("error")["code"] == "topic_forbidden"
        assert client.say(type="subscribe", topic="secrets").hear_of("error")["code"] == "topic_forbidden"
        stats = get(system.server.port, "/api/v1/ws/stats", headers=[f"Authorization: Bearer {answer['access_token']}"])
        assert (stats.json["connections"], stats.json["subscriptions"]) == (1, 4)
        assert get(system.server.port, "/health").json["status"] == "ok"

    def test_a_wrong_password_is_told_and_no_more(self, system):
        status, answer = self.login(system, "wrong")
        assert status == 401 and answer["code"] and "access_token" not in answer

    def test_the_token_stands_in_no_log(self, system):
        token = self.login(system)[1]["access_token"]
        client = system.dial(f"/api/v1/ws?token={token}")
        client.subscribe("signals")
        client.socket.close()
        harness.until(lambda: "101" in system.access_log.read_text())
        logged = system.access_log.read_text()
        assert "/api/v1/ws?token=*** " in logged.replace('"', " ") and token not in logged
        assert token not in system.server.log

    def test_an_old_token_is_a_403(self, system):
        header, payload, _ = self.login(system)[1]["access_token"].split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        old = resign(system.server, header, {**claims, "iat": int(time.time()) - 90_000, "exp": int(time.time()) - 3600})
        status, body = system.refusal(f"/api/v1/ws?token={old}")
        assert (status, body["code"]) == (403, "TOKEN-EXPIRED")


class TestTradingAssistant:
    """System 4."""

    @pytest.fixture
    def service(self):
        port = free_port()
        process = subprocess.Popen([sys.executable, ROOT / "Examples" / "trading-assistant" / "service.py", str(port), "0.02"])
        harness.wait_for_port(port, process)
        yield port
        process.kill()
        process.wait()

    @pytest.fixture
    def system(self, example, service):
        return example("trading-assistant", toml={"http://127.0.0.1:9001/chat": f"http://{HOST}:{service}/chat"})

    def signed_in(self, system, user="7"):
        client = system.dial("/ws/realtime")
        client.authenticate(system.token(user))
        return client

    def pieces(self, client, count):
        return [client.hear_of("piece") for _ in range(count)]

    def test_an_answer_streams_back(self, system):
        client = self.signed_in(system)
        opened = client.say(type="call", call="chat", data={"question": "Buy?"}, id=1).hear_of("stream")
        assert (opened["state"], opened["call"], opened["id"]) == ("open", "chat", 1)
        pieces = self.pieces(client, 7)
        assert [piece["offset"] for piece in pieces] == list(range(1, 8))
        assert "".join(piece["data"] for piece in pieces) == "7 asks: Buy? The answer is hold. "
        ended = client.hear_of("stream")
        assert (ended["state"], ended["offset"]) == ("done", 7)

    def test_a_reconnect_in_mid_answer_goes_on_without_a_gap(self, system):
        first = self.signed_in(system)
        stream = first.say(type="call", call="chat", data={"question": "Buy?"}, id=1).hear_of("stream")["stream"]
        self.pieces(first, 2)
        first.socket.close()
        second = self.signed_in(system)
        second.say(type="resume", stream=stream, since=2)
        heard = []
        while not heard or heard[-1]["type"] != "stream" or heard[-1]["state"] != "done":
            heard.append(second.hear_of("piece", "stream"))
        assert [item["offset"] for item in heard if item["type"] == "piece"] == [3, 4, 5, 6, 7]

    def test_another_user_cannot_resume_it(self, system):
        first = self.signed_in(system)
        stream = first.say(type="call", call="chat", data={"question": "Buy?"}, id=1).hear_of("stream")["stream"]
        stranger = self.signed_in(system, "8")
        assert stranger.say(type="resume", stream=stream, since=0).hear_of("error")["code"] == "stream_unknown"

    def test_cancelling_ends_it(self, system):
        client = self.signed_in(system)
        stream = client.say(type="call", call="chat", data={"question": "Buy?"}, id=1).hear_of("stream")["stream"]
        self.pieces(client, 1)
        client.say(type="cancel", stream=stream)
        while (heard := client.hear_of("piece", "stream"))["type"] == "piece":
            pass
        assert heard["state"] == "cancelled"

    @pytest.mark.parametrize("claims, code", [
        ({"userId": "7", "aud": "other", "iss": "user-service", "type": "access"}, "TOKEN-AUDIENCE"),
        ({"userId": "7", "aud": "trading-assistant", "iss": "nobody", "type": "access"}, "TOKEN-ISSUER"),
        ({"userId": "7", "aud": "trading-assistant", "iss": "user-service"}, "TOKEN-CLAIM-MISSING"),
        ({"user_id": "7", "aud": "trading-assistant", "iss": "user-service", "type": "access"}, "TOKEN-CLAIM-MISSING"),
    ])
    def test_what_is_wrong_with_a_token_is_named(self, system, claims, code):
        client = system.dial("/ws/realtime")
        token = resign(system.server, system.token("7").split(".")[0], {**claims, "exp": int(time.time()) + 600})
        assert client.say(type="auth", token=token).hear_of("error")["code"] == code

    def test_a_page_that_says_authenticate_is_told_auth(self, system):
        client = system.dial("/ws/realtime")
        error = client.say(type="authenticate", token="x").hear_of("error")
        assert error["code"] == "unknown_type" and '"auth"' in error["message"]

    def test_a_path_that_does_not_exist_names_the_nearest(self, system):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{HOST}:{system.server.port}/ws/realtim", proxy=None)
        assert json.loads(refused.value.response.body)["nearestPath"] == "/ws/realtime"
