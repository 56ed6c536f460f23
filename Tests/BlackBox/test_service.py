"""Under a service manager: notification, watchdog, sockets that were opened before."""
import os
import signal
import socket
import subprocess

import pytest

import harness
from harness import BINARY, HOST, get


class Manager:
    """What systemd does for a service, as far as a process can tell."""

    def __init__(self, path):
        self.path = str(path / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(20)
        self.socket.bind(self.path)
        self.process = None

    def start(self, *args, listening=None, **environment):
        environment = harness.clean_environment(NOTIFY_SOCKET=self.path, **environment)
        command = [BINARY, "serve", *map(str, args)]
        if listening:
            environment |= {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"}
            command = ["sh", "-c", 'export LISTEN_PID=$$; exec "$0" "$@"', *command]
        number = listening.fileno() if listening else None
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            close_fds=listening is None, preexec_fn=(lambda: os.dup2(number, 3)) if listening else None)
        return self

    def hear(self):
        return self.socket.recv(4096).decode()

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.communicate()
        self.socket.close()


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.end()


def test_readiness_reload_and_stopping_are_told_in_order(manager, tmp_path):
    port = harness.free_port()
    manager.start("--listen", f"{HOST}:{port}", "--state", tmp_path / "state")
    ready = manager.hear()
    assert ready.startswith("READY=1\nSTATUS=ready on") and str(port) in ready
    assert get(port, "/health").status == 200
    manager.process.send_signal(signal.SIGHUP)
    assert manager.hear().startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert manager.hear().startswith("READY=1")
    manager.process.send_signal(signal.SIGTERM)
    assert manager.hear().startswith("STOPPING=1")
    assert manager.process.wait(10) == 0


def test_the_watchdog_hears_signs_of_life(manager, tmp_path):
    manager.start("--listen", f"{HOST}:{harness.free_port()}", "--state", tmp_path / "state", "--loops", 2,
                  WATCHDOG_USEC="100000")
    manager.hear()
    assert [manager.hear() for _ in range(3)] == ["WATCHDOG=1"] * 3


def test_a_socket_opened_before_is_served(manager, tmp_path):
    listening = socket.create_server((HOST, 0))
    port = listening.getsockname()[1]
    # Whoever dials before the server is there waits for it.
    early = harness.Raw(port)
    early.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    manager.start("--listen", "systemd:web", "--state", tmp_path / "state", "--loops", 2, listening=listening)
    assert str(port) in manager.hear()
    assert early.response().status == 200
    assert all(get(port, "/health").status == 200 for _ in range(8))


def test_a_name_nobody_handed_over_is_told(manager, tmp_path):
    listening = socket.create_server((HOST, 0))
    manager.start("--listen", "systemd:tls", "--state", tmp_path / "state", listening=listening)
    _, error = manager.process.communicate(timeout=20)
    assert manager.process.returncode == 3
    assert b"handed over only web" in error and b"hint:" in error
