#!/usr/bin/env python3
"""Socket.IO against Sockeye's own raw echo and JSON topics, interleaved, as ratios of server CPU per message.

  socketio.py SOCKEYE_BINARY [--repeats 3] [--quick] [--json] [--max name=ratio ...]

The server runs with one loop and `Benchmarks/socketio.toml`. Echo is compared with the raw WebSocket echo, fan-out to a room of
1,000 with the JSON topic's, and an idle connection is told in bytes. --max makes the exit status 1 when something is above the
number given: echo1=1.3 echo16=3 fanout=1.2 idle=2048. A message that is lost, wrong or out of order is an error.
"""
import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from compare import BIN, HERE, PUBLISH, SUBSCRIBE, fault, idle, show, wsload
from harness import Sockeye

SIO = ["--proto", "sio"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sockeye", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="shorter runs, fewer idle connections")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--max", nargs="*", default=[])
    options = parser.parse_args()
    limits = {k: float(v) for k, v in (item.split("=") for item in options.max)}
    subprocess.run([HERE / "build.sh"], check=True)
    assert (BIN / "wsload").exists()
    state = Path(tempfile.mkdtemp(prefix="sockeye-bench-state-"))
    configuration = state / "bench.toml"
    configuration.write_text((HERE / "socketio.toml").read_text() + '\n[[endpoint]]\npath = "/ws"\n')
    seconds = "1" if options.quick else "2"
    rows, failed = [], False
    server = Sockeye(options.sockeye, state / "state", ["--config", configuration, "--loops", "1", "--echo", "/echo"])
    try:
        joined = ["--path", f"/ws?token={server.token('bench')}", "--sub", SUBSCRIBE, "--pub", PUBLISH, "--find", '"data":"']
        plan = []
        for inflight in (1, 16):
            common = ["-c", 50, "-s", 64, "-P", inflight, "-d", seconds]
            plan.append((f"echo{inflight}", f"echo 64 B, {inflight} in flight, against the raw echo", "echo",
                         [*common, "--path", "/echo"], [*common, *SIO]))
        for name, window in (("fanout", ["--rate", 200]), ("fanout", ["--window", 16])):
            common = ["-c", 1000, "-s", 128, "-d", seconds, *window]
            plan.append((name, f"fan-out to a room of 1,000, {' '.join(map(str, window))}, against the JSON topic", "fanout",
                         [*common, *joined], [*common, *SIO]))
        for name, words, mode, base_args, sio_args in plan:
            pairs = []
            for _ in range(options.repeats):
                pair = [wsload(server, mode, *args) for args in (base_args, sio_args)]
                if wrong := next(filter(None, map(fault, pair)), None):
                    rows.append({"cell": name, "name": words, "error": wrong})
                    failed = True
                    break
                pairs.append([result["srv_us"] for result in pair])
            else:
                ratio = statistics.median(sio / base for base, sio in pairs)
                rows.append({"cell": name, "name": words, "base_us": round(statistics.median(p[0] for p in pairs), 3),
                             "sio_us": round(statistics.median(p[1] for p in pairs), 3), "ratio": round(ratio, 3)})
                failed |= ratio > limits.get(name, float("inf"))
        rows.append({"cell": "idle", **idle(server, 5000 if options.quick else 15000, *SIO)})
        failed |= "error" in rows[-1] or rows[-1]["bytes"] > limits.get("idle", float("inf"))
    finally:
        server.stop()
        shutil.rmtree(state, ignore_errors=True)
    show(rows, options.json, lambda row: f"{row['base_us']:>7} us  Socket.IO {row['sio_us']:>7} us  ratio {row['ratio']}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
