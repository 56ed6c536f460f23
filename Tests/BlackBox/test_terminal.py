"""The client on a terminal: keys, signals, and a terminal that is left as it was found."""
import contextlib
import fcntl
import os
import pty
import re
import signal
import socket
import subprocess
import termios
import threading

import pytest

import harness
from harness import BINARY, until


class Terminal:
    """A program with a terminal of its own, which it controls."""

    def __init__(self, *words):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.text = ""
        self.process = subprocess.Popen(
            [BINARY, *words], stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), env=harness.clean_environment(NO_COLOR="1"))
        os.set_blocking(self.master, False)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def shows(self, pattern):
        def found():
            with contextlib.suppress(BlockingIOError):
                self.text += os.read(self.master, 65536).decode(errors="replace")
            return re.search(pattern, self.text)

        return until(found, 10, f"{pattern!r} on the terminal")

    @property
    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        harness.stop(self.process)
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminal():
    running = []

    def begin(*words):
        running.append(Terminal(*words))
        return running[-1]

    yield begin
    for each in running:
        each.close()


def test_a_line_is_sent_and_ctrl_d_closes(server, terminal):
    one = terminal("connect", server.url("/echo"))
    one.shows("> ")
    assert not one.is_restored
    one.type("hexxllo\x1b[D\x1b[D\x1b[D\x7f\x7f\r")
    one.shows("→ hello")
    one.shows("← hello")
    one.type("\x04")
    one.shows("closed: 1000")
    assert one.process.wait(10) == 0 and one.is_restored


@pytest.fixture
def deaf():
    """A server that accepts the upgrade and then hears nothing, not even a close frame."""
    listener = socket.create_server(("127.0.0.1", 0))
    held = []

    def serve():
        with contextlib.suppress(OSError):
            while True:
                peer = listener.accept()[0]
                held.append(peer)
                key = re.search(rb"Sec-WebSocket-Key: (\S+)", peer.recv(65536))[1]
                peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             b"Sec-WebSocket-Accept: " + harness.accept_value(key) + b"\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"ws://127.0.0.1:{listener.getsockname()[1]}/"
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    for each in [listener, *held]:
        each.close()


def test_a_second_signal_ends_at_once_and_restores_the_terminal(deaf, terminal):
    one = terminal("connect", deaf)
    one.shows("> ")
    for number in (signal.SIGTERM, signal.SIGINT):
        one.process.send_signal(number)
        until(lambda: one.is_restored, 5, "the terminal as it was")
    assert one.process.wait(3) == -signal.SIGINT and one.is_restored


def test_ctrl_c_works_while_the_server_makes_us_wait(deaf, terminal):
    one = terminal("connect", deaf)
    one.shows("> ")
    one.type("\x03")
    until(lambda: one.is_restored, 5, "the terminal as it was")
    one.type("\x03")
    assert one.process.wait(3) == -signal.SIGINT


def test_ctrl_c_while_a_token_is_asked_for_restores_the_terminal(server, terminal):
    one = terminal("connect", server.url(), "--token", "-")
    one.shows("Token: ")
    assert not one.is_restored
    one.type("half a sec\x03")
    assert one.process.wait(5) == -signal.SIGINT and one.is_restored
    assert "half" not in one.text


def test_a_token_is_asked_for_without_being_shown(server, terminal):
    token = server.token("ada")
    one = terminal("connect", server.url(), "--token", "-", "--subscribe", "user:ada")
    one.shows("Token: ")
    one.type(token + "\n")
    one.shows('"type":"subscribed"')
    one.type("\x04")
    assert one.process.wait(10) == 0 and one.is_restored
    assert token not in one.text
