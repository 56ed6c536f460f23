#!/usr/bin/env python3
"""What the server allocates and which system calls it makes, per message.

  calls.py SOCKEYE_BINARY

Raw echo, JSON topics and Socket.IO (`socketio.toml`). Counts allocations with a preloaded library (mallocs.c) and system calls with `strace -c` (where strace is installed), each while
wsload echoes or fans out in a steady state, and prints a table. Counts do not jitter, so one run is enough. Only processes
started here are stopped, by pid.
"""
import http.client
import json
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compare import BIN, HERE, PUBLISH, SUBSCRIBE, Sockeye
from harness import until

SIO = ["--proto", "sio"]
CASES = [
    ("echo 64 B, 1 in flight", ["echo", "-c", 50, "-s", 64, "-P", 1], "/echo"),
    ("echo 64 B, 16 in flight", ["echo", "-c", 50, "-s", 64, "-P", 16], "/echo"),
    ("echo 16 KiB, 1 in flight", ["echo", "-c", 50, "-s", 16384, "-P", 1], "/echo"),
    ("fan-out to 1,000, window 1", ["fanout", "-c", 1000, "-s", 128, "--window", 1], None),
    ("fan-out to 1,000, window 16", ["fanout", "-c", 1000, "-s", 128, "--window", 16], None),
    ("Socket.IO echo, 1 in flight", ["echo", "-c", 50, "-s", 64, "-P", 1, *SIO], SIO),
    ("Socket.IO echo, 16 in flight", ["echo", "-c", 50, "-s", 64, "-P", 16, *SIO], SIO),
    ("Socket.IO room of 1,000, window 1", ["fanout", "-c", 1000, "-s", 128, "--window", 1, *SIO], SIO),
    ("Socket.IO room of 1,000, window 16", ["fanout", "-c", 1000, "-s", 128, "--window", 16, *SIO], SIO),
]


def main():
    subprocess.run([HERE / "build.sh"], check=True)
    folder = Path(tempfile.mkdtemp(prefix="sockeye-calls-"))
    count = folder / "count"
    configuration = folder / "calls.toml"
    configuration.write_text((HERE / "socketio.toml").read_text() + '\n[[endpoint]]\npath = "/ws"\n')
    server = Sockeye(Path(sys.argv[1]).resolve(), folder / "state", ["--config", configuration, "--loops", "1", "--echo", "/echo"],
                     environment={"LD_PRELOAD": str(BIN / "mallocs.so"), "MALLOCS": str(count)})
    try:
        token = server.token("bench")
        print(f"{'work':<34} {'messages':>10} {'allocations':>12} {'per message':>12}   system calls per message")
        for name, arguments, path in CASES:
            where = [] if path is SIO else ["--path", path] if path else ["--path", f"/ws?token={token}", "--sub", SUBSCRIBE, "--pub", PUBLISH, "--find", '"data":"']
            report(folder, server, token, count, name, [*arguments, *where])
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def report(folder, server, token, count, name, arguments):
    """Two runs, one three times as long: what differs is the messages, not the connecting."""
    def run(seconds):
        before = struct.unpack("Q", count.read_bytes())[0]
        done = subprocess.run([BIN / "wsload", *map(str, arguments), "-p", str(server.port), "-w", "0.2", "-d", str(seconds)],
                              capture_output=True, text=True, timeout=60)
        result = json.loads(done.stdout)
        time.sleep(0.2)
        return struct.unpack("Q", count.read_bytes())[0] - before, result["per_s"] * seconds

    run(1)
    short, long = run(1), run(3)
    messages, allocations = long[1] - short[1], long[0] - short[0]
    print(f"{name:<34} {messages:>10.0f} {allocations:>12} {allocations / messages:>12.6f}   {calls(folder, server, token, arguments)}")


KINDS = {"receive": ("recvfrom",), "send": ("sendto", "sendmsg"), "io_uring_enter": ("io_uring_enter",), "poll": ("epoll_wait", "epoll_pwait")}
# A stopped thread takes some calls up again, and threads of the store and of signals wait.
UNCOUNTED = {"restart_syscall", "futex", "total"}


def messages(server, token):
    """How many messages the server has answered or delivered so far."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    text = connection.getresponse().read().decode()
    connection.close()
    return sum(float(m[1]) for m in re.finditer(r"^sockeye_(?:messages_received|delivered)_total (\S+)$", text, re.M))


def calls(folder, server, token, arguments):
    if not shutil.which("strace"):
        return "(strace is not installed)"
    load = subprocess.Popen([BIN / "wsload", *map(str, arguments), "-p", str(server.port), "-w", "1", "-d", "4"],
                            stdout=subprocess.PIPE, text=True)
    time.sleep(1.5)
    log = folder / "strace"
    trace = subprocess.Popen(["strace", "-c", "-f", "-o", log, "-p", str(server.process.pid)], stderr=subprocess.DEVNULL)
    # What is counted and what is traced begin and end within a request of each other.
    until(lambda: all(re.search(r"^TracerPid:\t[1-9]", (task / "status").read_text(), re.M)
                      for task in Path(f"/proc/{server.process.pid}/task").iterdir()), 10, "strace")
    before = messages(server, token)
    time.sleep(2)
    count = messages(server, token) - before
    trace.send_signal(signal.SIGINT)
    trace.wait()
    load.communicate()
    found = {m[2]: int(m[1]) for m in re.finditer(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", log.read_text(), re.M)}
    known = {kind: sum(found.get(name, 0) for name in names) for kind, names in KINDS.items()}
    known["other"] = sum(found.values()) - sum(known.values()) - sum(found.get(name, 0) for name in UNCOUNTED)
    return ", ".join(f"{kind} {number / max(1, count):.4f}" for kind, number in known.items())


if __name__ == "__main__":
    main()
