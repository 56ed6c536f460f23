#!/usr/bin/env python3
"""How many instructions the server executes per message, system calls not counted.

  instructions.py SOCKEYE_BINARY

Runs the server under valgrind's callgrind, lets clients connect and warm up, and counts from there. Times jitter by tens of per
cent on a busy machine, these counts by less than one: what a change saves shows at once. Needs Debian's valgrind and binutils.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from core import Client, Server, text_frame

ECHO = b"\x81\xc0\1\2\3\4" + b"a" * 64
PING = text_frame({"type": "ping"})
SUBSCRIBE = text_frame({"type": "subscribe", "topic": "bench"})


def ask(clients, frame):
    for client in clients:
        client.socket.send(frame)
    for client in clients:
        client.hear()


def echo(server):
    clients = [Client(server, path="/echo").opened() for _ in range(50)]
    ask(clients, ECHO)
    yield
    for _ in range(100):
        ask(clients, ECHO)
    yield 100 * len(clients)


def ping(server):
    clients = [Client(server).opened() for _ in range(200)]
    ask(clients, PING)
    yield
    for _ in range(10):
        ask(clients, PING)
    yield 10 * len(clients)


def subscribe(server):
    clients = [Client(server).opened() for _ in range(1250)]
    ask(clients[:250], SUBSCRIBE)
    yield
    ask(clients[250:], SUBSCRIBE)
    yield len(clients) - 250


def control(server, what):
    subprocess.run(["callgrind_control", what, str(server.process.pid)], check=True, capture_output=True)


def count(binary, folder, work):
    output = folder / work.__name__
    tool = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}", f"--log-file={output}.log"]
    with Server(binary, "--echo", "/echo", prefix=tool) as server:
        steps = work(server)
        next(steps)
        control(server, "-z")
        messages = next(steps)
        control(server, "-d")
    total = sum(int(number) for number in re.findall(r"^totals: (\d+)", Path(f"{output}.1").read_text(errors="replace"), re.M))
    return total / messages


def main():
    with tempfile.TemporaryDirectory(prefix="sockeye-instructions-") as folder:
        folder = Path(folder)
        # valgrind gives up on the debug information of newer compilers.
        subprocess.run(["strip", "--strip-debug", "-o", folder / "sockeye", sys.argv[1]], check=True)
        for name, work in ("echo 64 B, 1 in flight", echo), ("ping in JSON", ping), ("subscribe", subscribe):
            print(f"{name:<24} {count(folder / 'sockeye', folder, work):>8.0f} instructions", flush=True)


if __name__ == "__main__":
    main()
