#!/usr/bin/env python3
"""Sockeye against the C floor, interleaved, as ratios of server CPU per message.

  compare.py SOCKEYE_BINARY [--cells echo,fanout,idle,churn] [--repeats 3] [--quick] [--json] [--max cell=ratio ...]

Builds wsload and floor_epoll when their sources are newer. Each cell runs floor, Sockeye, floor, Sockeye ... on loopback and
prints the medians and Sockeye/floor. --max makes the exit status 1 when a ratio (or, for idle, the bytes
per connection) is above the number given: echo=1.10 fanout=1.15 idle=1024 churn=1.5. Sockeye runs with one loop, as
the floor does. Only processes started here are stopped, by pid.
"""
import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Tests" / "BlackBox"))
from harness import Sockeye, free_port, stop, wait_for_port  # noqa: E402

BIN = HERE.parent / ".build" / "bench"
ECHO = [(64, 1), (64, 16), (1024, 1), (1024, 16), (16384, 1), (16384, 16)]
FANOUT = [(1000, 1, 200), (1000, 16, 0), (5000, 1, 40), (5000, 16, 0)]     # subscribers, window, publications per second (0: closed loop)
SUBSCRIBE = '{"type":"subscribe","topic":"bench"}'
PUBLISH = '{"type":"publish","topic":"bench","data":"%s"}'


class Floor:
    """A running floor, as `Sockeye` is a running server."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen([BIN / "floor_epoll", str(self.port)], stdin=subprocess.DEVNULL)
        wait_for_port(self.port, self.process)

    def stop(self):
        return stop(self.process)


def wsload(server, mode, *more):
    done = subprocess.run([BIN / "wsload", mode, "-p", str(server.port), "--pid", str(server.process.pid), *map(str, more)],
                          capture_output=True, text=True, timeout=120)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        return {"failed": (done.stderr or done.stdout).strip()[-300:]}


def fault(result):
    """What is wrong with a run of wsload; None where it can be counted."""
    if "failed" in result or result.get("errors") or result.get("lost"):
        return str(result.get("failed") or result)[:300]
    return None


def idle(server, count, *arguments):
    """The row of so many idle connections: the bytes each takes."""
    result = wsload(server, "idle", "-c", count, "--srcs", 4, "--hold", 2000, *arguments)
    row = {"name": f"idle, {count} connections"}
    return {**row, "error": wrong} if (wrong := fault(result)) else {**row, "bytes": result["pss_per"]}


def show(rows, as_json, tell):
    """Prints rows: as JSON, or a line each, of which `tell` makes what is behind the name of a row of its own kind."""
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        if as_json:
            print(json.dumps(row))
        elif "error" in row:
            print(f"{row['name']:<{width}} FAILED {row['error']}")
        else:
            print(f"{row['name']:<{width}} {row['bytes']} B per connection" if "bytes" in row else f"{row['name']:<{width}} {tell(row)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sockeye", type=Path)
    parser.add_argument("--cells", default="echo,fanout,idle,churn")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="64 B echo and 1,000 subscribers only, shorter")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--max", nargs="*", default=[])
    options = parser.parse_args()
    limits = {k: float(v) for k, v in (item.split("=") for item in options.max)}
    subprocess.run([HERE / "build.sh"], check=True)
    state = Path(tempfile.mkdtemp(prefix="sockeye-bench-state-"))
    secs = "1" if options.quick else "2"
    rows, failed = [], False
    servers = []
    try:
        servers.append(sockeye := Sockeye(options.sockeye, state / "state", ["--loops", "1", "--echo", "/echo"]))
        servers.append(floor := Floor())
        token = sockeye.token("bench")
        joined = ["--path", f"/ws?token={token}", "--sub", SUBSCRIBE, "--pub", PUBLISH, "--find", '"data":"']
        plan = []
        if "echo" in options.cells:
            for size, inflight in ECHO[:2] if options.quick else ECHO:
                common = ["-c", 50, "-s", size, "-P", inflight, "-d", secs]
                plan.append(("echo", f"echo {size} B, {inflight} in flight", common, [*common, "--path", "/echo"], "srv_us"))
        if "fanout" in options.cells:
            for count, window, rate in FANOUT[:2] if options.quick else FANOUT:
                common = ["-c", count, "-s", 128, "-d", secs, *(["--rate", rate] if rate else ["--window", window])]
                plan.append(("fanout", f"fan-out to {count}, window {window}", common, [*common, *joined], "srv_us"))
        if "churn" in options.cells:
            common = ["-c", 50, "-n", 4000 if options.quick else 10000, "--srcs", 40]
            plan.append(("churn", "connect and close", common, [*common, "--path", f"/ws?token={token}"], "srv_us"))
        for cell, name, floor_args, own_args, field in plan:
            runs = {"floor": [], "sockeye": []}
            for _ in range(options.repeats):
                for who, server, args in (("floor", floor, floor_args), ("sockeye", sockeye, own_args)):
                    result = wsload(server, cell, *args)
                    if wrong := fault(result):
                        rows.append({"cell": cell, "name": name, "error": f"{who}: {wrong}"})
                        failed = True
                        break
                    runs[who].append(result)
                else:
                    continue
                break
            else:
                mid = {who: statistics.median(r[field] for r in got) for who, got in runs.items()}
                ratio = statistics.median(s[field] / f[field] for s, f in zip(runs["sockeye"], runs["floor"]))
                rows.append({"cell": cell, "name": name, "floor_us": round(mid["floor"], 3), "sockeye_us": round(mid["sockeye"], 3),
                             "ratio": round(ratio, 3), "per_s": round(statistics.median(r["per_s"] for r in runs["sockeye"])),
                             "p99_us": statistics.median(r.get("p99", 0) for r in runs["sockeye"])})
                failed |= ratio > limits.get(cell, float("inf"))
        if "idle" in options.cells:
            row = idle(sockeye, 5000 if options.quick else 15000, *joined)
            rows.append({"cell": "idle", **row, "name": f"{row['name']}, authenticated, subscribed"})
            failed |= "error" in row or row["bytes"] > limits.get("idle", float("inf"))
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(state, ignore_errors=True)
    show(rows, options.json, lambda row: f"floor {row['floor_us']:>8} us  sockeye {row['sockeye_us']:>8} us  ratio {row['ratio']}"
                                         f"  {row['per_s']}/s  p99 {row['p99_us']:.0f} us")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
