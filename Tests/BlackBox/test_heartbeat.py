"""The server finds out at what idle age the way cuts connections, and beats it."""
import json
import select
import socket
import threading
import time

import pytest
from websockets.sync.client import connect

import harness
from harness import HOST, until


class Cutter:
    """A proxy that forgets connections after `idle` seconds of silence: with FIN, with RST, or without a word."""

    def __init__(self, target, idle, manner):
        self.target, self.idle, self.manner = target, idle, manner
        self.listening = socket.create_server((HOST, 0))
        self.port = self.listening.getsockname()[1]
        self.held = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client, socket.create_connection((HOST, self.target))), daemon=True).start()

    def carry(self, client, server):
        while True:
            ready, _, _ = select.select([client, server], [], [], self.idle)
            if not ready:
                break
            for source in ready:
                try:
                    data = source.recv(65536)
                except OSError:
                    data = b""
                if not data:
                    client.close()
                    return server.close()
                (server if source is client else client).sendall(data)
        client.close()
        if self.manner == "rst":
            server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if self.manner == "silent":
            self.held.append(server)
        else:
            server.close()

    def close(self):
        self.listening.close()
        for server in self.held:
            server.close()


@pytest.fixture
def cutter():
    running = []

    def begin(*args):
        running.append(Cutter(*args))
        return running[-1]

    yield begin
    for proxy in running:
        proxy.close()


def outlives(url, seconds):
    """Whether a client that says nothing is still connected after a while."""
    with connect(url, close_timeout=1) as client:
        try:
            client.recv(timeout=seconds)
        except TimeoutError:
            return True
        except Exception:
            return False
        return False


@pytest.mark.parametrize("manner, interval, idle", [("fin", "4s", "30s"), ("rst", "4s", "30s"), ("silent", "3s", "4s")])
def test_a_path_that_cuts_is_learned_and_beaten(start, cutter, manner, interval, idle):
    server = start("--heartbeat-interval", interval, "--heartbeat-minimum", "1s", "--timeouts-idle", idle)
    proxy = cutter(server.port, 2, manner)
    url = f"ws://{HOST}:{proxy.port}/ws?token={server.token('ada')}"
    threads = [threading.Thread(target=outlives, args=(url, 8)) for _ in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: "heartbeat-learned" in server.log, 15, "the line that says what was learned")
    assert "127.0.0.0/24" in server.log
    for thread in threads:
        thread.join()
    # Without a word the age is only known to be below that of the ping: a second round may be needed.
    rounds = [outlives(url, 6) for _ in range(1)]
    assert manner == "silent" or rounds[-1]
    token = server.token("operator")
    stats = harness.get(server.port, "/api/v1/stats", headers=[f"Authorization: Bearer {token}"]).json
    learned = stats["heartbeat"]["networks"][0]
    assert learned["network"] == "127.0.0.0/24" and learned["deaths"] >= 4 and 1000 <= learned["interval_ms"] < learned["cut_ms"] <= 2600
    metrics = harness.get(server.port, "/metrics", headers=[f"Authorization: Bearer {token}"]).body.decode()
    assert "sockeye_learned_networks 1" in metrics
    count = int(next(line for line in metrics.splitlines() if line.startswith("sockeye_lost_idle_seconds_count")).split()[1])
    assert count >= 4


def test_nothing_is_learned_where_that_is_off(start, cutter):
    server = start("--heartbeat-interval", "4s", "--heartbeat-minimum", "1s", "--heartbeat-adaptive=false")
    proxy = cutter(server.port, 1.2, "fin")
    url = f"ws://{HOST}:{proxy.port}/ws?token={server.token('ada')}"
    threads = [threading.Thread(target=outlives, args=(url, 3)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.2)
    assert "heartbeat-learned" not in server.log


def session_outlives(port, token, seconds):
    """Whether a session of Engine.IO that only answers pings is still connected after a while."""
    end = time.monotonic() + seconds
    with connect(f"ws://{HOST}:{port}/socket.io/?EIO=4&transport=websocket", close_timeout=1, compression=None) as client:
        try:
            told = json.loads(client.recv(5)[1:])["pingInterval"]
            client.send(f'40{json.dumps({"token": token})}')
            while (rest := end - time.monotonic()) > 0:
                if client.recv(timeout=rest) == "2":
                    client.send("3")
        except TimeoutError:
            return told
        except Exception:
            return None
        return told


@pytest.mark.parametrize("manner", ["fin", "silent"])
def test_sessions_of_socket_io_teach_and_are_pinged_sooner(start, cutter, tmp_path, manner):
    """They are told 3 s, and the way cuts after 2: what their ends teach keeps the next ones alive."""
    path = tmp_path / "sockeye.toml"
    path.write_text("""
[[endpoint]]
path = "/socket.io"
dialect = "socket.io"
ping_interval = "3s"
ping_timeout = "1s"
""")
    server = start("--config", path, "--heartbeat-minimum", "1s")
    proxy = cutter(server.port, 2, manner)
    token = server.token("ada")
    threads = [threading.Thread(target=session_outlives, args=(proxy.port, token, 8)) for _ in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: "heartbeat-learned" in server.log, 15, "the line that says what was learned")
    for thread in threads:
        thread.join()
    if manner == "fin":
        # Clients are told the longest pause there is.
        assert session_outlives(proxy.port, token, 7) == 3000
