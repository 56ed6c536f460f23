#!/usr/bin/env python3
"""How long the server takes from exec to its line that says ready, and to the first answer.

  start.py SOCKEYE_BINARY [RUNS]

Starts it RUNS times (20) each on a fresh state directory, where it makes its secret and its store, and on one that is there
already; prints the median and the worst in milliseconds, and ends with 1 when a median is above the 50 ms that a start may take.
Only processes started here are stopped, by pid.
"""
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET = 50


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(binary, state):
    """Milliseconds to the ready line, and to the answer to a request sent at once."""
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen([binary, "serve", "--listen", f"127.0.0.1:{port}", "--state", state], stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    try:
        line = process.stderr.readline()
        ready = time.perf_counter()
        assert b"ready on" in line, line
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")
        answered = time.perf_counter()
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()
    return (ready - began) * 1000, (answered - began) * 1000


def main():
    binary = Path(sys.argv[1]).resolve()
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    folder = Path(tempfile.mkdtemp(prefix="sockeye-start-"))
    worst = 0
    try:
        start(binary, folder / "warm")
        print(f"{'state':<8} {'ready, median':>14} {'worst':>8} {'first answer':>14} {'worst':>8}   ms")
        for name, state in [("fresh", lambda run: folder / f"fresh{run}"), ("there", lambda run: folder / "warm")]:
            times = [start(binary, state(run)) for run in range(runs)]
            ready, answered = ([pair[index] for pair in times] for index in (0, 1))
            worst = max(worst, statistics.median(ready))
            print(f"{name:<8} {statistics.median(ready):>14.1f} {max(ready):>8.1f} {statistics.median(answered):>14.1f} {max(answered):>8.1f}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(worst > BUDGET)


main()
