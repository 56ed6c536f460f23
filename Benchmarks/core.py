#!/usr/bin/env python3
"""What the realtime core costs the server: subscribing, memory, recovery, a reconnect storm, durable publishing.

  core.py SOCKEYE_BINARY [--cells subscribe,memory,recovery,storm,durable] [--connections 15000]

Server CPU is read from /proc before and after, so a slow client only makes the run longer. One loop, as in compare.py.
"""
import argparse
import json
import os
import selectors
import socket
import statistics
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from compare import BIN, HERE, free_port, wait_for_port

HOST = "127.0.0.1"
CONFIGURATION = """
[[topic]]
pattern = "durable"
durable = true
history = 1000
[[topic]]
pattern = "present"
history = 1000
presence = true
[[topic]]
pattern = "**"
history = 1000
[[right]]
topic = "**"
allow = ["subscribe", "publish", "presence", "history"]
"""


class Process:
    """What server and floor have in common: a process whose time is read."""

    def cpu(self):
        """Microseconds of all threads, user and system, as the scheduler counts them."""
        return sum(int(Path(f"/proc/{self.process.pid}/task/{task}/schedstat").read_text().split()[0])
                   for task in os.listdir(f"/proc/{self.process.pid}/task")) / 1000

    def settled_cpu(self):
        """The same once the server has nothing left to do."""
        before = self.cpu()
        while True:
            time.sleep(0.05)
            now = self.cpu()
            if now - before < 100:
                return now
            before = now

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Floor(Process):
    """The server in C, which echoes what it is told: what reading one message and answering it costs whoever does it."""

    token = ""

    def __init__(self):
        # Connections of the run before may still linger on the port that is given as free.
        for remaining in reversed(range(10)):
            self.port = free_port()
            self.process = subprocess.Popen([BIN / "floor_epoll", str(self.port)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                return wait_for_port(self.port, self.process)
            except AssertionError:
                if not remaining:
                    raise


class Server(Process):
    def __init__(self, binary, *more, prefix=()):
        self.folder = tempfile.TemporaryDirectory(prefix="sockeye-bench-")
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]
        configuration = Path(self.folder.name) / "sockeye.toml"
        configuration.write_text(CONFIGURATION)
        state = Path(self.folder.name) / "state"
        self.process = subprocess.Popen(
            [*prefix, binary, "serve", "--config", configuration, "--listen", f"{HOST}:{self.port}", "--state", state, "--loops", "1",
             "--log-level", "error", *more], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.process.stderr.readline()
        self.token = subprocess.run([binary, "token", "mint", "--user", "bench", "--state", state], capture_output=True, text=True,
                                    check=True).stdout.strip()

    def private_memory(self):
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(text.split("\nPss:")[1].split()[0]) * 1024

    def __exit__(self, *_):
        super().__exit__()
        self.folder.cleanup()


def text_frame(message):
    text = json.dumps(message, separators=(",", ":")).encode()
    length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + struct.pack("!H", len(text))
    return b"\x81" + length + b"\0\0\0\0" + text


class Client:
    """A WebSocket that knows just enough: masked text out, unmasked text in."""

    def __init__(self, server, source=1, path=None):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.bind((f"127.0.0.{source}", 0))
        self.socket.connect((HOST, server.port))
        self.inbox = b""
        self.socket.sendall((f"GET {path or f'/ws?token={server.token}'} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())

    def opened(self):
        while b"\r\n\r\n" not in self.inbox:
            self.inbox += self.socket.recv(65536)
        head, self.inbox = self.inbox.split(b"\r\n\r\n", 1)
        assert head.startswith(b"HTTP/1.1 101"), head
        return self

    def say(self, **message):
        self.socket.sendall(text_frame(message))
        return self

    def messages(self):
        """What has come so far, without waiting."""
        found, at, data = [], 0, self.inbox
        while len(data) - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                if len(data) < at + 4:
                    break
                length, start = struct.unpack_from("!H", data, at + 2)[0], at + 4
            elif length == 127:
                if len(data) < at + 10:
                    break
                length, start = struct.unpack_from("!Q", data, at + 2)[0], at + 10
            if len(data) < start + length:
                break
            if data[at] & 15 == 1:
                found.append(data[start:start + length])
            at = start + length
        self.inbox = data[at:]
        return found

    def hear(self, count=1):
        heard = []
        while len(heard) < count:
            self.inbox += self.socket.recv(1 << 20)
            heard += self.messages()
        return heard


def crowd(server, count):
    clients = []
    for start in range(0, count, 500):
        batch = [Client(server, 1 + index % 4) for index in range(start, min(start + 500, count))]
        clients += [client.opened() for client in batch]
    return clients


def cost(server, clients, *commands):
    """Microseconds of the server for what each client says in one breath, until each has all its answers.

    The crowd speaks as fast as one core can make it, as after a restart, so that the server is not measured falling asleep and
    waking up between two of them.
    """
    frames = b"".join(map(text_frame, commands))
    before = server.settled_cpu()
    for client in clients:
        client.socket.send(frames)
    for client in clients:
        client.hear(len(commands))
    return (server.settled_cpu() - before) / len(clients)


def subscribe(binary, options):
    subprocess.run([HERE / "build.sh"], check=True)
    with Floor() as floor:
        echo = cost(floor, crowd(floor, options.connections), {"type": "ping"})
    with Server(binary) as server:
        clients = crowd(server, options.connections)
        ping = cost(server, clients, {"type": "ping"})
        alone = cost(server, clients, {"type": "subscribe", "topic": "bench"})
        eight = cost(server, clients, *({"type": "subscribe", "topic": f"bench-{n}"} for n in range(8))) / 8
        where = f"at {len(clients)} connections"
        yield "subscribe, alone in its packet", f"{alone:.2f} us {where}; a ping there {ping:.2f}, the C floor's echo {echo:.2f}", "5 us"
        yield "subscribe, eight in a packet", f"{eight:.2f} us each {where}", "5 us"


def memory(binary, options):
    with Server(binary) as server:
        for client in crowd(server, 200):
            client.say(type="subscribe", topic="present").hear()
            client.socket.close()
        time.sleep(0.5)
        before = server.private_memory()
        clients = crowd(server, options.connections)
        for client in clients:
            client.say(type="subscribe", topic="present")
        for client in clients:
            client.hear()
        time.sleep(0.5)
        each = (server.private_memory() - before) / len(clients)
        yield "idle, subscribed, with presence, rights, history", f"{each:.0f} B each at {len(clients)} connections", "1536 B"


def recovery(binary, options):
    with Server(binary) as server:
        clients, data, rounds = crowd(server, 50), "x" * 100, 40
        epoch = [json.loads(client.say(type="subscribe", topic="bench").hear()[0])["epoch"] for client in clients][0]
        for client in clients[1:]:
            client.say(type="unsubscribe", topic="bench").hear()
        for number in range(200):
            clients[0].say(type="publish", topic="bench", data=data).hear()
        clients[0].say(type="unsubscribe", topic="bench").hear()
        wish = {"type": "subscribe", "topic": "bench", "since": {"epoch": epoch, "offset": 100}}

        def measured(groups):
            """All of a group ask at once; the next group when each of this one has its hundred messages."""
            spent = asked = 0
            for group in groups:
                before = server.settled_cpu()
                for client in group:
                    client.say(**wish)
                for client in group:
                    heard = client.hear(101)
                    assert b'"recovered":true' in heard[0] and len(heard) == 101
                spent += server.settled_cpu() - before
                for client in group:
                    client.say(type="unsubscribe", topic="bench").hear()
                asked += len(group)
            return spent / asked

        together = measured([clients] * rounds)
        alone = measured([[client] for client in clients * 2])
        yield "recovery of 100 messages, 128 B", f"{together:.1f} us, {len(clients)} at once; {alone:.1f} us for one that wakes the server", "30 us"


def storm(binary, options):
    """Everybody is cut off and comes back while messages go on; some were never cut and watch their latency."""
    count, steady_count = min(options.connections, 10_000), 100
    with Server(binary) as server:
        steady, clients = crowd(server, steady_count), crowd(server, count)
        everybody = selectors.DefaultSelector()
        for client in steady + clients:
            epoch = json.loads(client.say(type="subscribe", topic="bench").hear()[0])["epoch"]
        publisher = Client(server).opened()
        for client in steady:
            client.socket.setblocking(False)
            everybody.register(client.socket, selectors.EVENT_READ, client)
        seen, latencies, published = {}, [], 0

        def pump(timeout):
            for key, _ in everybody.select(timeout):
                client = key.data
                client.inbox += client.socket.recv(1 << 20)
                now = time.monotonic()
                if client in seen and seen[client] is None:
                    if b"\r\n\r\n" not in client.inbox:
                        continue
                    client.opened()
                    seen[client] = 0
                    client.say(type="subscribe", topic="bench", since={"epoch": epoch, "offset": 0})
                for message in client.messages():
                    content = json.loads(message)
                    if content["type"] == "subscribed":
                        assert content["recovered"], content
                    elif client in seen:
                        assert content["offset"] == seen[client] + 1, "a gap"
                        seen[client] += 1
                    else:
                        latencies.append(now - content["data"])

        for client in clients:
            client.socket.close()
        began, index, next_message = time.monotonic(), 0, time.monotonic()
        while time.monotonic() - began < 10 or index < count or any(value is None or value < published for value in seen.values()):
            if index < count and time.monotonic() - began >= index * 10 / count:
                client = Client(server, 1 + index % 4)
                seen[client] = None
                everybody.register(client.socket, selectors.EVENT_READ, client)
                index += 1
            if time.monotonic() >= next_message and time.monotonic() - began < 10:
                publisher.say(type="publish", topic="bench", data=time.monotonic())
                published += 1
                next_message += 0.5
            pump(0 if index < count else 0.05)
            assert time.monotonic() - began < 60, "not everybody caught up"
        took = time.monotonic() - began
        p99 = statistics.quantiles(latencies, n=100)[98] * 1000
        yield f"storm: {count} clients come back and recover", f"all whole after {took:.1f} s; p99 of the others {p99:.0f} ms", "10 s; 250 ms"


def durable(binary, options):
    with Server(binary) as server:
        clients, rounds, data = crowd(server, 64), 100, "x" * 100
        for client in clients:
            client.say(type="publish", topic="durable", data=data, id=0).hear()
        before, began = server.settled_cpu(), time.monotonic()
        for _ in range(rounds):
            for client in clients:
                client.say(type="publish", topic="durable", data=data, id=1)
            for client in clients:
                client.hear()
        took = time.monotonic() - began
        messages = rounds * len(clients)
        # The disk's own limit: how often a small append reaches it.
        path = Path(server.folder.name) / "probe"
        with path.open("wb", buffering=0) as file:
            start, syncs = time.monotonic(), 0
            while time.monotonic() - start < 1:
                file.write(b"x" * 4096)
                os.fdatasync(file.fileno())
                syncs += 1
        yield ("durable publish, 64 publishers, one under way each",
               f"{messages / took:.0f}/s, {(server.cpu() - before) / messages:.1f} us each; the disk syncs {syncs}/s, 64 at a time: {syncs * 64}/s",
               "20000/s or the disk's limit")


def main():
    cells = {cell.__name__: cell for cell in (subscribe, memory, recovery, storm, durable)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--cells", default=",".join(cells))
    parser.add_argument("--connections", type=int, default=15_000)
    options = parser.parse_args()
    for name in options.cells.split(","):
        for what, result, target in cells[name](options.binary, options):
            print(f"{what:52} {result:70} target {target}", flush=True)


if __name__ == "__main__":
    main()
