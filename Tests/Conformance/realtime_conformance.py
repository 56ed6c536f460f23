#!/usr/bin/env python3
"""Our own suites for Engine.IO v4 and Socket.IO v5, against Sockeye or against PyPI's python-socketio.

  realtime_conformance.py engineio|socketio|all [--server sockeye|python|both] [--only TEXT] [--jobs N] [--binary PATH] [--port PORT]

Each case is one sentence of the protocols' documents. Against Sockeye every case must pass. Against python-socketio the cases
of expected/python-socketio.json must fail, each with its reason, and all others pass: so a wrong expectation shows. A reason
that begins with "sometimes" allows both. The last line is 'N passed, N failed'; exit status 0 only without failures.
"""
import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import aiohttp

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "Tests" / "BlackBox"), str(HERE)]
from harness import Sockeye, free_port, stop, wait_for_port  # noqa: E402
from realtime import engineio_cases, socketio_cases  # noqa: E402,F401
from realtime.case import CASES  # noqa: E402
from realtime.wire import Closed, Failed, Server  # noqa: E402

SUITES = ("engineio", "socketio")
# Longer than any case may take: one that waits for something that never comes is a failure, not a hang.
CASE_LIMIT = 20


def start_sockeye(suite, folder, binary):
    running = Sockeye(binary, folder / f"state-{suite}", ["--config", HERE / f"{suite}.toml"])
    return running.port, running.stop


def start_python(suite, folder, binary):
    port = free_port()
    process = subprocess.Popen([sys.executable, HERE / "realtime" / "reference_server.py", suite, str(port)],
                               stdin=subprocess.DEVNULL, stderr=(folder / f"{suite}.log").open("wb"))
    wait_for_port(port, process)
    return port, lambda: stop(process)


async def play(case, port):
    """Why a case failed; None when it passed."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        server = Server(port, "/engine.io/" if case.suite == "engineio" else "/socket.io/", session)
        try:
            await asyncio.wait_for(case.run(server, case.way) if case.way else case.run(server), CASE_LIMIT)
        except (Failed, Closed) as problem:
            return str(problem) or repr(problem)
        except asyncio.TimeoutError:
            return "it took too long"
        except Exception as problem:  # noqa: BLE001: whatever it is, it is this case's failure
            return "".join(traceback.format_exception_only(problem)).strip()


async def play_all(cases, port, jobs):
    """Id and outcome of each case, `jobs` at a time."""
    outcomes, gate = {}, asyncio.Semaphore(jobs)
    # aiohttp tells of every connection that a refused handshake leaves behind.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)

    async def one(case):
        async with gate:
            outcomes[case.id] = await play(case, port)

    await asyncio.gather(*(one(case) for case in cases))
    return outcomes


def judge(case, problem, known):
    """Whether an outcome is right, and what there is to say about it."""
    if reason := known.get(case.sentence):
        if problem or reason.startswith("sometimes: "):
            return True, f"differs as known: {reason}"
        return False, "passes, though expected/ says that it differs"
    return problem is None, problem


def run(server, suite, options):
    """Plays one suite against one server and tells of it; how many cases passed and failed."""
    known = json.loads((HERE / "expected" / "python-socketio.json").read_text()) if server == "python" else {}
    cases = [case for case in CASES if case.suite == suite and (options.only or "") in case.id]
    if not cases:
        return 0, 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sockeye-conformance-") as folder:
        start = {"sockeye": start_sockeye, "python": start_python}[server]
        port, end = (options.port, lambda: None) if options.port else start(suite, Path(folder), options.binary)
        try:
            outcomes = asyncio.run(play_all(cases, port, options.jobs))
            for _ in range(options.retries):
                again = [case for case in cases if not judge(case, outcomes[case.id], known)[0]]
                for case in again:
                    print(f"again: {case.id}: {outcomes[case.id]}")
                outcomes |= asyncio.run(play_all(again, port, 1))
        finally:
            end()
    passed = 0
    for case in cases:
        good, remark = judge(case, outcomes[case.id], known)
        passed += good
        if not good or options.verbose:
            print(f"{'ok' if good else 'FAILED'}: {case.id}{': ' + remark if remark else ''}")
    print(f"{suite}: {len(cases)} cases against {server} in {time.monotonic() - began:.0f} s")
    return passed, len(cases) - passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", choices=[*SUITES, "all"])
    parser.add_argument("--server", choices=["sockeye", "python", "both"], default="sockeye")
    parser.add_argument("--only", help="cases whose id holds this text")
    parser.add_argument("--jobs", type=int, default=4, help="cases at a time; their times are counted in milliseconds")
    parser.add_argument("--retries", type=int, default=0, help="how often a case that failed is played again, alone")
    parser.add_argument("--binary", type=Path, default=Path(os.environ.get("SOCKEYE_BINARY", ROOT / ".build/release/sockeye")))
    parser.add_argument("--port", type=int, help="test what runs there instead of starting a server")
    parser.add_argument("--verbose", action="store_true", help="name the cases that pass as well")
    options = parser.parse_args()
    passed = failed = 0
    for server in ("sockeye", "python") if options.server == "both" else [options.server]:
        for suite in SUITES if options.suites == "all" else [options.suites]:
            good, bad = run(server, suite, options)
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if passed and not failed else 1)


if __name__ == "__main__":
    main()
